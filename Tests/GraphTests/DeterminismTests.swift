import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesGraph

/// A network with every kind of state: BatchNorm's averages, dropout's masks, several heads, and a long linear layer.
func twoHeadedNetwork() throws -> Graph {
    let image = Node.input("image", Shape(channels: 2, height: 9, width: 8))
    let trunk = image.conv2d(36, kernel: 3, padding: 1, name: "conv").batchNorm(name: "norm").relu(name: "relu")
    let features = trunk.dropout(0.25, name: "dropout").flatten().linear(10, name: "fc").relu()
    let pooled = trunk.maxPool(2).globalAveragePool()
    return try Graph(heads: [
        Head("digit", features.linear(5, name: "digit"), loss: .crossEntropy),
        Head("parity", pooled.linear(2, name: "parity").logSoftmax(), loss: .negativeLogLikelihood, weight: 0.3),
    ])
}

/// A network with the layers that the other one lacks.
func variedNetwork() throws -> Graph {
    let image = Node.input("image", Shape(channels: 4, height: 6, width: 6))
    let grouped = image.conv2d(6, kernel: 3, padding: .same(kernel: 3), groups: 2).groupNorm(3).gelu()
    let gate = grouped.conv2d(6, kernel: 3, padding: 1, groups: 6).sigmoid()
    let small = grouped.multiply(gate).averagePool(3, stride: 2, padding: 1, countIncludePad: false).layerNorm()
    let large = small.convTranspose2d(3, kernel: 2, stride: 2).leakyReLU()
    let joined = large.concat(small.upsample(by: 2, interpolation: .bilinear), grouped.silu())
    let turned = joined.maxPool(2, ceilMode: true).reshape(Shape(channels: 9, height: 15)).elu()
    let vector = turned.flatten().batchNorm().tanh().linear(7)
    return try Graph(heads: [
        Head("class", vector.linear(4), loss: .crossEntropy(classWeights: [1, 2, 0.5, 3], ignoreIndex: 1)),
        Head("values", vector, loss: .huber(), weight: 0.5),
        Head("image", large.scaled(by: 0.5), loss: .binaryCrossEntropy),
    ])
}

/// Everything that lasts from step to step, bit by bit, and the losses that were seen on the way.
struct TrainedState: Equatable {
    var weights: [UInt32] = []
    var state: [UInt32] = []
    var moments: [[UInt32]] = []
    var losses: [UInt64] = []

    init() {}

    init(_ executor: Executor<Float>, losses: [UInt64] = []) {
        weights = executor.parameters.weights.map(\.bitPattern)
        state = executor.parameters.state.map(\.bitPattern)
        moments = executor.moments.map { $0.map(\.bitPattern) }
        self.losses = losses
    }
}

extension TrainedState: CustomTestStringConvertible {
    var testDescription: String { "a state of \(weights.count) weights" }
}

@Suite struct DeterminismTests {
    /// Trains from the start, going through `runs` one after the other; every third batch is ragged.
    private func train(
        threads: Int, runs: [Range<Int>] = [0..<20], optimizer: Optimizer = .adam(), seed: UInt64 = 1,
        graph: Graph? = nil
    ) throws -> TrainedState {
        let graph = try graph ?? twoHeadedNetwork()
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: seed), mode: .training(optimizer), batchSize: 20,
            threads: threads, seed: seed)
        let losses = Mutex<[UInt64]>([])
        for steps in runs {
            try executor.run(
                steps: steps, from: RandomBatches<Float>(graph) { $0 % 3 == 2 ? 7 : 20 }, learningRate: .constant(1e-2),
                report: { result in losses.withLock { $0.append(result.loss.bitPattern) } })
        }
        return TrainedState(executor, losses: losses.withLock { $0 })
    }

    @Test(.namingCases)
    static func sameBitsForEveryNumberOfThreadsCases() {
        forEach([
            Optimizer.adam(), .adamW(weightDecay: 0.1).clipping(norm: 0.1), .sgd(momentum: 0.9),
            .sgd(momentum: 0.9, nesterov: true, weightDecay: 0.01).averaging(decay: 0.9), .rmsProp(momentum: 0.5),
            .adam().freezing("conv.*").scalingRate(of: "fc.*", by: 2),
        ]) { try Self().sameBitsForEveryNumberOfThreads(optimizer: $0) }
    }

    func sameBitsForEveryNumberOfThreads(optimizer: Optimizer) throws {
        let alone = try train(threads: 1, optimizer: optimizer)
        #expect(alone.losses.count == 20)
        for threads in [1, 2, 3, 8] { #expect(try train(threads: threads, optimizer: optimizer) == alone) }
        #expect(try train(threads: 1, optimizer: optimizer, seed: 2) != alone)
    }

    @Test func sameBitsForEveryNumberOfThreadsWithEveryLayer() throws {
        let (graph, optimizer) = (try variedNetwork(), Optimizer.adam().clipping(norm: 1))
        let alone = try train(threads: 1, optimizer: optimizer, graph: graph)
        #expect(alone.losses.count == 20 && Set(alone.losses).count == 20)
        for threads in [1, 2, 3, 8] {
            #expect(try train(threads: threads, optimizer: optimizer, graph: graph) == alone)
        }
    }

    @Test(.namingCases)
    func aRunInPiecesIsTheWholeRun() {
        forEach([1, 3]) { threads in
            let whole = try train(threads: threads)
            #expect(try train(threads: threads, runs: [0..<10, 10..<20]) == whole)
            #expect(try train(threads: threads, runs: [0..<1, 1..<1, 1..<19, 19..<20]) == whole)
        }
    }

    /// A plan with room for more samples cuts the batch into other groups, whose sums are rounded in another order.
    @Test(.namingCases)
    func aRaggedBatchIsABatchOfItsSize() {
        forEach([8, 16, 40]) { batchSize in
            let graph = try twoHeadedNetwork()
            func gradients(batchSize: Int) throws -> [(name: String, values: [Double])] {
                let executor = try Executor(
                    graph, parameters: Parameters<Double>(graph, seed: 1), mode: .training(nil), batchSize: batchSize,
                    threads: 2, inputGradients: true)
                let batches = RandomBatches<Double>(graph) { $0 == 0 ? batchSize : 7 }
                // The full batch first: what it leaves in memory must not be seen by the ragged one.
                try executor.run(steps: 0..<2, from: batches)
                let inputs = executor.gradient(ofInput: 0).prefix(7 * 2 * 9 * 8)
                return graph.parameters.compactMap { name, _ in executor.gradient(of: name).map { (name, $0) } }
                    + [("image", Array(inputs))]
            }
            let expected = try gradients(batchSize: 7)
            let found = try gradients(batchSize: batchSize)
            #expect(found.map(\.name) == expected.map(\.name))
            for (found, expected) in zip(found, expected) {
                let greatest = expected.values.map(abs).max() ?? 0
                // A sum over all positions of 7 samples, in two orders, at each of about 8 layers.
                let tolerance = Double(2 * 7 * 9 * 8 * 8) * 0x1p-53 * max(greatest, 1e-3)
                #expect(found.values.count == expected.values.count)
                let worst = zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst <= tolerance, "\(found.name)")
            }
        }
    }

    /// Nothing of one batch may reach the next: a step comes out the same whatever ran before it.
    @Test func aStepForgetsTheOneBefore() throws {
        let graph = try twoHeadedNetwork()
        func gradients(after steps: [Range<Int>]) throws -> [[UInt32]] {
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(nil), batchSize: 9, threads: 2)
            for steps in steps { try executor.run(steps: steps, from: RandomBatches<Float>(graph, size: 9)) }
            return graph.parameters.compactMap { executor.gradient(of: $0.name)?.map(\.bitPattern) }
        }
        #expect(try gradients(after: [5..<6]) == gradients(after: [0..<6]))
        #expect(try gradients(after: [5..<6]) != gradients(after: [6..<7]))
    }

    /// Shared memory and rectifiers behind pools must not change a bit of a graph's outputs and gradients.
    @Test(.namingCases)
    static func theArrangedPlanGivesTheBitsOfThePlainOneCases() {
        forEach(NetworkGradientTests.networks) { try Self().theArrangedPlanGivesTheBitsOfThePlainOne(network: $0) }
    }

    func theArrangedPlanGivesTheBitsOfThePlainOne(network: NetworkGradientTests.Network) throws {
        let graph = try Graph(heads: network.outputs.enumerated().map { $1.projected("head\($0)") })
        func results(keepsEverything: Bool) throws -> [[UInt32]] {
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(nil), batchSize: 5, threads: 1,
                seed: 3, inputGradients: true, keepsEverything: keepsEverything)
            try executor.run(steps: 0..<1, from: RandomBatches<Float>(graph, size: 5))
            let outputs = graph.heads.indices.map { executor.output(ofHead: $0) }
            let inputs = graph.inputs.indices.map { executor.gradient(ofInput: $0) }
            let parameters = graph.parameters.compactMap { executor.gradient(of: $0.name) }
            return (outputs + inputs + parameters).map { $0.map(\.bitPattern) }
        }
        #expect(try results(keepsEverything: false) == results(keepsEverything: true))
    }

    /// What the backward pass reads of an output, or somebody after the step, is not overwritten; all else is.
    @Test func onlyWhatNobodyReadsIsOverwritten() throws {
        func isInPlace(_ node: Node, readNodes: [String] = []) throws -> Bool {
            let graph = try Graph(heads: [node.linear(2, name: "last").projected()])
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(nil), batchSize: 2, threads: 1,
                values: readNodes)
            let nodes = executor.builder.nodes
            return nodes[nodes.count - 2].output == nodes[nodes.count - 3].output
        }
        let x = Node.input("x", Shape(channels: 4))
        #expect(try isInPlace(x.linear(3, name: "fc").dropout(0.5)))
        #expect(try !isInPlace(x.linear(3, name: "fc").dropout(0.5), readNodes: ["fc"]))
        #expect(try isInPlace(x.linear(3).dropout(0.5).relu()))
        #expect(try isInPlace(x.linear(3).sigmoid()))
        #expect(try !isInPlace(x.linear(3).gelu()))
        for layer in [x.linear(3).relu(), x.linear(3).sigmoid(), x.softmax(), x.logSoftmax(), x.elu()] {
            #expect(try !isInPlace(layer.dropout(0.5)), "\(layer.layer.kind)")
            #expect(try !isInPlace(layer.flatten().dropout(0.5)), "\(layer.layer.kind)")
        }
        #expect(try !isInPlace(x.dropout(0.5)))
    }

    @Test func aRectifierThatOnlyAMaxPoolReadsMovesBehindIt() throws {
        func kinds(_ node: Node) throws -> [String] {
            try Graph(heads: [node.projected()]).withRectifiersAfterPools(readNodes: []).members.map(\.node.layer.kind)
        }
        let x = Node.input("x", Shape(channels: 1, height: 4, width: 4))
        let rectified = x.conv2d(2, kernel: 1).relu()
        #expect(try kinds(rectified.maxPool(2)) == ["input", "conv2d", "maxPool", "relu"])
        #expect(try kinds(rectified.averagePool(2)) == ["input", "conv2d", "relu", "averagePool"])
        let both = rectified.maxPool(1).add(rectified)
        #expect(try kinds(both) == ["input", "conv2d", "relu", "maxPool", "add"])
    }
}
