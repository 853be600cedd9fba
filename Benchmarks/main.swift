import Foundation
import LanesCommandLine
import LanesGraph

struct Options {
    var filter = ""
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var seconds: Double?
    var json = false
    var verify = false
    var sweep = false
    var scaling = false
    var steps = false

    func matches(_ name: String) -> Bool { filter.isEmpty || name.contains(filter) }
}

let options = ArgumentParser<Options>(
    command: "bench",
    summary: """
        Verifies kernels and training steps against plain loops, then times them beside the processor's peak.
        Kernels run on one thread, as one worker would; training steps on all of --threads.
        """,
    options: [
        .flag("sweep", "tables of % of peak instead: convolutions and matrix products over sizes") { $0.sweep = true },
        .flag("scaling", "instead, how much faster steps are with 1 to 128 threads: a model, and here") {
            $0.scaling = true
        },
        .flag("steps", "instead, a matrix product in steps, from three loops to the engine's own") { $0.steps = true },
        .text("filter", "TEXT", "only cases (cells, networks) whose name contains TEXT") { $0.filter = $1 },
        .integer("threads", "N", "threads of training steps (default: all processors)") { $0.threads = $1 },
        .positiveNumber("seconds", "S", "time for each case (default: 0.3; of a sweep 0.1)") { $0.seconds = $1 },
        .flag("json", "print JSON, one object a line") { $0.json = true },
        .flag("verify", "only verify, time nothing") { $0.verify = true },
    ]
).parseOrExit(into: Options())

func fail(_ message: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data("bench: \(message)\n".utf8))
    exit(code)
}

do { try Processor.check() } catch { fail("\(error)", code: 70) }

/// Prints at once, also into a pipe.
func show(_ line: String) {
    print(line)
    fflush(nil)
}

func runSweep(_ options: Options, _ meter: inout Meter) throws {
    let tables = SweepTable.all.compactMap { $0.filtered(by: options.filter) }
    if tables.isEmpty {
        fail("no cell contains '\(options.filter)'; there are sweep/conv3x3/64@28, …", code: UsageError.exitCode)
    }
    for table in tables { try table.run(&meter, seconds: options.seconds ?? 0.1, json: options.json) }
}

func runScaling(_ options: Options) throws {
    let networks = StepNetwork.all.filter { options.matches("scaling/\($0.name)") }
    if networks.isEmpty {
        let names = StepNetwork.all.map { "scaling/\($0.name)" }.joined(separator: ", ")
        fail("no network contains '\(options.filter)'; there are \(names)", code: UsageError.exitCode)
    }
    let meeting = meetingTime(threads: options.threads)
    if !options.json, !options.verify { show(Scaling.heading(threads: options.threads, meeting: meeting)) }
    for network in networks {
        let name = "scaling/\(network.name)"
        if let wrong = try verifyStep(network, network.graph(), threads: options.threads) {
            throw WrongResult(description: "\(name): \(wrong)")
        }
        if options.verify {
            show(verifiedLine(name, json: options.json))
            continue
        }
        let scaling = try Scaling(
            network, threads: options.threads, seconds: options.seconds ?? 0.3, meeting: meeting)
        show(options.json ? scaling.json : scaling.lines)
    }
}

func runCases(_ all: [Case], _ options: Options, _ meter: inout Meter) throws {
    let cases = all.filter { options.matches($0.name) }
    if cases.isEmpty {
        let groups = Set(all.compactMap { $0.name.split(separator: "/").first }).sorted().joined(separator: "/, ")
        fail("no case contains '\(options.filter)'; there are \(groups)/", code: UsageError.exitCode)
    }
    if !options.json, !options.verify { show(Measurement.tableHeader) }
    for item in cases {
        guard let measurement = try meter.measure(item, seconds: options.seconds ?? 0.3, isCell: false) else {
            show(verifiedLine(item.name, json: options.json))
            continue
        }
        show(options.json ? measurement.json : measurement.row)
    }
}

do {
    var meter = Meter(onlyVerifies: options.verify)
    if options.sweep { try runSweep(options, &meter) }
    if options.scaling { try runScaling(options) }
    if options.steps { try runCases(matrixStepCases(threads: options.threads), options, &meter) }
    if !options.sweep, !options.scaling, !options.steps {
        try runCases(
            stepCases(threads: options.threads) + predictCases(threads: options.threads) + matrixCases()
                + convolutionCases() + elementwiseCases() + batchNormCases(), options, &meter)
    }
    if !options.json, let lowest = meter.peaks.min(), let highest = meter.peaks.max() {
        show(String(format: "\npeak of one thread: %.1f…%.1f GFLOP/s", lowest / 1e9, highest / 1e9))
    }
} catch {
    fail("\(error)", code: 1)
}
