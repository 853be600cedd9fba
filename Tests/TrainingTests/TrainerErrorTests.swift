import LanesData
import LanesGraph
import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesTraining

@Suite("What a trainer refuses")
struct TrainerErrorTests {
    private func train(
        _ graph: Graph, _ data: any Dataset, _ settings: TrainingSettings = TrainingSettings(epochs: 1, threads: 2)
    ) throws {
        try Trainer(graph, training: data, settings: settings).run()
    }

    @Test("Data that does not fit the network", .namingCases)
    func inputs() {
        forEach(
            [
                ("rows", "pictures", "rows: found samples of 5, expected 3×9×7, the network's inputs"),
                ("pictures", "rows", "pictures: found samples of 3×9×7, expected 5, the network's inputs"),
                ("mixed", "pictures", "mixed: found samples of 3×9×7 and 5, expected 3×9×7, the network's inputs"),
                ("pictures", "mixed", "pictures: found samples of 3×9×7, expected 3×9×7 and 5, the network's inputs"),
            ] as [(String, String, String)]
        ) { data, network, message in
            let (graph, samples) = (try Samples.named(network, 0..<1).graph, try Samples.named(data, 0..<9).data)
            let fitting = try Samples.named(network, 0..<9).data
            for part in ["training", "validation", "test"] {
                let error = #expect(throws: SettingsError.self) {
                    try Trainer(
                        graph, training: part == "training" ? samples : fitting,
                        validation: part == "validation" ? samples : nil, test: part == "test" ? samples : nil)
                }
                #expect(error?.description == message)
            }
        }
    }

    @Test("Targets that do not fit the heads")
    func targets() throws {
        let rows = [[Float]](repeating: [0, 0, 0, 0, 0], count: 4)
        func message(_ targets: [ArrayDataset.Answers], _ loss: any Loss, outputs: Int) throws -> String? {
            let output = Node.input("x", Shape(channels: 5)).linear(outputs)
            let graph = try Graph(heads: [Head("head", output, anyLoss: loss, weight: 1)])
            let data = try ArrayDataset(inputs: [.init(rows)], targets: targets)
            return #expect(throws: SettingsError.self) { try Trainer(graph, training: data) }?.description
        }
        let four = ArrayDataset.Answers.classes([0, 1, 2, 3])
        let numbers = ArrayDataset.Answers.values(.init([[1], [2], [3], [4]]))
        #expect(
            try message([four], .crossEntropy, outputs: 3)
                == "arrays: found one of 4 classes for head head, expected one of 3 classes")
        #expect(
            try message([numbers], .crossEntropy, outputs: 3)
                == "arrays: found a number for head head, expected one of 3 classes")
        #expect(
            try message([four], .meanSquaredError, outputs: 1)
                == "arrays: found one of 4 classes for head head, expected a number, or one of two classes")
        #expect(
            try message([numbers], .meanSquaredError, outputs: 2)
                == "arrays: found a number for head head, expected 2 numbers")
        #expect(
            try message([four, numbers], .crossEntropy, outputs: 4)
                == "arrays: found 2 targets of a sample, expected 1, one for each head")
        #expect(
            try message([], .crossEntropy, outputs: 4)
                == "arrays: found 0 targets of a sample, expected 1, one for each head")
        #expect(throws: SettingsError("rows", found: "no samples", expected: "at least one")) {
            try Trainer(Samples.rowGraph(), training: Samples.rows(0..<1).prefix(0))
        }
    }

    @Test("Two classes fit one logit")
    func twoClasses() throws {
        let graph = try Graph(heads: [
            Head("odd", .input("x", Shape(channels: 5)).linear(1), loss: .binaryCrossEntropy)
        ])
        let data = try ArrayDataset(
            (0..<8).map { [Float](repeating: Float($0 % 2), count: 5) }, labels: (0..<8).map { $0 % 2 })
        let trainer = try Trainer(graph, training: data, settings: TrainingSettings(epochs: 60, learningRate: 0.1))
        try trainer.run()
        #expect(trainer.epochs.last?.training.metrics == [.init(name: "odd_accuracy", value: 1)])
        #expect(try trainer.model.predict([1, 1, 1, 1, 1] as [Float]).label == "1")
    }

    private static let senseless: [(name: String, message: String)] = [
        ("epochs", "epochs: found 0, expected 1…1000000000"),
        ("many epochs", "epochs: found 9223372036854775807, expected 1…1000000000"),
        ("steps", "steps: found 0, expected 1…1000000000"),
        ("batch size", "batch size: found -1, expected 1…1000000000"),
        ("patience", "patience: found 0, expected 1…1000000000"),
        ("threads", "threads: found 0, expected 1…1024"),
        ("rate", "learning rate: found nan, expected a finite number of 0 or more"),
        ("negative rate", "learning rate: found -1.0, expected a finite number of 0 or more"),
        ("normalizations", "normalization: found 3 of them, expected one, or one for each input"),
        ("no normalization", "normalization: found 0 of them, expected one, or one for each input"),
        (
            "channels",
            "normalization of row: found 2 means and 2 deviations, expected one of each, or 5, one for each channel"
        ),
        (
            "no deviation",
            "normalization of row: found means [0.0], deviations [0.0], expected finite means and deviations above 0"
        ),
        (
            "NaN mean",
            "normalization of row: found means [nan], deviations [1.0], expected finite means and deviations above 0"
        ),
        ("criterion", "criterion: found value_accuracy, expected one of loss, value_mse, value_mae, value_r2"),
        ("criterion of no head", "criterion: found mse, expected one of loss, value_mse, value_mae, value_r2"),
    ]

    @Test("Settings that make no sense", .namingCases)
    static func settingsCases() {
        forEach(senseless.indices) { try Self().settings(index: $0) }
    }

    func settings(index: Int) throws {
        let (name, message) = Self.senseless[index]
        var settings = TrainingSettings()
        switch name {
        case "epochs": settings.epochs = 0
        case "many epochs": settings.epochs = .max
        case "steps": settings.steps = 0
        case "batch size": settings.batchSize = -1
        case "patience": settings.patience = 0
        case "threads": settings.threads = 0
        case "rate": settings.learningRate = .nan
        case "negative rate": settings.learningRate = -1
        case "normalizations": settings.normalization = [.none, .none, .none]
        case "no normalization": settings.normalization = []
        case "channels": settings.normalization = [Normalization(mean: [0, 0], deviation: [1, 1])]
        case "no deviation": settings.normalization = [Normalization(mean: 0, deviation: 0)]
        case "NaN mean": settings.normalization = [Normalization(mean: .nan, deviation: 1)]
        case "criterion": settings.criterion = .greatest("value_accuracy")
        default: settings.criterion = .least("mse")
        }
        let error = #expect(throws: SettingsError.self) {
            try Trainer(Samples.rowGraph(), training: Samples.rows(0..<9), settings: settings)
        }
        #expect(error?.description == message)
    }

    @Test("What the graph refuses")
    func graphErrors() throws {
        let graph = try Samples.rowGraph()
        for optimizer in [Optimizer.adam().freezing("conv*"), .sgd(momentum: 2), .adam().clipping(norm: .nan)] {
            #expect(throws: GraphError.self) {
                try Trainer(
                    graph, training: Samples.rows(0..<9), settings: TrainingSettings(optimizer: optimizer))
            }
        }
        let others = try Parameters<Float>(Samples.pictureGraph(), seed: 1)
        #expect(throws: GraphError.self) { try Trainer(graph, training: Samples.rows(0..<9), parameters: others) }
        #expect(throws: SettingsError("threads", found: "2000", expected: "1…1024")) {
            try Trainer(graph, training: Samples.rows(0..<9), settings: TrainingSettings(threads: 2000))
        }
    }

    private struct Broken: Error, Equatable {
        let sample: Int
    }

    @Test("What a dataset throws reaches the caller: the first sample's of the batch", .namingCases)
    func throwingDataset() {
        forEach([1, 2, 8]) { threads in
            let settings = TrainingSettings(epochs: 1, batchSize: 16, threads: threads)
            let broken: Set = [3, 8, 20, 33, 41, 47]
            let order = permutation(count: 50, seed: settings.seed, epoch: 1)
            let first = try #require(order.first { broken.contains($0) })
            let data = try Samples.rows(0..<50)
            for _ in 0..<20 {
                let loading = Changed(
                    base: data,
                    loading: { sample, _ in
                        if broken.contains(sample) { throw Broken(sample: sample) }
                    })
                #expect(throws: Broken(sample: first)) { try train(Samples.rowGraph(), loading, settings) }
                let targeting = Changed(
                    base: data,
                    targeting: { sample, _ in
                        if broken.contains(sample) { throw Broken(sample: sample) }
                    })
                #expect(throws: Broken(sample: first)) { try train(Samples.rowGraph(), targeting, settings) }
            }
        }
    }

    @Test("What the validation samples throw reaches the caller, and the first epoch is none")
    func throwingValidation() throws {
        let broken = Changed(base: try Samples.rows(0..<5), loading: { sample, _ in throw Broken(sample: sample) })
        let trainer = try Trainer(Samples.rowGraph(), training: Samples.rows(0..<9), validation: broken)
        #expect(throws: Broken(sample: 0)) { try trainer.run() }
        #expect(trainer.epochs.isEmpty)
    }

    @Test("A label that is no class", .namingCases)
    static func labelsCases() {
        forEach([3, -1, 0.5, .nan, .infinity, 1e30] as [Float]) { try Self().labels(label: $0) }
    }

    func labels(label: Float) throws {
        let data = Changed(
            base: try Samples.pictures(0..<4),
            targeting: { sample, values in
                if sample == 2 { values[0] = label }
            })
        let error = #expect(throws: TrainingError.self) { try train(Samples.pictureGraph(), data) }
        guard case .target(let problem, "colour", _, 0)? = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(problem.contains("0…2"), "\(problem)")
        let model = try Trainer(Samples.pictureGraph(), training: Samples.pictures(0..<4)).model
        #expect(throws: TrainingError.self) { try model.evaluate(data) }
    }

    @Test("A label that a loss of one's own lets pass counts nowhere", .namingCases)
    static func lenientLossCases() {
        forEach([7, -1, 0.5, .nan, 1e30] as [Float]) { try Self().lenientLoss(label: $0) }
    }

    func lenientLoss(label: Float) throws {
        let graph = try Graph(heads: [
            Head("colour", .input("picture", Samples.picture).flatten().linear(3), loss: LenientLoss())
        ])
        let data = Changed(
            base: try Samples.pictures(0..<4),
            targeting: { sample, values in
                if sample == 2 { values[0] = label }
            })
        let trainer = try Trainer(
            graph, training: data,
            settings: TrainingSettings(metrics: [Accuracy(), TopK(2), MacroMean(.f1)], threads: 1))
        let evaluation = try trainer.evaluate(data)
        #expect(evaluation.confusions[0].total == 3 && evaluation.count == 4)
    }

    @Test("A target that is no number", .namingCases)
    func numbers() {
        forEach([Float.nan, .infinity] as [Float]) { value in
            let data = Changed(
                base: try Samples.rows(0..<4),
                targeting: { sample, values in
                    if sample == 2 { values[0] = value }
                })
            let error = #expect(throws: TrainingError.self) { try train(Samples.rowGraph(), data) }
            #expect(error == .notFinite(step: 0, place: "the loss"))
        }
    }

    @Test("A sample that is no number", .namingCases)
    func notFinite() {
        forEach([Float.nan, .infinity] as [Float]) { value in
            let data = Changed(
                base: try Samples.rows(0..<4),
                loading: { sample, values in
                    if sample == 2 { values[0] = value }
                })
            let error = #expect(throws: TrainingError.self) { try train(Samples.rowGraph(), data) }
            guard case .notFinite(step: 0, let place)? = error else {
                Issue.record("\(error as Any)")
                return
            }
            #expect(place.hasPrefix("the output of "), "\(place)")
            guard value.isNaN else { return }  // Of infinity the network makes ±1.
            // Seen only when it is evaluated.
            let trainer = try Trainer(Samples.rowGraph(), training: Samples.rows(0..<4), validation: data)
            #expect(throws: TrainingError.resultNotFinite(step: 0, place: "the loss of the validation samples")) {
                try trainer.run(onEpoch: { _ in Issue.record("an epoch with no result was reported") })
            }
        }
    }

    @Test("A rate that runs away is named, and the parameters stay numbers")
    func runaway() throws {
        let trainer = try Trainer(
            Samples.rowGraph(), training: Samples.rows(0..<50),
            settings: TrainingSettings(epochs: 5, batchSize: 5, learningRate: 1e30, threads: 2))
        #expect(throws: TrainingError.self) { try trainer.run() }
        for name in trainer.parameters.names {
            #expect(trainer.parameters[name]?.allSatisfy(\.isFinite) == true, "\(name)")
        }
    }
}

/// Cross-entropy that takes any target: what is no class counts as class 0.
private struct LenientLoss: Loss {
    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        .label(classes: shape.channels)
    }

    func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        for index in gradient.indices { gradient[index] = 0 }
        return 0
    }
}
