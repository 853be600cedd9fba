import LanesKernels
import Synchronization
import Testing

@testable import LanesGraph

/// Executors of the same parameters: any number that read, or one that changes.
@Suite("Executors that share parameters")
struct ExecutorSharingTests {
    private let graph: Graph
    private let parameters: Parameters<Float>
    private let batches: RandomBatches<Float>

    init() throws {
        graph = try Graph(heads: [Node.input("x", Shape(channels: 3)).linear(2, name: "fc").projected()])
        parameters = try Parameters(graph, seed: 1)
        batches = RandomBatches(graph, size: 2)
    }

    private func executor(_ mode: Executor<Float>.Mode) throws -> Executor<Float> {
        try Executor(graph, parameters: parameters, mode: mode, batchSize: 2, threads: 2)
    }

    /// What a run comes to that begins in a report of another's: nil where it ran.
    private func run(_ inner: Executor<Float>, within outer: Executor<Float>) throws -> TrainingError? {
        let refused = Mutex<TrainingError?>(nil)
        let batches = batches
        try outer.run(steps: 0..<1, from: batches) { _ in
            do {
                try inner.run(steps: 0..<1, from: batches)
            } catch {
                refused.withLock { $0 = error as? TrainingError }
            }
        }
        return refused.withLock { $0 }
    }

    private static let changing: [Executor<Float>.Mode] = [.training(.adam()), .training(.sgd().averaging(decay: 0.5))]
    private static let reading: [Executor<Float>.Mode] = [.inference, .training(nil)]

    @Test("Readers run at the same time")
    func readers() throws {
        for (outer, inner) in [(0, 0), (0, 1), (1, 0)] {
            let error = try run(executor(Self.reading[inner]), within: executor(Self.reading[outer]))
            #expect(error == nil, "\(inner) in \(outer)")
        }
    }

    @Test("A run that would change what another one uses is refused, and one that reads what another one changes")
    func writers() throws {
        let trainers = try Self.changing.map(executor)
        let readers = try Self.reading.map(executor)
        for trainer in trainers {
            for other in readers + trainers where other !== trainer {
                #expect(try run(other, within: trainer) == .busy)
                #expect(try run(trainer, within: other) == .busy)
            }
        }
        // All claims are given back, also those of the runs that were refused.
        for executor in trainers + readers { try executor.run(steps: 0..<1, from: batches) }
    }

    @Test("The averages belong to their training while it runs")
    func averages() throws {
        let trainer = try executor(.training(.sgd().averaging(decay: 0.5)))
        let averages = try #require(trainer.averages)
        let reader = try Executor(graph, parameters: averages, mode: .inference, batchSize: 2, threads: 1)
        #expect(try run(reader, within: trainer) == .busy)
        #expect(try run(trainer, within: reader) == .busy)
        try trainer.run(steps: 0..<1, from: batches)
        try reader.run(steps: 0..<1, from: batches)
    }

    @Test("Nobody sets a parameter while a run uses it")
    func set() throws {
        let parameters = parameters
        let refused = Mutex(0)
        for mode in [Executor<Float>.Mode.inference, .training(.adam())] {
            try executor(mode).run(steps: 0..<2, from: batches) { _ in
                #expect(parameters["fc.bias"]?.count == 2)
                if (try? parameters.set("fc.bias", to: [0, 0])) == nil { refused.withLock { $0 += 1 } }
            }
        }
        #expect(refused.withLock { $0 } == 4)
        try parameters.set("fc.bias", to: [1, 2])
        #expect(parameters["fc.bias"] == [1, 2])
    }

    @Test("A failed run gives its claim back")
    func failure() throws {
        var bad = batches
        bad.spoiled = (0, 0, 0, .nan)
        #expect(throws: TrainingError.self) { try executor(.training(.adam())).run(steps: 0..<1, from: bad) }
        #expect(throws: TrainingError.self) { try executor(.training(.adam())).run(steps: -1..<1, from: batches) }
        try executor(.training(.adam())).run(steps: 0..<1, from: batches)
    }

    // MARK: What is there to be read

    @Test("Outputs are those of the last step's samples, and none where no step was done")
    func outputs() throws {
        let executor = try Executor(
            graph, parameters: parameters, mode: .training(nil), batchSize: 5, threads: 1, inputGradients: true)
        func counts() -> [Int] { [executor.output(ofHead: 0).count, executor.gradient(ofInput: 0).count] }
        #expect(counts() == [0, 0])
        for size in [5, 2, 4] {
            try executor.run(steps: 0..<1, from: RandomBatches(graph, size: size))
            #expect(counts() == [2 * size, 3 * size])
        }
        var bad = batches
        bad.spoiled = (0, 0, 0, .nan)
        #expect(throws: TrainingError.self) { try executor.run(steps: 0..<1, from: bad) }
        #expect(counts() == [0, 0])
    }

    /// The optimizer's moments, and with them Adam's correction of its first steps, begin anew.
    @Test("A second run from step 0 is the first one over again", arguments: ["adam", "momentum", "rmsprop"])
    func again(name: String) throws {
        let optimizers: [String: Optimizer] = [
            "adam": .adam(), "momentum": .sgd(momentum: 0.9), "rmsprop": .rmsProp(momentum: 0.5),
        ]
        let optimizer = try #require(optimizers[name])
        let executor = try executor(.training(optimizer))
        let start = (parameters["fc.weight"] ?? [], parameters["fc.bias"] ?? [])
        func train() throws -> [Float]? {
            try parameters.set("fc.weight", to: start.0)
            try parameters.set("fc.bias", to: start.1)
            try executor.run(steps: 0..<3, from: batches, learningRate: .constant(0.1))
            return parameters["fc.weight"]
        }
        let first = try train()
        #expect(first != start.0)
        #expect(try train() == first)
    }
}
