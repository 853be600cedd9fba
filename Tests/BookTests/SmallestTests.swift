import Foundation
import Lanes
import Testing

@testable import smallest

/// The first file to read trains as the engine does.
@Suite struct SmallestTests {
    @Test func losesLikeTheEngine() throws {
        var random = Random(state: 7)
        var network = Network(using: &random)
        let batch = (0..<32).map { _ in Example(using: &random) }

        let scores = Node.input("pixels", Shape(channels: 35))
            .linear(32, name: "first").relu().linear(10, name: "second")
        let graph = try Graph(heads: [Head("digit", scores, loss: .crossEntropy)])
        let parameters = try Parameters<Float>(graph, seed: 1)
        for (name, values) in [
            ("first.weight", network.first.weight.values), ("first.bias", network.first.bias.values),
            ("second.weight", network.second.weight.values), ("second.bias", network.second.bias.values),
        ] {
            try parameters.set(name, to: values.map { Float($0) })
        }

        // One batch is the whole training, so that an epoch is a step.
        let trainer = try Trainer(
            graph, training: dataset(batch), settings: TrainingSettings(epochs: 20, batchSize: 32, learningRate: 0.01),
            parameters: parameters)
        try trainer.run()
        let losses = (1...20).map { network.train(on: batch, step: $0, rate: 0.01) }
        #expect(trainer.epochs.count == 20)
        for (epoch, loss) in zip(trainer.epochs, losses) { #expect(abs(epoch.training.loss - loss) < 1e-5) }
        #expect(losses[19] < 0.7 * losses[0])
    }

    @Test func fitsOnAFewPages() throws {
        let file = packageFolder.appendingPathComponent("Sources/smallest/Smallest.swift")
        #expect(
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).count
                <= 151)
    }

    @Test func readsNewDigits() {
        var random = Random(state: 1)
        var network = Network(using: &random)
        for step in 1...300 {
            _ = network.train(on: (0..<32).map { _ in Example(using: &random) }, step: step, rate: 0.01)
        }
        let tests = (0..<200).map { _ in Example(using: &random) }
        let right = tests.count { network.scores($0.pixels)[$0.digit] == network.scores($0.pixels).max() }
        #expect(right >= 100)
    }
}

/// The smallest training's digits as data for the engine.
func dataset(_ examples: [Example]) throws -> ArrayDataset {
    try ArrayDataset(
        examples.map { $0.pixels.map { Float($0) } }, labels: examples.map(\.digit), classes: (0..<10).map(String.init))
}
