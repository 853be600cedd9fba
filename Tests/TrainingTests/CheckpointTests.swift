import Foundation
import LanesFiles
import LanesGraph
import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesTraining

@Suite("A training that is resumed ends with the bits of one that never stopped")
struct CheckpointTests {
    /// Trainings that between them have all that a checkpoint keeps.
    static let cases = ["averages and best", "momentum and patience", "steps and own metric", "nothing to remember"]

    private func trainer(
        _ name: String, threads: Int = 2, resuming checkpoint: Checkpoint? = nil,
        change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> Trainer {
        let kind = ["averages and best": "mixed", "momentum and patience": "pictures"][name] ?? "rows"
        let (graph, data) = try Samples.named(kind, 0..<47)
        var settings = TrainingSettings(epochs: 4, batchSize: 10, learningRate: 0.01, threads: threads)
        switch name {
        case "averages and best":
            settings.optimizer = .adamW().averaging(decay: 0.9).clipping(norm: 1)
            (settings.schedule, settings.keepsBest) = (.exponential(factor: 30), true)
        case "momentum and patience":
            settings.optimizer = .sgd(momentum: 0.9, nesterov: true)
            (settings.epochs, settings.patience, settings.learningRate) = (30, 2, 3)
            settings.transforms = [
                CustomTransform("noise") { values, _, random in
                    for i in 0..<values.count { values[i] += Float(random.uniform(in: -0.1...0.1)) }
                }
            ]
        case "steps and own metric":
            settings.optimizer = .rmsProp(momentum: 0.5)
            (settings.steps, settings.schedule) = (13, .oneCycle(rising: 0.3))
            settings.metrics = [Positive(), ValueError(.r2)]
        default: settings.optimizer = .sgd()
        }
        change(&settings)
        return try Trainer(
            graph, training: data, validation: try Samples.named(kind, 47..<60).data, settings: settings,
            resuming: checkpoint)
    }

    /// The fraction of outputs above 0.
    private struct Positive: Metric {
        var name: String { "positive" }
        func sum(for head: MetricHead) -> (any MetricSum)? { Sum() }
        private struct Sum: MetricSum {
            var (above, all) = (0, 0)
            mutating func add(output: Span<Float>, target: Span<Float>) {
                for i in output.indices where output[i] > 0 { above += 1 }
                all += output.count
            }
            var value: Double { Double(above) / Double(all) }
        }
    }

    /// All that a training came to, times aside.
    private struct Outcome: Equatable {
        let digest: String
        let results: [[Evaluation?]]
        let rates: [Double]
        let best: Int?

        init(_ trainer: Trainer) throws {
            digest = try trainer.parameters.digest()
            results = trainer.epochs.map { [$0.training, $0.validation, $0.test] }
            rates = trainer.epochs.map(\.learningRate)
            best = trainer.bestEpoch?.epoch
        }
    }

    @Test("After every step, through a file, with other threads", .namingCases)
    static func everyStepCases() {
        forEach(cases) { try Self().everyStep(name: $0) }
    }

    func everyStep(name: String) throws {
        let directory = try TemporaryDirectory()
        let whole = try trainer(name)
        var checkpoints: [Checkpoint] = []
        try whole.run(checkpointEvery: 0, onCheckpoint: { checkpoints.append($0) })
        let expected = try Outcome(whole)
        #expect(whole.isFinished && checkpoints.last?.isFinished == true)
        #expect(Set(checkpoints.map(\.step)) == Set(0...(checkpoints.last?.step ?? 0)))
        if name == "momentum and patience" { try #require(whole.epochs.count < 30) }
        if name == "averages and best" { try #require((1..<4).contains(whole.bestEpoch?.epoch ?? 0)) }
        for (index, checkpoint) in checkpoints.enumerated() {
            let file = URL(fileURLWithPath: directory.path + "/\(index)")
            try checkpoint.write(to: file)
            let resumed = try trainer(name, threads: 1 + index % 3, resuming: Checkpoint(contentsOf: file))
            #expect(resumed.epochs.count == checkpoint.epochs.count)
            try resumed.run()
            #expect(try Outcome(resumed) == expected, "from step \(checkpoint.step)")
        }
    }

    @Test("A run that is paused goes on, in the same trainer and in another", .namingCases)
    static func pauseCases() {
        forEach(cases) { try Self().pause(name: $0) }
    }

    func pause(name: String) throws {
        let whole = try trainer(name)
        try whole.run()
        // After every step, the last one of an epoch and of the training too.
        for stride in 1...3 {
            let paused = try trainer(name)
            var last: Checkpoint?
            var runs = 0
            while !paused.isFinished {
                let count = Mutex(0)
                try paused.run(
                    onCheckpoint: { last = $0 },
                    onProgress: { progress in
                        let steps = count.withLock { count in
                            count += 1
                            return count
                        }
                        if steps == stride { progress.pause() }
                    })
                runs += 1
                guard let last, !paused.isFinished else { continue }
                #expect(last.step == stride * runs)
                let resumed = try trainer(name, resuming: last)
                // What is there already can be used.
                #expect(try resumed.parameters.digest() == paused.parameters.digest())
            }
            #expect(runs > 3)
            #expect(try Outcome(paused) == Outcome(whole), "every \(stride)")
        }
    }

    @Test("A training that was stopped has ended")
    func stopped() throws {
        let whole = try trainer("averages and best")
        var last: Checkpoint?
        try whole.run(onCheckpoint: { last = $0 }, onProgress: { if $0.epoch == 2 { $0.stop() } })
        #expect(whole.epochs.count == 2 && whole.isFinished)
        let resumed = try trainer("averages and best", resuming: last)
        try resumed.run(onEpoch: { _ in Issue.record("an epoch after the end") })
        #expect(resumed.isFinished)
        #expect(try Outcome(resumed) == Outcome(whole))
    }

    @Test("A training that was stopped between two epochs has ended")
    func stoppedBetweenEpochs() throws {
        let whole = try trainer("averages and best")
        var last: Checkpoint?
        try whole.run(onEpoch: { if $0.epoch == 2 { whole.stop() } }, onCheckpoint: { last = $0 })
        #expect(whole.epochs.count == 2 && whole.isFinished && last?.isFinished == true)
    }

    @Test("An error of a closure ends the run, and the checkpoint before it is good")
    func interrupted() throws {
        struct Full: Error {}
        let whole = try trainer("averages and best")
        try whole.run()
        var saved: [Checkpoint] = []
        #expect(throws: Full.self) {
            try trainer("averages and best").run(
                checkpointEvery: 0,
                onCheckpoint: { checkpoint in
                    guard saved.count < 9 else { throw Full() }
                    saved.append(checkpoint)
                })
        }
        let resumed = try trainer("averages and best", resuming: saved[8])
        try resumed.run()
        #expect(try Outcome(resumed) == Outcome(whole))
    }

    @Test("A run after a closure's error goes on where that one ended", .namingCases)
    func errorOfClosure() {
        forEach(["checkpoint", "epoch"]) { which in
            struct Full: Error {}
            let whole = try trainer("averages and best")
            try whole.run()
            let trainer = try trainer("averages and best")
            for round in 0..<40 where !trainer.isFinished {
                var calls = 0
                do {
                    try trainer.run(
                        checkpointEvery: 0,
                        onEpoch: { _ in if which == "epoch" { throw Full() } },
                        onCheckpoint: { _ in
                            calls += 1
                            if which == "checkpoint", calls == 1 + round % 3 { throw Full() }
                        })
                } catch is Full {}
            }
            #expect(trainer.isFinished)
            #expect(try Outcome(trainer) == Outcome(whole))
        }
    }

    static let changes: [(name: String, change: @Sendable (inout TrainingSettings) -> Void)] = [
        ("epochs", { $0.epochs = 5 }), ("steps", { $0.steps = 9 }), ("batch size", { $0.batchSize = 11 }),
        ("learning rate", { $0.learningRate = 0.02 }), ("schedule", { $0.schedule = .constant }),
        ("optimizer", { $0.optimizer = .adam() }),
        ("decay of vectors", { $0.optimizer = $0.optimizer.decayingVectors }),
        ("normalization", { $0.normalization = [Normalization(mean: 0, deviation: 2)] }),
        ("transforms", { $0.transforms = [CustomTransform("other") { _, _, _ in }] }),
        ("metrics", { $0.metrics = [] }), ("criterion", { $0.criterion = .greatest("loss") }),
        ("keeping of the best epoch", { $0.keepsBest = false }), ("patience", { $0.patience = 1 }),
        ("seed", { $0.seed = 2 }),
    ]

    @Test("Settings that are not the checkpoint's are refused by name", .namingCases)
    static func otherSettingsCases() {
        forEach(changes.map(\.name)) { try Self().otherSettings(name: $0) }
    }

    func otherSettings(name: String) throws {
        let checkpoint = try someCheckpoint()
        let change = try #require(Self.changes.first { $0.name == name }).change
        let error = #expect(throws: SettingsError.self) {
            try trainer("averages and best", resuming: checkpoint, change: change)
        }
        #expect(error?.setting == name, "\(error as Any)")
    }

    private func someCheckpoint() throws -> Checkpoint {
        var saved: [Checkpoint] = []
        try trainer("averages and best").run(checkpointEvery: 0, onCheckpoint: { saved.append($0) })
        return saved[7]
    }

    @Test("Data and networks that are not the checkpoint's are refused by name")
    func otherData() throws {
        let checkpoint = try someCheckpoint()
        let (graph, data) = try Samples.named("mixed", 0..<47)
        let settings = try trainer("averages and best").settings
        func place(
            _ graph: Graph, _ training: any Dataset, _ validation: (any Dataset)?, test: (any Dataset)? = nil
        ) -> String? {
            let error = #expect(throws: SettingsError.self) {
                try Trainer(
                    graph, training: training, validation: validation, test: test, settings: settings,
                    resuming: checkpoint)
            }
            return error?.setting
        }
        let validation = try Samples.named("mixed", 47..<60).data
        let changed = Changed(base: data, loading: { sample, values in if sample == 46 { values[0] += 1e-6 } })
        let relabeled = Changed(base: data, targeting: { sample, values in if sample == 3 { values[0] = 2 } })
        #expect(place(graph, changed, validation) == "training samples")
        #expect(place(graph, relabeled, validation) == "training samples")
        #expect(place(graph, data, try Samples.named("mixed", 47..<59).data) == "validation samples")
        #expect(place(graph, data, nil) == "validation samples")
        #expect(place(graph, data, validation, test: validation) == "test samples")
        let row = Node.input("row", Shape(channels: 5))
        let picture = Node.input("picture", Samples.picture)
        let both = picture.flatten().concat(row)
        let other = try Graph(heads: [
            Head("colour", both.linear(3), loss: .crossEntropy), Head("value", both.linear(1), loss: .huber()),
        ])
        #expect(place(other, data, validation) == "network")
    }

    @Test("A checkpoint with one wrong bit, or cut short, is refused")
    func damaged() throws {
        let content = [UInt8](try someCheckpoint().file().encoded())
        var random = RandomStream(seed: 5, purpose: .syntheticDigits)
        for _ in 0..<300 {
            var damaged = content
            damaged[random.integer(below: damaged.count)] ^= 1 << UInt8(random.integer(below: 8))
            // Blanks between the parts of a header say nothing.
            guard let file = try? Safetensors(Data(damaged), source: "damaged") else { continue }
            #expect(throws: (any Error).self) { try Checkpoint(file) }
        }
        for count in stride(from: 0, to: content.count, by: 997) {
            #expect(throws: SafetensorsError.self) {
                try Checkpoint(Safetensors(Data(content[..<count]), source: "short"))
            }
        }
    }

    @Test("What is no checkpoint, or one of another version, is refused and said so")
    func otherFiles() throws {
        let model = try trainer("averages and best").model.file()
        let none = #expect(throws: ModelError.self) { try Checkpoint(model) }
        #expect(none?.found == "no checkpoint")
        var file = try someCheckpoint().file()
        file.metadata["lanes.checkpoint"] = "99"
        let version = #expect(throws: ModelError.self) { try Checkpoint(file) }
        #expect(version?.found == "a checkpoint of version 99")
    }

    @Test("A checkpoint that contradicts itself is refused", .namingCases)
    static func contradictionCases() {
        forEach(0..<9) { try Self().contradiction(index: $0) }
    }

    func contradiction(index: Int) throws {
        let good = try someCheckpoint()
        let old = good.record
        func record(
            step: Int? = nil, epochs: [EpochResult]? = nil, bestEpoch: Int?? = nil, sum: ResultSum.Saved?? = nil
        ) -> Checkpoint.Record {
            Checkpoint.Record(
                conditions: old.conditions, step: step ?? old.step, isFinished: false, epochs: epochs ?? old.epochs,
                bestEpoch: bestEpoch ?? old.bestEpoch, sum: sum ?? old.sum, seconds: 0)
        }
        let sum = try #require(old.sum)
        func saved(steps: Int = sum.steps, losses: [[Double]] = sum.losses, sums: [Data?] = sum.sums) -> ResultSum.Saved
        {
            ResultSum.Saved(count: sum.count, steps: steps, losses: losses, confusions: sum.confusions, sums: sums)
        }
        var parts = good.parts
        var wrong = old
        switch index {
        case 0: wrong = record(step: old.step + 1)
        case 1: wrong = record(step: -1)
        case 2: wrong = record(epochs: old.epochs + old.epochs)
        case 3: wrong = record(bestEpoch: .some(nil))
        case 4: wrong = record(sum: .some(nil))
        case 5: wrong = record(sum: saved(steps: .max))
        case 6: wrong = record(sum: saved(losses: []))
        case 7: wrong = record(sum: saved(sums: []))
        default: parts["optimizer2"] = nil
        }
        #expect(throws: ModelError.self) {
            try trainer("averages and best", resuming: Checkpoint(wrong, parts: parts))
        }
    }
}

extension Optimizer {
    /// The same, but for what its description does not say.
    fileprivate var decayingVectors: Optimizer {
        Optimizer.adamW(decaysVectors: true).averaging(decay: 0.9).clipping(norm: 1)
    }
}
