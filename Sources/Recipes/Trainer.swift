import Datasets
import Dispatch
import Foundation
import Kernels
import StaticGraph

/// How far an epoch has come.
public struct TrainingProgress: Sendable {
    public let epoch: Int
    public let epochs: Int
    /// Examples of this epoch that have been trained on.
    public let done: Int
    public let total: Int
    /// The mean so far.
    public let trainLoss: Double
    /// Seconds since the epoch began.
    public let seconds: Double
}

/// Trains a recipe's network on digits, and evaluates it after every epoch.
public final class Trainer {
    public let recipe: Recipe
    public let graph: Graph
    public let parameters: Parameters<Float>
    /// The examples to train on.
    public let training: Examples
    /// Those that are held out, where the recipe holds some out.
    public let validation: Examples?
    public let test: Examples
    public let seed: UInt64
    private let executor: Executor<Float>
    private let evaluator: Evaluator

    /// - Parameters:
    ///   - seed: Of the initial weights, the order of the images, the held-out ones, augmentation and dropout.
    ///   - threads: Any number gives the same bits.
    /// - Throws: `DatasetError` where the data has no example for the recipe, `GraphError`.
    public init(_ recipe: Recipe, data: DigitData, seed: UInt64, threads: Int) throws {
        self.recipe = recipe
        self.seed = seed
        (training, validation, test) = try recipe.examples(of: data, seed: seed)
        graph = try recipe.graph()
        parameters = Parameters(graph, seed: seed)
        executor = try Executor(
            graph, parameters: parameters, mode: .training(recipe.optimizer),
            batchSize: min(recipe.batchSize, training.count), threads: threads, seed: seed)
        evaluator = try Evaluator(recipe, graph, parameters, threads: threads)
    }

    /// The plan of a recipe's training step, as a table.
    public static func planTable(of recipe: Recipe, threads: Int) throws(GraphError) -> String {
        let graph = try recipe.graph()
        return try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 0), mode: .training(recipe.optimizer),
            batchSize: recipe.batchSize, threads: threads
        ).planTable
    }

    /// Trains for all epochs of the recipe. Afterwards the parameters are those that the recipe's results belong to.
    ///
    /// - Parameters:
    ///   - onProgress: Called after every step, by any thread, one call at a time.
    ///   - onEpoch: Called after every epoch.
    /// - Throws: `TrainingError`, or what `onEpoch` throws.
    public func run(
        onProgress: @escaping @Sendable (TrainingProgress) -> Void = { _ in },
        onEpoch: (EpochResult) throws -> Void = { _ in }
    ) throws {
        let stepsPerEpoch = (training.count + recipe.batchSize - 1) / recipe.batchSize
        let schedule = recipe.schedule.steps(
            recipe.learningRate, stepsPerEpoch: stepsPerEpoch, epochs: max(recipe.epochs, 1))
        var best: (score: Double, weights: Safetensors)?
        for epoch in 1...max(recipe.epochs, 1) {
            let order = permutation(count: training.count, seed: seed, epoch: epoch)
            let batches = ImageBatches(
                training, order: order, batchSize: recipe.batchSize, firstStep: (epoch - 1) * stepsPerEpoch,
                recipe: recipe, augmentation: (seed, epoch))
            let sum = ResultSum(recipe)
            let start = DispatchTime.now()
            let (epochs, total) = (recipe.epochs, order.count)
            try executor.run(steps: batches.steps, from: batches, learningRate: schedule) { result in
                sum.add(result)
                onProgress(
                    TrainingProgress(
                        epoch: epoch, epochs: epochs, done: sum.count, total: total, trainLoss: sum.meanLoss,
                        seconds: secondsSince(start)))
            }
            let seconds = secondsSince(start)
            let lastStep = batches.steps.upperBound - 1
            let result = EpochResult(
                epoch: epoch, seconds: seconds, learningRate: schedule.rate(lastStep), training: sum.evaluation,
                validation: try validation.map(evaluator.evaluate), test: try evaluator.evaluate(test))
            // Weights that the last step took too far: no later step would see it.
            for (images, evaluation) in [("validation", result.validation), ("test", result.test)] {
                guard let evaluation, !evaluation.loss.isFinite else { continue }
                throw TrainingError.resultNotFinite(step: lastStep, place: "the loss of the \(images) images")
            }
            try onEpoch(result)
            if recipe.results == .best, result.score > best?.score ?? -1 {
                best = (result.score, try parameters.stateDictionary())
            }
        }
        if let best { try parameters.load(best.weights) }
    }

    /// The network's results on examples.
    public func evaluate(_ examples: Examples) throws -> Evaluation { try evaluator.evaluate(examples) }
}

private func secondsSince(_ start: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
}
