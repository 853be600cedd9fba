import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// Networks whose nodes have several readers, or may share memory, or are rearranged before they are planned.
@Suite struct NetworkGradientTests {
    private static let x = Node.input("x", Shape(channels: 3, height: 6, width: 5))
    private static let vector = Node.input("v", Shape(channels: 6))

    /// Outputs that are all projected, each by a direction of its own.
    struct Network: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let outputs: [Node]

        init(_ name: String, _ outputs: Node...) {
            testDescription = name
            self.outputs = outputs
        }
    }

    static let networks: [Network] = [
        fanOut, residualBlock, threeReadersOfReLU, pooledAndRead,
        Network("relu of a node that others read", conv.relu().flatten().linear(3), conv.averagePool(2)),
        Network("relu of a node that is an output", conv, conv.relu().flatten().linear(3)),
        Network("relu in place, flatten, linear", conv.relu().flatten().linear(3)),
        Network("relu, flatten, relu, linear", conv.relu().flatten().relu().linear(3)),
        Network("flatten of an input, relu", x.flatten().relu().linear(3)),
        Network("flatten of an input that others read", x.flatten().linear(3), x.conv2d(2, kernel: 2)),
        Network("flatten that others read, dropout", flat.dropout(0.5).linear(3), flat.linear(2)),
        Network("flatten that is an output and read", flat, flat.relu().linear(2)),
        Network("flatten of a node that others read", conv.flatten().relu().linear(3), conv.maxPool(2)),
        Network("flatten in the end", conv.flatten()),
        Network("relu, maxPool swapped", conv.relu().maxPool(2)),
        Network("relu, overlapping maxPool swapped", conv.relu().maxPool(3, stride: 1, padding: 1).flatten().linear(2)),
        Network("relu, two maxPools", rectified.maxPool(2), rectified.maxPool(3)),
        Network("relu, maxPool, relu is an output", rectified, rectified.maxPool(2)),
        Network("relu of the input, maxPool", x.relu().maxPool(2).flatten().linear(3)),
        Network("relu, maxPool, relu, maxPool", conv.relu().maxPool(2).relu().maxPool(2, stride: 1)),
        Network("relu, dropout", conv.relu().dropout(0.3).flatten().linear(3)),
        Network("dropout, relu", conv.dropout(0.3).relu().flatten().linear(3)),
        Network("dropout, dropout", vector.linear(5).dropout(0.3).dropout(0.2).linear(3)),
        Network("batchNorm, relu, maxPool", conv.batchNorm().relu().maxPool(2).flatten().linear(3)),
        Network("batchNorm, relu, batchNorm", vector.linear(5).batchNorm().relu().batchNorm().linear(2)),
        Network("batchNorm that others read", normalized.relu().conv2d(2, kernel: 2), normalized.globalAveragePool()),
        Network("softmax that others read", soft.linear(3), soft.logSoftmax(), soft),
        Network("add of a node to itself", conv.add(conv).relu().flatten().linear(2)),
        Network("add of a relu to itself", rectified.add(rectified).maxPool(2)),
        Network("add of a node and its relu", conv.add(conv.relu())),
        Network("add of an output and a relu", conv.relu().add(conv).relu(), conv),
        Network("add, dropout, add", vector.linear(6).add(vector).dropout(0.5).add(vector).linear(2)),
        Network("two layers of an input", vector.linear(3), vector.linear(2).relu()),
        Network("sigmoid, scaled", conv.sigmoid().scaled(by: 2, plus: 1).flatten().linear(3)),
        Network("softmax, dropout", vector.linear(4).softmax().dropout(0.3).linear(2)),
        Network("dropout, sigmoid, dropout", vector.linear(4).dropout(0.3).sigmoid().dropout(0.3).linear(2)),
        Network("scaled, gelu", conv.scaled(by: 2).gelu().flatten().linear(2)),
        Network("gelu of a flatten", conv.flatten().gelu().linear(2)),
        Network("multiply of a node and its relu", conv.multiply(conv.relu())),
        Network("concat of a node, its relu and itself", conv.concat(conv.relu(), conv).globalAveragePool()),
        Network("groupNorm, relu, layerNorm", conv.groupNorm(5).relu().layerNorm().averagePool(2)),
        Network("layerNorm that others read", layered.relu().linear(2), layered.tanh()),
        Network(
            "upsample of a node that others read",
            small.upsample(to: Extent(height: 6, width: 5), interpolation: .bilinear).add(conv), small.relu()),
        Network("reshape as a view, relu", vector.linear(6).reshape(Shape(channels: 1, height: 2, width: 3)).relu()),
        Network("reshape that is an output and read", turned, turned.relu().conv2d(1, kernel: 1)),
        Network("flatten twice", conv.flatten().flatten().relu().linear(2)),
        Network("flatten, linear and add", flat.linear(3), flat.add(flat.relu())),
        Network("an output twice", vector.linear(3), vector.linear(3).flatten().linear(2)),
    ]

    private static let conv = x.conv2d(5, kernel: 3, padding: 1)
    private static let rectified = x.conv2d(4, kernel: 2).relu()
    private static let normalized = x.conv2d(3, kernel: 3).batchNorm()
    private static let flat = x.conv2d(2, kernel: 3).flatten()
    private static let layered = vector.linear(4).layerNorm()
    private static let small = x.maxPool(Extent(height: 2, width: 1)).conv2d(5, kernel: 1).upsample(
        to: Extent(height: 3, width: 3))
    private static let turned = vector.linear(6).reshape(Shape(channels: 1, height: 2, width: 3))
    private static let soft = vector.linear(4).softmax()

    private static var fanOut: Network {
        let a = x.conv2d(4, kernel: 3)
        return Network("conv, relu and pool of one node", a.conv2d(3, kernel: 2), a.relu(), a.maxPool(2))
    }

    private static var threeReadersOfReLU: Network {
        let a = x.conv2d(4, kernel: 3).relu()
        return Network("conv, relu and pool of one relu", a.conv2d(3, kernel: 2), a.relu(), a.maxPool(2))
    }

    private static var pooledAndRead: Network {
        let a = x.conv2d(4, kernel: 3).relu()
        let sum = a.add(a.conv2d(4, kernel: 1))
        return Network("relu read by maxPool and add", a.maxPool(2, stride: 1, padding: 1), sum)
    }

    private static var residualBlock: Network {
        let stem = x.conv2d(4, kernel: 3, padding: 1).batchNorm().relu()
        let inner = stem.conv2d(4, kernel: 3, padding: 1).batchNorm().relu()
        let branch = inner.conv2d(4, kernel: 3, padding: 1).batchNorm()
        return Network("residual block", branch.add(stem).relu().globalAveragePool().linear(3))
    }

    @Test(.namingCases)
    static func networkCases() {
        forEach(networks) { try Self().network($0) }
    }

    func network(_ network: Network) throws {
        let heads = network.outputs.enumerated().map { $1.projected("head\($0)", weight: [1, 0.7, 2.5][$0]) }
        try expectCorrectGradients(heads, samples: 2)
    }

    @Test func severalWeightedHeads() throws {
        let trunk = Self.x.conv2d(4, kernel: 3).relu().maxPool(2).flatten().linear(7).relu()
        try expectCorrectGradients([
            Head("digit", trunk.linear(10), loss: .crossEntropy),
            Head("group", trunk.linear(3).logSoftmax(), loss: .negativeLogLikelihood, weight: 0.3),
            Head("parity", trunk.dropout(0.2).linear(2), loss: .crossEntropy, weight: 2),
        ])
    }

    @Test func headsOnOneNodeAddUp() throws {
        let logits = Self.vector.linear(4)
        try expectCorrectGradients([
            Head("one", logits, loss: .crossEntropy), Head("same", logits, loss: .crossEntropy, weight: 0.5),
            Head("log", logits.logSoftmax(), loss: .negativeLogLikelihood, weight: 0.25), logits.projected(),
        ])
    }

    @Test func aHeadOnAnInnerNode() throws {
        let inner = Self.vector.linear(5).relu()
        try expectCorrectGradients([
            Head("inner", inner, loss: .crossEntropy, weight: 0.4),
            Head("outer", inner.linear(3), loss: .crossEntropy),
        ])
    }

    @Test func aHeadOfNoWeightTrainsNothing() throws {
        let inner = Self.vector.linear(5)
        try expectCorrectGradients([
            Head("silent", inner.linear(2, name: "silent"), loss: .crossEntropy, weight: 0),
            Head("outer", inner.linear(3), loss: .crossEntropy),
        ])
    }

    @Test func severalInputs() throws {
        let a = Self.x.conv2d(2, kernel: 3).flatten().linear(6)
        try expectCorrectGradients([Head("sum", a.add(Self.vector).relu().linear(3), loss: .crossEntropy)])
    }

    /// The recipes' kind of network, small.
    @Test func aWholeNetwork() throws {
        let features = Node.input("x", Shape(channels: 1, height: 8, width: 8))
            .conv2d(3, kernel: 3, padding: 1, name: "conv1").relu().maxPool(2)
            .conv2d(5, kernel: 3, padding: 1, name: "conv2").relu().maxPool(2)
        let logits = features.flatten().linear(9, name: "fc1").relu().linear(4, name: "fc2").logSoftmax()
        try expectCorrectGradients([Head("digit", logits, loss: .negativeLogLikelihood)], samples: 4)
    }
}
