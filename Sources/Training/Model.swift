import Foundation
import LanesFiles
import LanesGraph
import LanesKernels
import Synchronization

/// A network that has been trained, with everything that using it takes: its graph, its parameters, its inputs'
/// normalization and its classes' names.
///
///     let model = try Model(contentsOf: url)
///     let answer = try model.predict(pixels)
///     print(answer.label, answer.probability)
///
/// Several threads may use it at the same time; each call gets memory of its own.
public final class Model: Sendable {
    /// The network, with its heads and their losses.
    public let graph: Graph
    /// Of each input.
    public let normalization: [Normalization]
    /// Of each head, the names of its classes; empty for a head that gives numbers.
    public let classes: [[String]]
    /// The file's other remarks.
    public let metadata: [String: String]
    private let weights: Parameters<Float>
    /// How many threads one sample can use. To hand work to another takes 20 to 50 µs, in which one does some 3 million
    /// multiply-adds, or fetches half a million weights. With two of them images of 110 million multiply-adds take 0.59
    /// to 0.78 of the time, of 1.8 million weights 0.74 to 0.88, and of 18 million multiply-adds 0.76 at one time and 1.4
    /// at another.
    private let usefulThreads: Int
    /// Executors that are not in use.
    private let idle = Mutex<[Idle]>([])

    private struct Idle {
        let executor: Executor<Float>
        let values: [String]
    }

    /// Puts the parts of a trained network together.
    ///
    /// - Parameters:
    ///   - graph: The network.
    ///   - parameters: Of this graph; the model keeps a copy.
    ///   - normalization: Of each input, or one for all.
    ///   - classes: Of each head the names of its classes; empty for a head that gives numbers.
    ///   - metadata: Remarks for the file.
    /// - Throws: `GraphError`, `SettingsError` or `ModelError` where they do not fit together.
    public convenience init(
        _ graph: Graph, _ parameters: Parameters<Float>, normalization: [Normalization] = [.none],
        classes: [[String]], metadata: [String: String] = [:]
    ) throws {
        try parameters.check(against: graph)
        guard classes.count == graph.heads.count else {
            throw ModelError("model", found: "classes of \(classes.count) heads", expected: "\(graph.heads.count)")
        }
        for (index, names) in classes.enumerated() {
            let count = graph.outputShape(ofHead: index).count
            guard names.isEmpty || names.count == count || (count == 1 && names.count == 2) else {
                throw ModelError(
                    "head \(graph.heads[index].name)", found: "\(names.count) classes",
                    expected: "\(count), one for each output")
            }
        }
        self.init(
            trusted: graph, parameters,
            normalization: try TrainingSettings(normalization: normalization).normalization(for: graph),
            classes: classes, metadata: metadata)
    }

    /// Parts that are known to fit together.
    init(
        trusted graph: Graph, _ parameters: Parameters<Float>, normalization: [Normalization], classes: [[String]],
        metadata: [String: String]
    ) {
        self.graph = graph
        weights = Parameters(copying: parameters)
        usefulThreads = 1 + max(graph.multiplyAdds / 25_000_000, graph.trainableCount / 1_500_000)
        (self.normalization, self.classes, self.metadata) = (normalization, classes, metadata)
    }

    /// A copy of the network's numbers, to look at, or to train on.
    public var parameters: Parameters<Float> { Parameters(copying: weights) }

    /// The network's answer to one sample.
    ///
    /// - Parameters:
    ///   - pixels: [height][width][channels], of the network's one input: bytes count as fractions of 255.
    ///   - values: Names of nodes whose outputs are wanted too.
    ///   - threads: How many may work on it, of which only a large network uses more than one; any number gives the same
    ///     answer. 1 suits a program that asks from all its threads at the same time.
    /// - Throws: `ModelError` for another number of pixels, `GraphError` for names that no node has, and
    ///   `TrainingError.outputNotFinite` for an answer that is infinite or NaN.
    // So that a list of whole numbers as it stands in a program means numbers and not bytes.
    @_disfavoredOverload
    public func predict(
        _ pixels: [UInt8], values: [String] = [], threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws -> Prediction {
        try predict(pixels.map { Float($0) / 255 }, values: values, threads: threads)
    }

    /// The network's answer to one sample.
    ///
    /// - Parameters:
    ///   - sample: [height][width][channels], as the dataset loaded samples that it was trained on, before
    ///     normalization.
    ///   - values: Names of nodes whose outputs are wanted too.
    ///   - threads: As for bytes.
    public func predict(
        _ sample: [Float], values: [String] = [], threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws -> Prediction {
        try predict(batch: [[sample]], values: values, threads: threads)[0]
    }

    /// The network's answers to several samples.
    ///
    /// - Parameters:
    ///   - samples: Of each sample, the network's one input.
    ///   - values: Names of nodes whose outputs are wanted too.
    ///   - threads: How many work on it; any number gives the same answers.
    public func predict(
        batch samples: [[Float]], values: [String] = [], threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws -> [Prediction] {
        try predict(batch: samples.map { [$0] }, values: values, threads: threads)
    }

    /// The network's answers to several samples.
    ///
    /// - Parameters:
    ///   - samples: Of each sample, every input in the graph's order.
    ///   - values: Names of nodes whose outputs are wanted too.
    ///   - threads: How many work on it; any number gives the same answers.
    public func predict(
        batch samples: [[[Float]]], values: [String] = [],
        threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws -> [Prediction] {
        guard !samples.isEmpty else { return [] }
        let size = samples.count == 1 ? 1 : graph.batchSize(atMost: 64)
        let threads = samples.count == 1 ? Swift.min(threads, usefulThreads) : threads
        try check(samples)
        let source = SampleBatches(samples: samples, normalization: normalization, batchSize: size)
        let executor = try executor(batchSize: size, threads: threads, values: values)
        let answers = Mutex<[Prediction]>([])
        try executor.run(steps: 0..<(samples.count + size - 1) / size, from: source) { [self] result in
            answers.withLock { answers in
                for sample in 0..<result.samples { answers.append(prediction(result, sample, values)) }
            }
        }
        idle.withLock { $0.append(Idle(executor: executor, values: values)) }
        let all = answers.withLock { $0 }
        for (index, answer) in all.enumerated() {
            for head in answer.heads where !head.output.allSatisfy(\.isFinite) {
                throw TrainingError.outputNotFinite(place: "the output of head \(head.name) for sample \(index)")
            }
        }
        return all
    }

    /// The network's results on a dataset.
    ///
    /// - Parameters:
    ///   - dataset: Samples of the shapes that the network takes.
    ///   - metrics: nil for what suits each head.
    ///   - threads: How many work on it; any number gives the same results.
    /// - Throws: `SettingsError` for a dataset that does not fit the network, `TrainingError` for a target that its
    ///   loss cannot take, and what the dataset throws.
    public func evaluate(
        _ dataset: any Dataset, metrics: [any Metric]? = nil,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws -> Evaluation {
        var settings = TrainingSettings()
        settings.metrics = metrics
        return try Evaluator(
            graph, weights, normalization: normalization, metrics: settings.chosenMetrics, threads: threads
        ).evaluate(dataset)
    }

    /// One that is idle, or a new one.
    private func executor(batchSize: Int, threads: Int, values: [String]) throws -> Executor<Float> {
        let found = idle.withLock { idle -> Executor<Float>? in
            let index = idle.firstIndex {
                $0.executor.batchSize == batchSize && $0.executor.threads == threads && $0.values == values
            }
            return index.map { idle.remove(at: $0).executor }
        }
        if let found { return found }
        return try Executor(
            graph, parameters: weights, mode: .prediction, batchSize: batchSize, threads: threads, values: values)
    }

    private func check(_ samples: [[[Float]]]) throws(ModelError) {
        let inputs = graph.inputs
        for (index, sample) in samples.enumerated() {
            guard sample.count == inputs.count else {
                throw ModelError(
                    "sample \(index)", found: "\(sample.count) inputs",
                    expected: "\(inputs.count): \(inputs.map(\.name).joined(separator: ", "))")
            }
            for (values, input) in zip(sample, inputs) where values.count != input.shape.count {
                throw ModelError(
                    "input \(input.name) of sample \(index)", found: "\(values.count) numbers",
                    expected: "\(input.shape.count) for \(input.shape)")
            }
        }
    }

    private func prediction(_ result: StepResult<Float>, _ sample: Int, _ values: [String]) -> Prediction {
        let heads = graph.heads.enumerated().map { index, head in
            Prediction.Head(
                name: head.name, classes: classes[index], answer: head.loss.answer,
                output: result.output(ofHead: index, sample: sample))
        }
        let kept = values.map { ($0, result.values(of: $0, sample: sample) ?? []) }
        return Prediction(heads: heads, values: Dictionary(kept, uniquingKeysWith: { first, _ in first }))
    }
}

/// Samples in memory, one batch after the other.
private struct SampleBatches: BatchSource {
    let samples: [[[Float]]]
    let normalization: [Normalization]
    let batchSize: Int

    func sampleCount(ofStep step: Int) -> Int { min(batchSize, samples.count - step * batchSize) }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
        let source = samples[step * batchSize + sample][input]
        for index in 0..<values.count { values[index] = source[index] }
        normalization[input].apply(to: &values)
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {}
}
