import Foundation
import Lanes
import Testing

@testable import smallest

/// The runs of "When a training goes wrong", on the digits of the smallest training: 35 pixels, 32 hidden numbers, 10 classes.
@Suite struct Troubles {
    // listing: run
    /// A network of one hidden layer, trained on `count` digits for `epochs`; what differs from run to run is in `change`.
    func run(
        _ count: Int = 2000, epochs: Int = 5, from start: Parameters<Float>? = nil,
        seen: (ArrayDataset) throws -> any Dataset = { $0 }, change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> Trainer {
        var random = Random(state: 1)
        let training = try dataset((0..<count).map { _ in Example(using: &random) })
        let validation = try dataset((0..<1000).map { _ in Example(using: &random) })
        var settings = TrainingSettings(epochs: epochs, batchSize: 32, learningRate: 0.01)
        change(&settings)
        let trainer = try Trainer(
            Self.graph(), training: seen(training), validation: seen(validation), settings: settings, parameters: start)
        try trainer.run()
        return trainer
    }

    static func graph() throws -> Graph {
        let hidden = Node.input("pixels", Shape(channels: 35)).linear(32, name: "first").relu()
        return try Graph(heads: [Head("digit", hidden.linear(10, name: "second"), loss: .crossEntropy)])
    }
    // listing: end

    /// Losses and accuracies after the last epoch, or after a given one.
    func line(_ name: String, _ trainer: Trainer, epoch: Int? = nil) -> String {
        let result = trainer.epochs[(epoch ?? trainer.epochs.count) - 1]
        func figures(_ evaluation: Evaluation?) -> String {
            "\(format(evaluation?.loss ?? .nan)) and \(percent(evaluation?["digit_accuracy"]))"
        }
        return "\(name): training \(figures(result.training)), validation \(figures(result.validation))"
    }

    func percent(_ fraction: Double?) -> String { "\(Int(((fraction ?? .nan) * 100).rounded())) %" }

    @Test func rateIsTooSmallOrTooGreat() throws {
        let rates = [1e-5, 1e-3, 1e-2, 1e-1, 1]
        let runs = try rates.map { rate in try run(change: { $0.learningRate = rate }) }
        try expect(zip(rates, runs).map { line("rate \(format($0))", $1) }, in: "Troubles")
        try expect(
            zip(rates, runs).map { "rate \(format($0)): \(try deadUnits(of: $1)) of 32 are dead" }, in: "Troubles")
        let losses = runs.map { $0.epochs[4].training.loss }
        #expect(losses[2] < losses[0] && losses[2] < losses[4])
    }

    /// Hidden numbers that are 0 for all of 200 digits.
    private func deadUnits(of trainer: Trainer) throws -> Int {
        var random = Random(state: 2)
        let hidden = try (0..<200).map { _ in
            let pixels = Example(using: &random).pixels.map { Float($0) }
            return try trainer.model.predict(pixels, values: ["relu1"]).values["relu1"] ?? []
        }
        return (0..<32).count { unit in hidden.allSatisfy { $0[unit] == 0 } }
    }

    // listing: parabola
    /// Learns y = 2·x from four points by plain descent. The loss is (w − 2)²·7.5, a parabola of curvature 15.
    func descend(rate: Double, epochs: Int) throws -> [Double] {
        let y = Node.input("x", Shape(channels: 1)).linear(1, bias: false, name: "line")
        let graph = try Graph(heads: [Head("y", y, loss: .meanSquaredError)])
        let start = try Parameters<Float>(graph, seed: 1)
        try start.set("line.weight", to: [0])
        let trainer = try Trainer(
            graph, training: ArrayDataset([[1], [2], [3], [4]], values: [[2], [4], [6], [8]]),
            settings: TrainingSettings(epochs: epochs, batchSize: 4, optimizer: .sgd(), learningRate: rate),
            parameters: start)
        try trainer.run()
        return trainer.epochs.map(\.training.loss)
    }
    // listing: end

    @Test func descentBlowsUp() throws {
        let rates = [0.01, 0.1, 0.13, 0.14, 0.2]
        let losses = try rates.map { try descend(rate: $0, epochs: 6) }
        let error = #expect(throws: TrainingError.self) { try descend(rate: 0.2, epochs: 100) }
        try expect(
            zip(rates, losses).map { "rate \($0): \($1.map { format($0) }.joined(separator: ", "))" }
                + ["\(try #require(error))"], in: "Troubles")
        // A step takes 1 − 15·rate of the distance, so the square of that of the loss.
        for (rate, losses) in zip(rates, losses) {
            let factor = (1 - 15 * rate) * (1 - 15 * rate)
            for (loss, next) in zip(losses, losses.dropFirst()) { #expect(abs(next / loss - factor) < 1e-3) }
        }
    }

    @Test func scalesOfInputsMatter() throws {
        // The same pictures as numbers from 1000 on, as a careless reader of files might leave them.
        func raw(_ data: ArrayDataset) throws -> any Dataset { Scaled(data: data) }
        let (plain, normalized) = (
            try run(seen: raw),
            try run(
                seen: raw, change: { $0.normalization = [Normalization(mean: 1000 + 0.4 * 255, deviation: 0.3 * 255)] })
        )
        try expect([line("raw", plain), line("normalized", normalized)], in: "Troubles")
        #expect(plain.epochs[4].training.loss > 2 * normalized.epochs[4].training.loss)
    }

    @Test func zerosStayAlike() throws {
        let zeros = try Parameters<Float>(Self.graph(), seed: 1)
        for name in zeros.names { try zeros.set(name, to: Array(repeating: 0, count: zeros[name]?.count ?? 0)) }
        try expect([line("all weights 0", try run(from: zeros))], in: "Troubles")
    }

    @Test func fewSamplesAreLearntByHeart() throws {
        let few = try run(100, epochs: 200)
        let kept = try run(100, epochs: 200, change: { $0.keepsBest = true })
        let many = try run(10_000, epochs: 5)
        let best = try #require(kept.bestEpoch)
        try expect(
            [
                line("100 digits, epoch 5", few, epoch: 5), line("100 digits, epoch 200", few),
                "the best epoch is \(best.epoch)", line("10,000 digits, epoch 5", many),
            ], in: "Troubles")
        #expect((few.epochs[199].validation?.loss ?? 0) > 2 * (many.epochs[4].validation?.loss ?? 9))
    }

    @Test func wrongLabelsCanOnlyBeLearntByHeart() throws {
        func shuffled(_ data: ArrayDataset) throws -> any Dataset { Shuffled(data: data) }
        let wrong = try run(100, epochs: 300, seen: shuffled)
        try expect([line("labels of other digits", wrong)], in: "Troubles")
        #expect((wrong.epochs[299].training["digit_accuracy"] ?? 0) > 0.9)
        #expect((wrong.epochs[299].validation?["digit_accuracy"] ?? 1) < 0.3)
    }

    /// Exercise 1: what can learn at all learns one batch by heart.
    @Test func oneBatchIsLearntByHeart() throws {
        let trainer = try run(32, epochs: 200)
        #expect(trainer.epochs[199].training["digit_accuracy"] == 1)
        #expect(trainer.epochs[199].training.loss < 0.05)
    }

    /// Exercise 2: with all weights 0 the hidden numbers are 0, so is their slope, and only the last bias learns.
    @Test func onlyTheLastBiasMovesFromZeros() throws {
        let zeros = try Parameters<Float>(Self.graph(), seed: 1)
        for name in zeros.names { try zeros.set(name, to: Array(repeating: 0, count: zeros[name]?.count ?? 0)) }
        let trained = try run(from: zeros).parameters
        let moved = trained.names.filter { trained[$0]?.contains { $0 != 0 } ?? false }
        #expect(moved == ["second.bias"])
    }

    /// Exercise 3: clipping makes a rate bearable that is too great without it.
    @Test func clippingKeepsStepsShort() throws {
        let runs = try [Optimizer.sgd(momentum: 0.9), .sgd(momentum: 0.9).clipping(norm: 0.2)].map { optimizer in
            try run(change: {
                $0.optimizer = optimizer
                $0.learningRate = 2
            })
        }
        let losses = runs.map { $0.epochs[4].training.loss }
        #expect(losses[1] < losses[0])
    }
}

/// Pixels of 0…1 as 1000…1255.
private struct Scaled: Dataset {
    let data: ArrayDataset
    var name: String { data.name }
    var count: Int { data.count }
    var inputs: [Shape] { data.inputs }
    var targets: [Target] { data.targets }

    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        data.load(sample, input: input, into: &values)
        for i in values.indices { values[i] = 1000 + 255 * values[i] }
    }

    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        data.target(sample, head: head, into: &values)
    }
}

/// Every picture with a label that was drawn by lot.
private struct Shuffled: Dataset {
    let data: ArrayDataset
    var name: String { data.name }
    var count: Int { data.count }
    var inputs: [Shape] { data.inputs }
    var targets: [Target] { data.targets }

    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        data.load(sample, input: input, into: &values)
    }

    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        var random = Random(state: UInt64(sample))
        values[0] = Float(Int.random(in: 0..<10, using: &random))
    }
}
