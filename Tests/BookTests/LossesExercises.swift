import Foundation
import Lanes
import Testing

@testable import smallest

/// Answers to the exercises of "Losses and optimizers".
@Suite struct LossesExercises {
    /// Exercise 1: who knows nothing and says so loses ln 10 on ten classes.
    @Test func ignoranceCostsTheLogarithmOfTheClasses() throws {
        let graph = try Graph(
            heads: [
                Head("digit", .input("pixels", Shape(channels: 35)).linear(10, name: "fc"), loss: .crossEntropy)
            ])
        let parameters = try Parameters<Float>(graph, seed: 1)
        try parameters.set("fc.weight", to: Array(repeating: 0, count: 350))
        try parameters.set("fc.bias", to: Array(repeating: 0, count: 10))
        var random = Random(state: 1)
        let data = try dataset((0..<64).map { _ in Example(using: &random) })
        let trainer = try Trainer(
            graph, training: data, settings: TrainingSettings(epochs: 1, learningRate: 0), parameters: parameters)
        try trainer.run()
        #expect(abs(trainer.epochs[0].training.loss - log(10)) < 1e-6)
    }

    /// Exercise 2: Adam's first step is the rate, in the direction against the slope, however steep that is; a step of plain
    /// descent is the slope times the rate.
    @Test func firstStepOfAdamIsTheRate() throws {
        func move(_ optimizer: Optimizer, slope: Float) throws -> Double {
            let graph = try Graph(
                heads: [
                    Head(
                        "y", .input("x", Shape(channels: 1)).linear(1, bias: false, name: "fc"),
                        loss: .meanAbsoluteError)
                ])
            let parameters = try Parameters<Float>(graph, seed: 1)
            try parameters.set("fc.weight", to: [0])
            // The loss is |w·x − 1000|, whose slope is −x.
            let trainer = try Trainer(
                graph, training: ArrayDataset([[slope]], values: [[1000]]),
                settings: TrainingSettings(epochs: 1, batchSize: 1, optimizer: optimizer, learningRate: 0.01),
                parameters: parameters)
            try trainer.run()
            return Double(trainer.parameters["fc.weight"]?[0] ?? 0)
        }
        for slope: Float in [0.5, 50] {
            #expect(abs(try move(.adam(), slope: slope) - 0.01) < 1e-7)
            #expect(abs(try move(.sgd(), slope: slope) - 0.01 * Double(slope)) < 1e-6)
        }
    }

    /// Exercise 3: powers of large scores overflow; those of scores less the greatest do not, and are in the same proportion.
    @Test func softmaxIsTheSameForShiftedScores() throws {
        let graph = try Graph(
            heads: [Head("y", .input("x", Shape(channels: 3)).scaled(by: 1), loss: .crossEntropy)])
        let model = try Model(
            graph, Parameters(graph, seed: 1), normalization: [.none], classes: [["a", "b", "c"]])
        let (small, large) = (
            try #require(model.predict([1, 2, 3])["y"]), try #require(model.predict([1001, 1002, 1003])["y"])
        )
        #expect(exp(Float(1001)) == .infinity)
        for (one, two) in zip(small.probabilities, large.probabilities) { #expect(abs(one - two) < 1e-6) }
    }
}
