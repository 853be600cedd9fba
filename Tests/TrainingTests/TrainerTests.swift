import LanesData
import LanesGraph
import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesTraining

@Suite("Training any network on any data")
struct TrainerTests {
    private func digest(_ parameters: Parameters<Float>) throws -> String { try parameters.digest() }

    @Test("A few epochs learn what there is to learn", .namingCases)
    func learns() {
        forEach(
            [
                ("pictures", "colour_accuracy", 0.95), ("rows", "value_r2", 0.9), ("mixed", "colour_accuracy", 0.9),
            ] as [(String, String, Double)]
        ) { kind, figure, least in
            let (graph, training) = try Samples.named(kind, 0..<200)
            let trainer = try Trainer(
                graph, training: training, validation: Samples.named(kind, 200..<260).data,
                settings: TrainingSettings(epochs: 12, batchSize: 16, learningRate: 0.01, threads: 2))
            try trainer.run()
            let last = try #require(trainer.epochs.last?.validation)
            #expect(try #require(last[figure]) > least, "\(last)")
            #expect(trainer.epochs.count == 12 && last.count == 60)
            #expect(trainer.epochs[11].training.loss < trainer.epochs[0].training.loss)
        }
    }

    @Test("Every sample is trained on once an epoch, whatever the batch", .namingCases)
    static func batchesCases() {
        forEach([(16, [16, 32, 48, 50]), (50, [50]), (51, [50]), (1_000_000_000, [50]), (49, [49, 50])]) {
            try Self().batches(size: $0, done: $1)
        }
    }

    func batches(size: Int, done: [Int]) throws {
        let seen = Mutex<[Int]>([])
        let data = Changed(
            base: try Samples.rows(0..<50), loading: { sample, _ in seen.withLock { $0.append(sample) } })
        let trainer = try Trainer(
            Samples.rowGraph(), training: data, settings: TrainingSettings(epochs: 2, batchSize: size, threads: 2))
        let progress = Mutex<[TrainingProgress]>([])
        try trainer.run(onProgress: { step in progress.withLock { $0.append(step) } })
        let all = progress.withLock { $0 }
        #expect(all.map(\.done) == done + done)
        #expect(all.map(\.epoch) == done.map { _ in 1 } + done.map { _ in 2 })
        #expect(all.allSatisfy { $0.total == 50 && $0.epochs == 2 && $0.trainLoss.isFinite })
        #expect(trainer.stepsPerEpoch == done.count)
        let samples = seen.withLock { $0 }
        #expect(samples.count == 100 && samples[..<50].sorted() == Array(0..<50))
        #expect(samples[50...].sorted() == Array(0..<50))
    }

    @Test("A number of steps ends in the middle of an epoch", .namingCases)
    func steps() {
        forEach([(1, [16]), (4, [50]), (6, [50, 32])] as [(Int, [Int])]) { count, samples in
            let trainer = try Trainer(
                Samples.rowGraph(), training: Samples.rows(0..<50), test: Samples.rows(50..<60),
                settings: TrainingSettings(
                    epochs: 1, steps: count, batchSize: 16,
                    schedule: Schedule("mine") { step, _, steps in
                        Double(steps - step)
                    }, threads: 1))
            try trainer.run()
            #expect(trainer.epochs.map(\.training.count) == samples)
            #expect(trainer.epochs.allSatisfy { $0.test?.count == 10 && $0.validation == nil })
            // The rate of the last step of all is that of one step left.
            #expect(trainer.epochs.last?.learningRate == 1e-3)
        }
    }

    @Test("A stop ends the run after the step that is running", .namingCases)
    func stopInEpoch() {
        forEach([1, 2, 5, 8]) { step in
            let trainer = try Trainer(
                Samples.rowGraph(), training: Samples.rows(0..<50), validation: Samples.rows(50..<60),
                settings: TrainingSettings(
                    epochs: 5, batchSize: 16, schedule: Schedule("mine") { step, _, _ in Double(step + 1) }, threads: 2)
            )
            let steps = Mutex(0)
            let stopper = Stopper(trainer)
            try trainer.run(onProgress: { _ in
                let count = steps.withLock { count in
                    count += 1
                    return count
                }
                if count == step { stopper.stop() }
            })
            #expect(steps.withLock { $0 } == step)
            #expect(trainer.epochs.count == (step + 3) / 4)
            #expect(trainer.epochs.last?.training.count == [16, 32, 48, 50][(step - 1) % 4])
            #expect(trainer.epochs.last?.validation?.count == 10)
            #expect(trainer.epochs.last?.learningRate == 1e-3 * Double(step))
            // The next run is a whole one.
            try trainer.run()
            #expect(trainer.epochs.count == 5)
        }
    }

    @Test("A stop between two epochs")
    func stopAfterEpoch() throws {
        let trainer = try Trainer(
            Samples.rowGraph(), training: Samples.rows(0..<50), settings: TrainingSettings(epochs: 5, threads: 1))
        try trainer.run(onEpoch: { if $0.epoch == 2 { trainer.stop() } })
        #expect(trainer.epochs.map(\.epoch) == [1, 2])
    }

    private struct Enough: Error, Equatable {}

    @Test("What onEpoch throws ends the run, and what was best until then stays")
    func throwingOnEpoch() throws {
        let trainer = try Trainer(
            Samples.rowGraph(), training: Samples.rows(0..<50), validation: Samples.rows(50..<60),
            settings: TrainingSettings(
                epochs: 5, schedule: .exponential(factor: 1000), keepsBest: true, threads: 1))
        var digests: [String] = []
        #expect(throws: Enough()) {
            try trainer.run(onEpoch: { epoch in
                digests.append(try digest(trainer.parameters))
                if epoch.epoch == 3 { throw Enough() }
            })
        }
        let best = try #require(trainer.bestEpoch?.epoch)
        try #require(best < 3)
        #expect(trainer.epochs.count == 3)
        #expect(try digest(trainer.parameters) == digests[best - 1])
        #expect(throws: TrainingError.busy) { try trainer.run(onEpoch: { _ in try trainer.run() }) }
    }

    @Test("Patience ends the run after so many epochs without a better one", .namingCases)
    func patience() {
        forEach([1, 3]) { epochs in
            // Nothing changes, so the first epoch stays the best.
            let trainer = try Trainer(
                Samples.rowGraph(), training: Samples.rows(0..<20), validation: Samples.rows(20..<30),
                settings: TrainingSettings(epochs: 20, learningRate: 0, patience: epochs, threads: 1))
            try trainer.run()
            #expect(trainer.epochs.count == 1 + epochs)
            #expect(trainer.bestEpoch?.epoch == 1 && trainer.resultEpoch?.epoch == 1 + epochs)
        }
    }

    @Test("The results are the last epoch's or the best one's, and so are the parameters", .namingCases)
    func keepsBest() {
        forEach([false, true]) { keepsBest in
            let validation = try Samples.rows(60..<90)
            // From the third epoch on the rate is so great that what was learnt is lost.
            let trainer = try Trainer(
                Samples.rowGraph(), training: Samples.rows(0..<60), validation: validation,
                settings: TrainingSettings(
                    epochs: 4, batchSize: 8, learningRate: 0.01, schedule: .step(epochs: 2, factor: 100),
                    criterion: .greatest("value_r2"), keepsBest: keepsBest, threads: 2))
            var digests: [String] = []
            try trainer.run(onEpoch: { _ in digests.append(try digest(trainer.model.parameters)) })
            let best = try #require(trainer.bestEpoch?.epoch)
            try #require(best <= 2)
            let scores = trainer.epochs.map { $0.validation?["value_r2"] ?? .nan }
            #expect(scores[best - 1] == scores.max() && Set(digests).count == 4)
            let expected = keepsBest ? best : 4
            #expect(trainer.resultEpoch?.epoch == expected)
            #expect(try digest(trainer.parameters) == digests[expected - 1])
            #expect(try trainer.evaluate(validation) == trainer.epochs[expected - 1].validation)
        }
    }

    @Test("A metric that is no number at first does not stay the best")
    func notANumber() throws {
        struct Late: Metric {
            let name = "late"
            func sum(for head: MetricHead) -> (any MetricSum)? { Sum() }
            struct Sum: MetricSum {
                var least = Float.infinity
                mutating func add(output: Span<Float>, target: Span<Float>) { least = min(least, output[0]) }
                // NaN until outputs have grown.
                var value: Double { least < 0.5 ? .nan : 1 }
            }
        }
        let ones = try ArrayDataset([[Float](repeating: 1, count: 5)], values: [[1]])
        let trainer = try Trainer(
            Samples.rowGraph(), training: ones,
            settings: TrainingSettings(
                epochs: 100, learningRate: 0.01, metrics: [Late()], criterion: .greatest("value_late"), threads: 1))
        try trainer.run()
        try #require(trainer.epochs[0].training["value_late"]?.isNaN == true)
        try #require(trainer.epochs[99].training["value_late"] == 1)
        #expect(trainer.bestEpoch?.deciding["value_late"] == 1)
    }

    @Test("Transforms change what is trained on, in every epoch anew, and nothing that is evaluated")
    func transforms() throws {
        let seen = Mutex<[[Float]]>([])
        let transform = CustomTransform("noise") { values, shape, random in
            for index in 0..<values.count { values[index] += Float(random.uniform(in: -0.5...0.5)) }
            let change = values[0]
            seen.withLock { $0.append([Float(shape.count), change]) }
        }
        func epochs(_ transforms: [any Transform]) throws -> [EpochResult] {
            let trainer = try Trainer(
                Samples.pictureGraph(), training: Samples.pictures(0..<20), validation: Samples.pictures(20..<40),
                settings: TrainingSettings(epochs: 2, learningRate: 0, transforms: transforms, threads: 2))
            try trainer.run()
            return trainer.epochs
        }
        let (plain, changed) = (try epochs([]), try epochs([transform]))
        #expect(plain.map(\.validation) == changed.map(\.validation))
        #expect(plain[0].training.loss != changed[0].training.loss)
        #expect(changed[0].training.loss != changed[1].training.loss)
        let all = seen.withLock { $0 }
        #expect(all.count == 40 && all.allSatisfy { $0[0] == 189 } && Set(all.map { $0[1] }).count == 40)
    }

    @Test("Normalization is by channel, and the same as data that has been normalized before")
    func normalization() throws {
        let normalization = Normalization(mean: [0.4, 0.3, 0.2], deviation: [0.1, 0.2, 0.3])
        func digest(_ data: some Dataset, _ normalization: Normalization) throws -> String {
            let trainer = try Trainer(
                Samples.pictureGraph(), training: data,
                settings: TrainingSettings(epochs: 2, normalization: [normalization], threads: 2))
            try trainer.run()
            return try trainer.parameters.digest()
        }
        let data = try Samples.pictures(0..<20)
        let before = Changed(
            base: data,
            loading: { _, values in
                for index in 0..<values.count {
                    values[index] = (values[index] - [0.4, 0.3, 0.2][index % 3]) / [0.1, 0.2, 0.3][index % 3]
                }
            })
        #expect(try digest(data, normalization) == digest(before, .none))
        #expect(try digest(data, normalization) != digest(data, .none))
    }

    @Test("The same bits for any number of threads, others for another seed", .namingCases)
    func sameBits() {
        forEach(Samples.kinds) { kind in
            let (graph, data) = try Samples.named(kind, 0..<50)
            let validation = try Samples.named(kind, 50..<70).data
            func run(threads: Int, seed: UInt64 = 1) throws -> (String, [Evaluation?]) {
                let noise = CustomTransform("noise") { values, _, random in
                    for index in 0..<values.count { values[index] += Float(random.uniform(in: -0.1...0.1)) }
                }
                let trainer = try Trainer(
                    graph, training: data, validation: validation,
                    settings: TrainingSettings(
                        epochs: 2, batchSize: 16, transforms: [noise], seed: seed, threads: threads))
                try trainer.run()
                return (try trainer.parameters.digest(), trainer.epochs.map(\.validation))
            }
            let expected = try run(threads: 1)
            for threads in [2, 3, 8] { #expect(try run(threads: threads) == expected) }
            #expect(try run(threads: 2, seed: 2).0 != expected.0)
        }
    }

    @Test("Averages are what is evaluated, kept and saved")
    func averages() throws {
        let validation = try Samples.rows(40..<50)
        let trainer = try Trainer(
            Samples.rowGraph(), training: Samples.rows(0..<40), validation: validation,
            settings: TrainingSettings(
                epochs: 3, batchSize: 40, optimizer: .adam().averaging(decay: 0.75), learningRate: 0.05, threads: 1))
        func weights(_ parameters: Parameters<Float>) throws -> [Double] {
            try parameters.names.flatMap { try #require(parameters[$0]).map(Double.init) }
        }
        // One step an epoch: the average of the weights before and after each.
        var expected = try weights(trainer.parameters)
        try trainer.run(onEpoch: { epoch in
            for (index, weight) in try weights(trainer.parameters).enumerated() {
                expected[index] += 0.25 * (weight - expected[index])
            }
            #expect(try trainer.model.evaluate(validation, threads: 1) == epoch.validation)
            #expect(try trainer.evaluate(validation) == epoch.validation)
        })
        for (found, expected) in zip(try weights(trainer.parameters), expected) {
            #expect(abs(found - expected) < 1e-6)
        }
        #expect(try trainer.evaluate(validation) == trainer.epochs[2].validation)
        #expect(try trainer.model.parameters.digest() == trainer.parameters.digest())
    }

    @Test("A second run goes on from the first one's parameters, with or without averages", .namingCases)
    func secondRun() {
        forEach([nil, 0.9] as [Double?]) { decay in
            let optimizer = decay.map { Optimizer.adam().averaging(decay: $0) } ?? .adam()
            // It ends with an epoch that is not the last one, whose averages are not the last ones either.
            let settings = TrainingSettings(
                epochs: 3, batchSize: 16, optimizer: optimizer, learningRate: 0.01, schedule: .exponential(factor: 100),
                keepsBest: true, threads: 2)
            func trainer(from parameters: Parameters<Float>? = nil) throws -> Trainer {
                try Trainer(
                    Samples.rowGraph(), training: Samples.rows(0..<50), settings: settings, parameters: parameters)
            }
            let once = try trainer()
            try once.run()
            try #require(once.resultEpoch?.epoch != 3)
            let again = try trainer(from: once.parameters)
            try again.run()
            try once.run()
            #expect(try once.parameters.digest() == again.parameters.digest())
            #expect(once.epochs.map(\.training) == again.epochs.map(\.training) && once.epochs.count == 3)
        }
    }

    @Test("Given parameters are started from and left as they are")
    func givenParameters() throws {
        let graph = try Samples.rowGraph()
        let given = try Parameters<Float>(graph, seed: 99)
        let before = try given.digest()
        for rate in [0, 0.01] {
            let trainer = try Trainer(
                graph, training: Samples.rows(0..<50), settings: TrainingSettings(epochs: 1, learningRate: rate),
                parameters: given)
            #expect(try trainer.parameters.digest() == before)
            try trainer.run()
            #expect(try (trainer.parameters.digest() == before) == (rate == 0))
            #expect(try given.digest() == before)
        }
    }

    @Test("Frozen convolutions keep every bit, the rest learns")
    func frozen() throws {
        let graph = try Samples.pictureGraph()
        let given = try Parameters<Float>(graph, seed: 5)
        let trainer = try Trainer(
            graph, training: Samples.pictures(0..<50),
            settings: TrainingSettings(epochs: 2, optimizer: .adamW().freezing("conv*")), parameters: given)
        try trainer.run()
        for name in given.names {
            #expect((trainer.parameters[name] == given[name]) == name.hasPrefix("conv"), "\(name)")
        }
    }

    @Test("Without validation and test samples the training samples decide")
    func trainingAlone() throws {
        let trainer = try Trainer(
            Samples.rowGraph(), training: Samples.rows(0..<20), settings: TrainingSettings(epochs: 2, threads: 1))
        try trainer.run()
        #expect(trainer.epochs.allSatisfy { $0.validation == nil && $0.test == nil && $0.deciding == $0.training })
        #expect(trainer.epochs[0].description.hasPrefix("epoch 1: training loss "))
    }

    @Test("Large samples are evaluated in small batches", .namingCases)
    func evaluationBatches() {
        forEach([(8, 1000), (512, 16), (4096, 1)]) { side, batch in
            let image = Node.input("image", Shape(channels: 3, height: side, width: side))
            let graph = try Graph(heads: [
                Head("a", image.conv2d(60, kernel: 1).globalAveragePool().linear(1), loss: .meanSquaredError)
            ])
            #expect(graph.batchSize(atMost: 1000) == batch)
        }
    }

    @Test("Samples that count differently do so in the mean of all, however they are cut into batches")
    func weighted() throws {
        let loss = CrossEntropy(classWeights: [1, 5, 0.25], ignoreIndex: nil)
        let output = Node.input("picture", Samples.picture).flatten().linear(3, name: "fc")
        let graph = try Graph(heads: [Head("colour", output, loss: loss)])
        // Unevenly: of the first samples one class is the most, of the last ones another.
        let data = try Samples.pictures(0..<60)
        let order = (0..<60).sorted { ($0 % 3, $0) < ($1 % 3, $1) }
        let trainer = try Trainer(
            graph, training: Subset(data, order), settings: TrainingSettings(epochs: 1, batchSize: 7, learningRate: 0))
        try trainer.run()
        var (sum, weight) = (0.0, 0.0)
        for sample in 0..<60 {
            let own = [1, 5, 0.25][sample % 3]
            sum += own * (try trainer.evaluate(Subset(data, [sample])).loss)
            weight += own
        }
        #expect(abs(try trainer.evaluate(data).loss - sum / weight) < 1e-6)
        #expect(abs(trainer.epochs[0].training.loss - sum / weight) < 1e-6)
    }

    @Test("Evaluation counts what it would count sample by sample", .namingCases)
    func sampleBySample() {
        forEach(Samples.kinds) { kind in
            let (graph, data) = try Samples.named(kind, 0..<40)
            let trainer = try Trainer(graph, training: data, settings: TrainingSettings(epochs: 1, threads: 2))
            try trainer.run()
            let all = try trainer.evaluate(data)
            let each = try (0..<40).map { try trainer.evaluate(Subset(data, [$0])) }
            #expect(abs(all.loss - each.reduce(0) { $0 + $1.loss } / 40) < 1e-6)
            for figure in all.metrics where figure.name.hasSuffix("accuracy") || figure.name.hasSuffix("mse") {
                #expect(abs(figure.value - each.reduce(0) { $0 + ($1[figure.name] ?? .nan) } / 40) < 1e-6)
            }
        }
    }
}

/// Lets a step's report, which must be Sendable, stop the trainer; any thread may.
private final class Stopper: @unchecked Sendable {
    private let trainer: Trainer
    init(_ trainer: Trainer) { self.trainer = trainer }
    func stop() { trainer.stop() }
}
