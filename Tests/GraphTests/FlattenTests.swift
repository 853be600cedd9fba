import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// Vectors that were images are in PyTorch's order, [channels][height][width], for whoever can tell.
@Suite struct FlattenTests {
    private static let shape = Shape(channels: 3, height: 2, width: 2)

    /// Number p of PyTorch's order of a sample that lies channels last.
    private func place(_ p: Int, channels: Int = 3, positions: Int = 4) -> Int {
        p % positions * channels + p / positions
    }

    /// The sample 0, 1, … in memory's order through a graph.
    private func output(
        of node: Node, parameters change: (Parameters<Double>) throws -> Void = { _ in }
    ) throws -> [Double] {
        try GraphTests.output(of: node, input: (0..<12).map(Double.init), parameters: change)
    }

    private func labels(_ node: Node) throws -> [String] {
        let graph = try Graph(heads: [node.projected()])
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(nil), batchSize: 1, threads: 1)
        return executor.builder.operations.map(\.label)
    }

    @Test(.namingCases)
    static func anOutputIsInPyTorchsOrderCases() {
        forEach(["alone", "relu", "scaled, relu", "flattened twice", "reshape"]) {
            try Self().anOutputIsInPyTorchsOrder(of: $0)
        }
    }

    func anOutputIsInPyTorchsOrder(of layers: String) throws {
        let x = Node.input("x", Self.shape)
        let node =
            switch layers {
            case "relu": x.flatten().relu()
            case "scaled, relu": x.scaled(by: 1).flatten().scaled(by: 1).relu()
            case "flattened twice": x.flatten().flatten()
            case "reshape": x.reshape(Shape(channels: 12))
            default: x.flatten()
            }
        #expect(try output(of: node) == (0..<12).map { Double(place($0)) })
    }

    @Test func reshapesReadAndWriteInPyTorchsOrder() throws {
        let x = Node.input("x", Self.shape)
        let image = try output(of: x.reshape(Shape(channels: 2, height: 3, width: 2)))
        for p in 0..<12 { #expect(image[place(p, channels: 2, positions: 6)] == Double(place(p))) }
        #expect(
            try output(of: x.reshape(Shape(channels: 4, height: 3)).reshape(Self.shape)) == (0..<12).map(Double.init))
    }

    /// The old fault: a batch normalization behind a flatten had its parameters in the order of memory.
    @Test(arguments: [true, false], [true, false])
    func aNormalizationHasParametersInPyTorchsOrder(isRectified: Bool, isRead: Bool) throws {
        let flat = Node.input("x", Self.shape).flatten()
        let normalized = (isRectified ? flat.relu() : flat).batchNorm(epsilon: 1, name: "norm")
        let node = isRead ? normalized.linear(12, bias: false, name: "same") : normalized
        let means = (0..<12).map { 0.25 * Double($0) }
        let found = try output(of: node) { parameters in
            try parameters.set("norm.bias", to: (0..<12).map { 100 * Double($0) })
            try parameters.set("norm.running_mean", to: means)
            try parameters.set("norm.running_var", to: Array(repeating: 3, count: 12))
            if isRead { try parameters.set("same.weight", to: (0..<144).map { $0 % 13 == 0 ? 1 : 0 }) }
        }
        #expect(found == (0..<12).map { (Double(place($0)) - means[$0]) / 2 + 100 * Double($0) })
    }

    @Test func layerNormHasParametersInPyTorchsOrder() throws {
        let node = Node.input("x", Self.shape).layerNorm(name: "norm")
        let biases = (0..<12).map { 100 * Double($0) }
        let found = try output(of: node) {
            try $0.set("norm.weight", to: Array(repeating: 0, count: 12))
            try $0.set("norm.bias", to: biases)
        }
        for p in 0..<12 { #expect(found[place(p)] == biases[p]) }
        let graph = try Graph(heads: [node.projected()])
        #expect(try Parameters<Float>(graph, seed: 1).shape(of: "norm.weight") == [3, 2, 2])
    }

    /// A pointwise layer of somebody's own, which knows nothing of how a vector lies.
    private struct Doubled: Layer {
        var isPointwise: Bool { true }

        func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { Shape(channels: inputs[0].channels) }

        func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
            let (x, y) = (node.inputs[0], node.output)
            plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
                let input = item.read(x)
                var output = item.write(y)
                for index in input.indices { output[index] = 2 * input[index] }
            }
        }

        func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    }

    @Test(.namingCases)
    func aLinearLayerReadsThemInPyTorchsOrder() {
        forEach(["alone", "relu, dropout", "somebody's own"]) { layers in
            let flat = Node.input("x", Self.shape).flatten()
            let (node, factor) =
                switch layers {
                case "relu, dropout": (flat.relu().dropout(0.5), 1.0)
                case "somebody's own": (flat.apply(Doubled()), 2.0)
                default: (flat, 1.0)
                }
            let weights = (0..<24).map { 1 / (1 + Double($0)) }
            let found = try output(of: node.linear(2, bias: false, name: "fc")) { try $0.set("fc.weight", to: weights) }
            for row in 0..<2 {
                let expected = (0..<12).reduce(0) { $0 + factor * weights[row * 12 + $1] * Double(place($1)) }
                #expect(abs(found[row] - expected) < 12 * 0x1p-53 * 100)
            }
        }
    }

    @Test func nothingMovesWhereNobodyCanTell() throws {
        let conv = Node.input("x", Self.shape).conv2d(5, kernel: 1)
        #expect(try !labels(conv.flatten().relu().dropout(0.5).linear(3)).contains { $0.hasPrefix("flatten1") })
        #expect(try !labels(conv.flatten().linear(3)).contains { $0.hasPrefix("flatten1") })
        #expect(try labels(conv.flatten().batchNorm()).contains("flatten1 forward"))
        #expect(try labels(conv.flatten().relu().softmax().linear(3)).contains("flatten1 forward"))
        let one = Node.input("y", Shape(channels: 1, height: 2, width: 3)).conv2d(1, kernel: 1)
        #expect(try !labels(one.flatten().batchNorm()).contains { $0.hasPrefix("flatten1") })
        #expect(
            try !labels(one.reshape(Shape(channels: 1, height: 3, width: 2)).relu()).contains {
                $0.hasPrefix("reshape1")
            })
        #expect(try labels(conv.reshape(Shape(channels: 4, height: 5)).relu()).contains("reshape1 forward"))
    }
}
