import Foundation
import LanesGraph
import LanesKernels

/// How a training step gets faster with more threads than this machine has, and how it does with those that it has.
///
/// Modelled: every work item of the plan is measured on one thread; workers take them in order, phase by phase, as those of
/// WorkerTeam.swift do, and between phases there is the cost of a meeting, measured with all threads of this machine. That
/// no worker makes another slower, by memory or by heat, is more than a machine keeps.
struct Scaling {
    static let threads = [1, 2, 4, 8, 16, 32, 64, 128]
    private static var most: Int { threads.last ?? 1 }

    let name: String
    let phases: [PhaseTimes]
    /// Seconds of a meeting of workers.
    let meeting: Double
    /// Seconds of a step, as measured with so many threads.
    let measured: [(threads: Int, seconds: Double)]

    /// - Throws: `WrongResult`, and whatever keeps a step from running.
    init(_ network: StepNetwork, threads: Int, seconds: Double, meeting: Double) throws {
        let graph = try network.graph()
        name = network.name
        self.meeting = meeting
        measured = try Set([1, threads]).sorted().map {
            ($0, try timeSteps(network, graph, threads: $0, seconds: seconds).median)
        }
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(network.optimizer),
            batchSize: network.batchSize, threads: 1)
        let batches = RandomBatches<Float>(network, graph)
        let rate = LearningRate.constant(network.learningRate)
        // The first steps meet cold caches and memory that was never touched.
        _ = try executor.phaseTimes(steps: 0..<3, from: batches, learningRate: rate)
        let steps = max(9, Int(seconds / measured[0].seconds))
        phases = try executor.phaseTimes(steps: 3..<3 + steps, from: batches, learningRate: rate)
    }

    /// Seconds that a phase takes with so many workers, and its meeting.
    private func duration(_ phase: PhaseTimes, workers: Int) -> Double {
        phase.duration(workers: workers) + (workers > 1 ? meeting : 0)
    }

    /// Seconds of a step with so many workers.
    func modelled(_ workers: Int) -> Double { phases.reduce(0) { $0 + duration($1, workers: workers) } }

    func speedUp(_ workers: Int) -> Double { modelled(1) / modelled(workers) }

    /// With the most threads: the phase that takes longest, and its share of the step.
    private var limit: (index: Int, share: Double) {
        let durations = phases.map { duration($0, workers: Self.most) }
        let index = durations.indices.max { durations[$0] < durations[$1] } ?? 0
        return (index, durations[index] / modelled(Self.most))
    }

    // MARK: As text

    static func heading(threads: Int, meeting: Double) -> String {
        let meetingText = String(format: "%.1f", meeting * 1e6)
        let columns = Self.threads.map { cell("\($0)", 7) }.joined()
        let here = threads == 1 ? "" : cell("\(threads)", 10) + "   times"
        return """
            How many times as fast a training step is with more threads.
            Modelled: the plan's work items, each timed on one thread, go in order to so many workers that never slow one
            another; a meeting takes \(meetingText) µs, as here with \(threads) threads. Measured: steps on this machine.

            \(cell("", 20, left: true))\(cell("modelled, threads", 7 * Self.threads.count)) | measured, ms with threads
            \(cell("network", 20, left: true))\(columns) |\(cell("1", 10))\(here)
            """
    }

    var lines: String {
        let modelled = Self.threads.map { Self.cell(String(format: "%.2f", speedUp($0)), 7) }.joined()
        let times = measured.map { Self.cell(String(format: "%.2f", $0.seconds * 1e3), 10) }.joined()
        let ratio = measured.count < 2 ? "" : String(format: "%8.2f", measured[0].seconds / measured[1].seconds)
        let end = limit
        let phase = phases[end.index]
        let meetings = Double(phases.count) * meeting / self.modelled(Self.most)
        let items = phase.items.count == 1 ? "1 item" : "\(phase.items.count) items"
        return """
            \(Self.cell(name, 20, left: true))\(modelled) |\(times)\(ratio)
              ends with \(percent(end.share)) of \(Self.most) threads' time in phase \(end.index) (\(items)) and \
            \(percent(meetings)) in \(phases.count) meetings
                \(phase.work)
            """
    }

    private func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }

    private static func cell(_ text: String, _ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return left ? text + space : space + text
    }

    /// One line of JSON.
    var json: String {
        let modelled = Self.threads.map { String(format: "\"%d\":%.3f", $0, speedUp($0)) }.joined(separator: ",")
        let times = measured.map { String(format: "\"%d\":%.5f", $0.threads, $0.seconds * 1e3) }.joined(separator: ",")
        let end = limit
        let phase = phases[end.index]
        let fields = [
            "\"name\":\"scaling/\(name)\"", "\"modelled_speedup\":{\(modelled)}",
            String(format: "\"modelled_ms_1\":%.5f", self.modelled(1) * 1e3), "\"measured_ms\":{\(times)}",
            String(format: "\"meeting_us\":%.2f", meeting * 1e6), "\"phases\":\(phases.count)",
            "\"limit\":{\"threads\":\(Self.most),\"phase\":\(end.index),\"items\":\(phase.items.count),"
                + String(format: "\"percent\":%.1f", end.share * 100) + ",\"work\":\"\(phase.work)\"}",
        ]
        return "{" + fields.joined(separator: ",") + "}"
    }
}
