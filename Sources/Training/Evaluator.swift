import LanesGraph
import LanesKernels

/// Runs a network on datasets without changing it.
package final class Evaluator {
    private let graph: Graph
    private let normalization: [Normalization]
    private let metrics: [any Metric]
    private let executor: Executor<Float>

    /// - Parameters:
    ///   - parameters: Of this graph; they may change between evaluations.
    ///   - normalization: Of each input.
    package init(
        _ graph: Graph, _ parameters: Parameters<Float>, normalization: [Normalization], metrics: [any Metric],
        threads: Int
    ) throws(GraphError) {
        (self.graph, self.normalization, self.metrics) = (graph, normalization, metrics)
        executor = try Executor(
            graph, parameters: parameters, mode: .inference, batchSize: graph.batchSize(atMost: 1000), threads: threads)
    }

    /// The network's results on the samples as they are: no transforms, no dropout.
    ///
    /// - Parameter onProgress: Called with the number of samples that are done, by any thread, one call at a time.
    /// - Throws: What the dataset throws, and `TrainingError` for a target that its loss cannot take.
    package func evaluate(
        _ dataset: any Dataset, onProgress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> Evaluation {
        try graph.check(dataset)
        let batches = DatasetBatches(
            dataset, order: Array(0..<dataset.count), batchSize: executor.batchSize, firstStep: 0,
            normalization: normalization)
        let sum = ResultSum(graph, metrics)
        try executor.run(steps: batches.steps, from: batches) { result in
            sum.add(result, samples: batches.samples(ofStep: result.step))
            onProgress(sum.count)
        }
        return sum.evaluation
    }
}

extension Graph {
    /// So many samples, or fewer where they are large: without gradients, a batch takes about a gigabyte at most.
    func batchSize(atMost most: Int) -> Int {
        let numbers = members.reduce(1) { $0 + $1.shape.count }
        return min(most, max(1, (1 << 28) / numbers))
    }
}
