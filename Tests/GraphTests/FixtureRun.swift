import LanesKernels
import LanesGraph
import LanesFiles
import Synchronization
import Testing

/// The scalars that fixtures are compared in.
typealias FixtureScalar = KernelScalar & SafetensorsElement

/// Steps of a graph on given inputs, whose samples stand one after the other, batch after batch.
final class FixtureRun<Scalar: FixtureScalar> {
    let parameters: Parameters<Scalar>
    let executor: Executor<Scalar>
    private let source: FixtureSource<Scalar>
    private let log = FixtureLog()

    /// - Parameters:
    ///   - inputs: By the names of the graph's inputs.
    ///   - targets: Of every head; labels have the shape [samples].
    ///   - values: Parameters that do not keep their initial numbers.
    ///   - batchSize: All samples, unless given.
    init(
        _ heads: [Head], inputs: [String: FixtureTensor], targets: [FixtureTensor], values: [String: [Double]] = [:],
        mode: Executor<Scalar>.Mode = .training(.sgd()), batchSize: Int? = nil
    ) throws {
        let graph = try Graph(heads: heads)
        parameters = try Parameters(graph, seed: 1)
        for (name, numbers) in values { try parameters.set(name, to: numbers.map { Scalar($0) }) }
        let tensors = try graph.inputs.map { input in
            let tensor = try #require(inputs[input.name])
            try #require(tensor.sample == input.shape)
            return tensor
        }
        let batchSize = try batchSize ?? #require(tensors.first?.shape.first)
        source = FixtureSource(
            samples: batchSize, inputs: tensors.map(FixtureSource.Column.init),
            targets: targets.map(FixtureSource.Column.init))
        executor = try Executor(
            graph, parameters: parameters, mode: mode, batchSize: batchSize, threads: 2, inputGradients: true)
    }

    /// Runs one step more. With a rate of 0 the parameters stay, and running averages follow.
    func step(_ number: Int = 0, learningRate: Double = 0) throws {
        try executor.run(
            steps: number..<number + 1, from: source, learningRate: .constant(learningRate),
            report: { [log, count = executor.graph.heads.count] result in
                let heads = (0..<count).map { result.loss(ofHead: $0) }
                log.losses.withLock { $0 = (result.loss, heads) }
            })
    }

    /// The weighted loss of the last step, and each head's.
    var losses: (total: Double, heads: [Double]) { log.losses.withLock { $0 } }

    /// - Parameter sample: The output's shape.
    func output(head: Int = 0, _ sample: Shape) -> [Double] { channelsFirst(executor.output(ofHead: head), sample) }

    func gradient(ofInput name: String) throws -> [Double] {
        let index = try #require(executor.graph.inputs.firstIndex { $0.name == name })
        return channelsFirst(executor.gradient(ofInput: index), executor.graph.inputs[index].shape)
    }

    func gradient(of parameter: String) throws -> [Double] {
        try #require(executor.gradient(of: parameter)).map { Double($0) }
    }

    func shape(of parameter: String) throws -> [Int] { try #require(parameters.shape(of: parameter)) }

    func values(_ parameter: String) throws -> [Double] { try #require(parameters[parameter]).map { Double($0) } }
}

private final class FixtureLog: Sendable {
    let losses = Mutex<(total: Double, heads: [Double])>((.nan, []))
}

private struct FixtureSource<Scalar: FixtureScalar>: BatchSource {
    /// Samples one after the other.
    struct Column {
        let values: [Scalar]
        let size: Int

        init(_ tensor: FixtureTensor) { (values, size) = (tensor.channelsLast(), tensor.sample.count) }

        func write(_ sample: Int, into span: inout MutableSpan<Scalar>) {
            for index in span.indices { span[index] = values[sample * size + index] }
        }
    }

    let samples: Int
    let inputs: [Column]
    let targets: [Column]

    func sampleCount(ofStep step: Int) -> Int { samples }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Scalar>) {
        inputs[input].write(step * samples + sample, into: &values)
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Scalar>) {
        targets[head].write(step * samples + sample, into: &values)
    }
}
