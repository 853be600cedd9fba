import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

@Suite("The times of a plan's work items")
struct PhaseTimesTests {
    @Test("Workers claim items in order")
    func duration() {
        let cases: [(items: [Double], workers: Int, expected: Double)] = [
            ([3, 1, 1, 1], 1, 6), ([3, 1, 1, 1], 2, 3), ([1, 1, 1, 3], 2, 4), ([1, 1, 1, 3], 3, 4),
            ([1, 1, 1, 3], 4, 3), ([2], 128, 2), ([], 2, 0),
        ]
        for (items, workers, expected) in cases {
            #expect(PhaseTimes(work: "", items: items).duration(workers: workers) == expected, "\(items), \(workers)")
        }
    }

    @Test("Steps that are timed do what steps of a run do")
    func sameBits() throws {
        let graph = try twoHeadedNetwork()
        func executor() throws -> Executor<Float> {
            try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(.adam()), batchSize: 20,
                threads: 2)
        }
        let (timed, run) = (try executor(), try executor())
        let batches = RandomBatches<Float>(graph) { $0 % 2 == 0 ? 20 : 7 }
        let phases = try timed.phaseTimes(steps: 0..<3, from: batches, learningRate: .constant(1e-2))
        try run.run(steps: 0..<3, from: batches, learningRate: .constant(1e-2))
        #expect(TrainedState(timed) == TrainedState(run))
        #expect(phases.map(\.items.count) == timed.plan.phases.map(\.items))
        #expect(phases.allSatisfy { !$0.work.isEmpty && $0.items.allSatisfy { $0 > 0 } })
    }

    @Test("What goes wrong in a timed step is thrown")
    func failure() throws {
        let graph = try twoHeadedNetwork()
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(.adam()), batchSize: 20, threads: 1)
        var batches = RandomBatches<Float>(graph, size: 20)
        batches.spoiled = (step: 1, sample: 3, input: 0, value: .nan)
        #expect(throws: TrainingError.self) {
            try executor.phaseTimes(steps: 0..<3, from: batches, learningRate: .constant(1e-2))
        }
    }

    @Test("A meeting costs something, and not a second", .namingCases)
    func meeting() {
        forEach([1, 2]) { threads in
            #expect((0..<1).contains(meetingTime(threads: threads)))
        }
    }
}
