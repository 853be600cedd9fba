import Kernels
import StaticGraph

/// Runs a recipe's network on examples without changing it.
public final class Evaluator {
    private let recipe: Recipe
    private let executor: Executor<Float>

    private static let batchSize = 1000

    /// - Parameters:
    ///   - parameters: Of this graph; they may change between evaluations.
    public init(_ recipe: Recipe, _ graph: Graph, _ parameters: Parameters<Float>, threads: Int) throws(GraphError) {
        self.recipe = recipe
        executor = try Executor(
            graph, parameters: parameters, mode: .inference, batchSize: Self.batchSize, threads: threads)
    }

    /// The network's results on the examples as they are: no augmentation, no dropout.
    public func evaluate(_ examples: Examples) throws(TrainingError) -> Evaluation {
        let batches = ImageBatches(
            examples, order: Array(0..<examples.count), batchSize: Self.batchSize, firstStep: 0, recipe: recipe)
        let sum = ResultSum(recipe)
        try executor.run(steps: batches.steps, from: batches) { result in
            sum.add(result, examples: batches.examples(ofStep: result.step))
        }
        return sum.evaluation
    }
}
