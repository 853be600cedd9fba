import Foundation
import Recipes

struct Options {
    var filter = ""
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var seconds = 0.3
    var json = false
    var verify = false
}
<<<<<<< HEAD
let x = Node.input("image", Shape(channels: 1, height: 28, width: 28))
let aug = x.conv2d(32, kernel: 3, padding: 1, name: "conv1").relu().maxPool(2).conv2d(64, kernel: 3, padding: 1, name: "conv2").relu().maxPool(2).flatten().linear(128, name: "fc1").relu().linear(10, name: "fc2").logSoftmax()
let mlp = x.flatten().linear(512, name: "fc1").relu().linear(128, name: "fc2").relu().linear(10, name: "fc3")
final class Times: @unchecked Sendable { var t: [UInt64] = []; var loss: [Double] = [] }
for (name, head) in [("augmented", Head("digit", aug, loss: .negativeLogLikelihood)), ("mlp", Head("digit", mlp, loss: .crossEntropy))] {
  let g = try Graph(heads: [head])
  for threads in CommandLine.arguments.dropFirst().map({ Int($0) ?? 1 }) {
  let p = Parameters<Float>(g, seed: 1)
  let e = try Executor(g, parameters: p, mode: .training(.adam()), batchSize: 64, threads: threads)
  let times = Times(); times.t.reserveCapacity(10000)
  try e.run(steps: 0..<(name == "mlp" ? 1000 : 200), from: Fake(count: 784), learningRate: { _ in 1e-3 }) { r in times.t.append(DispatchTime.now().uptimeNanoseconds); times.loss.append(r.loss) }
  let d = zip(times.t.dropFirst(), times.t).map { Double($0 - $1) / 1e6 }.sorted()
  print(name, threads, "median ms", d[d.count/2], "min", d[0], "loss", times.loss.first!, times.loss.last!, "MFLOP", Double(g.multiplyAdds)*6*64/1e6, "bytes", e.planBytes)
  }
=======

let options = ArgumentParser<Options>(
    command: "bench",
    summary: """
        Verifies kernels and training steps against plain loops, then times them beside the processor's peak.
        Kernels run on one thread, as one worker would; training steps on all of --threads.
        """,
    options: [
        .text("filter", "TEXT", "only cases whose name contains TEXT") { $0.filter = $1 },
        .integer("threads", "N", "threads of training steps (default: all processors)") { $0.threads = $1 },
        .positiveNumber("seconds", "S", "time for each case (default: 0.3)") { $0.seconds = $1 },
        .flag("json", "print JSON, one object a line") { $0.json = true },
        .flag("verify", "only verify, time nothing") { $0.verify = true },
    ]
).parseOrExit(into: Options())

func fail(_ message: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data("bench: \(message)\n".utf8))
    exit(code)
}

/// Prints at once, also into a pipe.
func show(_ line: String) {
    print(line)
    fflush(nil)
}

let all =
    stepCases(threads: options.threads) + matrixCases() + convolutionCases() + elementwiseCases()
    + batchNormCases()
let cases = all.filter { options.filter.isEmpty || $0.name.contains(options.filter) }
if cases.isEmpty {
    let groups = Set(all.compactMap { $0.name.split(separator: "/").first }).sorted().joined(separator: "/, ")
    fail("no case contains '\(options.filter)'; there are \(groups)/", code: UsageError.exitCode)
}

do {
    if !options.json, !options.verify { show(Measurement.tableHeader) }
    var peaks: [Double] = []
    for item in cases {
        let work = try item.make()
        if let wrong = try work.verify() { fail("\(item.name): \(wrong)", code: 1) }
        if options.verify {
            show(options.json ? "{\"name\":\"\(item.name)\",\"verified\":true}" : "verified \(item.name)")
            continue
        }
        // The machine drifts, so the peak is taken right before and right after.
        let before = measurePeak()
        let timing = try work.time(options.seconds)
        let peak = max(before, measurePeak())
        peaks.append(peak)
        let plain = work.plain.map { timeCalls(seconds: 0.02, samples: 1, $0.run).median / $0.share }
        let measurement = Measurement(name: item.name, work: work, timing: timing, peak: peak, plain: plain)
        show(options.json ? measurement.json : measurement.row)
    }
    if !options.json, let lowest = peaks.min(), let highest = peaks.max() {
        show(String(format: "\npeak of one thread: %.1f…%.1f GFLOP/s", lowest / 1e9, highest / 1e9))
    }
} catch {
    fail("\(error)", code: 1)
>>>>>>> 28be9cf60ae4c2ec9ce79f18e158c49be6955670
}
