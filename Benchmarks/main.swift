import Foundation
import LanesRecipes
import LanesCommandLine

struct Options {
    var filter = ""
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var seconds = 0.3
    var json = false
    var verify = false
}

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
    stepCases(threads: options.threads) + predictCases(threads: options.threads) + matrixCases() + convolutionCases()
    + elementwiseCases()
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
}
