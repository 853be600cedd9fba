import Datasets
import Dispatch
import Foundation
import Kernels
import StaticGraph

/// What one epoch came to.
public struct EpochResult: Sendable {
    /// 1 for the first.
    public let epoch: Int
    /// Seconds of training, without the evaluation.
    public let seconds: Double
    /// The mean over the epoch's images, each taken as the weights were when it was trained on.
    public let trainLoss: Double
    public let learningRate: Double
    /// On the test images, after the epoch.
    public let test: Evaluation
}

/// How far an epoch has come.
public struct TrainingProgress: Sendable {
    public let epoch: Int
    public let epochs: Int
    /// Images of this epoch that have been trained on.
    public let done: Int
    public let total: Int
    /// The mean so far.
    public let trainLoss: Double
    /// Seconds since the epoch began.
    public let seconds: Double
}

/// Trains a recipe's network on digits, evaluating it after every epoch.
public final class Trainer {
    public let recipe: Recipe
    public let graph: Graph
    public let parameters: Parameters<Float>
    private let data: DigitData
    private let seed: UInt64
    private let training: Executor<Float>
    private let inference: Executor<Float>

    /// - Parameters:
    ///   - seed: Of the initial weights, of the order of the images and of dropout.
    ///   - threads: Any number gives the same bits.
    public init(_ recipe: Recipe, data: DigitData, seed: UInt64, threads: Int) throws(GraphError) {
        self.recipe = recipe
        self.data = data
        self.seed = seed
        graph = try recipe.graph()
        parameters = Parameters(graph, seed: seed)
        training = try Executor(
            graph, parameters: parameters, mode: .training(recipe.optimizer), batchSize: recipe.batchSize,
            threads: threads, seed: seed)
        inference = try Executor(
            graph, parameters: parameters, mode: .inference, batchSize: Trainer.evaluationBatchSize, threads: threads)
    }

    private static let evaluationBatchSize = 1000

    /// The plan of a recipe's training step, as a table.
    public static func planTable(of recipe: Recipe, threads: Int) throws(GraphError) -> String {
        let graph = try recipe.graph()
        return try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 0), mode: .training(recipe.optimizer),
            batchSize: recipe.batchSize, threads: threads
        ).planTable
    }

    /// Trains for all epochs of the recipe.
    ///
    /// - Parameters:
    ///   - onProgress: Called after every step, by any thread, one call at a time.
    ///   - onEpoch: Called after every epoch.
    /// - Throws: `TrainingError`, or what `onEpoch` throws.
    public func run(
        onProgress: @escaping @Sendable (TrainingProgress) -> Void = { _ in },
        onEpoch: (EpochResult) throws -> Void = { _ in }
    ) throws {
        for epoch in 1...max(recipe.epochs, 1) {
            let order = permutation(count: data.train.count, seed: seed, epoch: epoch)
            let stepsPerEpoch = (order.count + recipe.batchSize - 1) / recipe.batchSize
            let batches = ImageBatches(
                data.train, order: order, batchSize: recipe.batchSize, firstStep: (epoch - 1) * stepsPerEpoch,
                recipe: recipe)
            let sum = ResultSum(heads: graph.heads.count)
            let start = DispatchTime.now()
            let (epochs, total, rate) = (recipe.epochs, order.count, recipe.learningRate)
            try training.run(steps: batches.steps, from: batches, learningRate: .constant(rate)) { result in
                sum.add(result)
                onProgress(
                    TrainingProgress(
                        epoch: epoch, epochs: epochs, done: sum.count, total: total, trainLoss: sum.meanLoss,
                        seconds: secondsSince(start)))
            }
            let seconds = secondsSince(start)
            let test = try evaluate(data.test)
            // Weights that the last step took too far: no later step would see it.
            guard test.loss.isFinite else {
                throw TrainingError.notFinite(step: batches.steps.upperBound, place: "the loss of the test images")
            }
            try onEpoch(
                EpochResult(epoch: epoch, seconds: seconds, trainLoss: sum.meanLoss, learningRate: rate, test: test))
        }
    }

    /// The network's loss and accuracies on images.
    public func evaluate(_ images: LabeledImages) throws -> Evaluation {
        let batches = ImageBatches(
            images, order: Array(0..<images.count), batchSize: Trainer.evaluationBatchSize, firstStep: 0,
            recipe: recipe)
        let sum = ResultSum(heads: graph.heads.count)
        try inference.run(steps: batches.steps, from: batches, report: { sum.add($0) })
        return sum.evaluation
    }
}

private func secondsSince(_ start: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
}
