import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// A mistake in a graph is found when the graph is made, and told in one line: which node, what it got, what it needs.
@Suite struct GraphErrorTests {
    private static let image = Node.input("image", Shape(channels: 3, height: 5, width: 6))
    private static let vector = Node.input("vector", Shape(channels: 4))

    /// A graph that cannot be made, and what is said of it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let message: String
        let heads: [Head]
        var testDescription: String { message }

        init(_ message: String, _ heads: [Head]) { (self.message, self.heads) = (message, heads) }

        /// The output goes on to a vector, so that only the mistake is wrong.
        init(_ message: String, _ output: Node) {
            self.init(message, [Head("class", output.globalAveragePool(), loss: .crossEntropy)])
        }
    }

    static let mistakes: [Mistake] = [
        Mistake(
            "conv2d1: got an image of 5×6, needs at least 6×6 with its padding, for kernel 6×6 (it is 5×6)",
            image.conv2d(2, kernel: 6)),
        Mistake(
            "wide: got an image of 5×6, needs at least 9×9 with its padding, for kernel 5×5 pad 1×1 dilation 2×2 (it is 7×8)",
            image.conv2d(2, kernel: 5, padding: 1, dilation: 2, name: "wide")),
        Mistake(
            "maxPool1: got an image of 5×6, needs at least 2×7 with its padding, for kernel 2×7 stride 2×7 (it is 5×6)",
            image.maxPool(Extent(height: 2, width: 7))),
        Mistake(
            "averagePool1: got an image of 5×6, needs at least 6×1 with its padding, for kernel 6×1 (it is 5×6)",
            image.averagePool(Extent(height: 6, width: 1), stride: 1)),
        Mistake("maxPool1: got padding 2×2, needs at most half of the kernel 3×3", image.maxPool(3, padding: 2)),
        // A Float holds the number of the tap that a gradient goes to.
        Mistake(
            "globalMaxPool1: got a kernel of 4097×4096, needs at most 16777216 taps",
            Node.input("image", Shape(channels: 1, height: 4097, width: 4096)).globalMaxPool()),
        Mistake(
            "averagePool1: got padding 0×2, needs at most half of the kernel 3×3",
            image.averagePool(3, padding: Padding(height: 0, width: 2))),
        Mistake(
            "conv2d1: got 0×0, needs kernel, stride and dilation of 1 or more, padding of 0 or more",
            image.conv2d(2, kernel: 0)),
        Mistake(
            "conv2d1: got 2×2 stride 1×0, needs kernel, stride and dilation of 1 or more, padding of 0 or more",
            image.conv2d(2, kernel: 2, stride: Extent(height: 1, width: 0))),
        Mistake(
            "conv2d1: got 2×2 dilation 0×0, needs kernel, stride and dilation of 1 or more, padding of 0 or more",
            image.conv2d(2, kernel: 2, dilation: 0)),
        Mistake(
            "maxPool1: got 2×2 stride 2×2 pad -1×-1, needs kernel, stride and dilation of 1 or more, padding of 0 or more",
            image.maxPool(2, padding: -1)),
        Mistake(
            "averagePool1: got 0×2 stride 0×2, needs kernel, stride and dilation of 1 or more, padding of 0 or more",
            image.averagePool(Extent(height: 0, width: 2))),
        Mistake("conv2d1: got 0 channels, needs 1 or more", image.conv2d(0, kernel: 1)),
        Mistake("linear1: got 0 features, needs 1 or more", vector.linear(0)),
        Mistake("linear1: got an image of 3×5×6, needs a vector: flatten() it first", image.linear(2)),
        Mistake(
            "add1: got 3×5×6 and 2×5×6, needs two values of one shape", image.add(image.conv2d(2, kernel: 1))),
        Mistake("join: got 4 and 5, needs two values of one shape", vector.add(vector.linear(5), name: "join")),
        Mistake("dropout1: got a probability of 1.0, needs one in [0, 1)", vector.dropout(1)),
        Mistake("dropout1: got a probability of -0.1, needs one in [0, 1)", vector.dropout(-0.1)),
        Mistake("dropout1: got a probability of nan, needs one in [0, 1)", vector.dropout(.nan)),
        Mistake("add1: got 1 inputs, needs 2", vector.apply(Add())),
        Mistake("relu1: got 2 inputs, needs 1", vector.apply(ReLU(), vector)),
        Mistake("concat1: got 3×5×6 and 4, needs images of one height and width", image.concat(vector)),
        Mistake("multiply1: got 3×5×6 and 4, needs two values of one shape", image.multiply(vector)),
        Mistake(
            "conv2d1: got 2 groups of 3 input channels and 4 output channels, needs a number that divides both",
            image.conv2d(4, kernel: 1, groups: 2)),
        Mistake(
            "conv2d1: got 3 groups of 3 input channels and 4 output channels, needs a number that divides both",
            image.conv2d(4, kernel: 1, groups: 3)),
        Mistake(
            "conv2d1: got 0 groups of 3 input channels and 4 output channels, needs a number that divides both",
            image.conv2d(4, kernel: 1, groups: 0)),
        Mistake(
            "convTranspose2d1: got output padding 0×2, needs less than the stride 2×2",
            image.convTranspose2d(4, kernel: 3, stride: 2, outputPadding: Extent(height: 0, width: 2))),
        Mistake(
            "convTranspose2d1: got an output of -1×0, needs 1×1 or more: less padding, or a larger image",
            image.convTranspose2d(4, kernel: 1, padding: 3)),
        Mistake("groupNorm1: got 2 groups of 3 channels, needs a number that divides them", image.groupNorm(2)),
        Mistake("groupNorm1: got 0 groups of 3 channels, needs a number that divides them", image.groupNorm(0)),
        Mistake("groupNorm1: got epsilon 0.0, needs a finite one above 0", image.groupNorm(3, epsilon: 0)),
        Mistake("layerNorm1: got epsilon -1.0, needs a finite one above 0", image.layerNorm(epsilon: -1)),
        Mistake("layerNorm1: got epsilon nan, needs a finite one above 0", image.layerNorm(epsilon: .nan)),
        Mistake(
            "batchNorm1: got epsilon 0.0, momentum 0.1, needs an epsilon above 0 and a momentum in 0…1",
            image.batchNorm(epsilon: 0)),
        Mistake("scale1: got inf·x + 0.0, needs finite constants", image.scaled(by: .infinity)),
        Mistake(
            "upsample1: got an image of 3×5×6, nearest by 0×0, needs factors and sizes of 1…65536",
            image.upsample(by: 0)),
        Mistake(
            "upsample1: got an image of 3×5×6, bilinear to 5×65537, needs factors and sizes of 1…65536",
            image.upsample(to: Extent(height: 5, width: 65537), interpolation: .bilinear)),
        Mistake("upsample1: got an output of 65540×78648, needs sizes of 1…65536", image.upsample(by: 13_108)),
        Mistake(
            "upsample1: got an output of 65540×6, needs sizes of 1…65536",
            image.upsample(by: Extent(height: 13_108, width: 1))),
        Mistake(
            "reshape1: got 3×5×6, 90 numbers, needs 80 for a shape of 8×10×1",
            image.reshape(Shape(channels: 8, height: 10))),
        Mistake(
            "reshape1: got a shape of -1×-90×1, needs sizes of 1 or more",
            image.reshape(Shape(channels: -1, height: -90))),
        Mistake(
            "softmax1: got cross-entropy of probabilities, needs logits, as they are before softmax",
            [Head("a", vector.softmax(), loss: .crossEntropy)]),
        Mistake(
            "sigmoid1: got cross-entropy of probabilities, needs logits, as they are before sigmoid",
            [Head("a", vector.sigmoid(), loss: .crossEntropy)]),
        Mistake(
            "sigmoid1: got binary cross-entropy of probabilities, needs logits, as they are before sigmoid",
            [Head("a", image.sigmoid(), loss: .binaryCrossEntropy)]),
        Mistake(
            "linear1: got negative log-likelihood of what linear makes, needs log-probabilities: logSoftmax() before it, or cross-entropy",
            [Head("a", vector.linear(2), loss: .negativeLogLikelihood)]),
        Mistake(
            "softmax1: got negative log-likelihood of what softmax makes, needs log-probabilities: logSoftmax() before it, or cross-entropy",
            [Head("a", vector.softmax(), loss: .negativeLogLikelihood)]),
        Mistake(
            "vector: got class weights [1.0, 2.0], needs one for each of 4 classes, 0 or more",
            [Head("a", vector, loss: .crossEntropy(classWeights: [1, 2]))]),
        Mistake(
            "vector: got class weights [1.0, 2.0, -1.0, 1.0], needs one for each of 4 classes, 0 or more",
            [Head("a", vector, loss: .crossEntropy(classWeights: [1, 2, -1, 1]))]),
        Mistake(
            "vector: got a label smoothing of 1.5, needs one in 0…1",
            [Head("a", vector, loss: .crossEntropy(labelSmoothing: 1.5))]),
        Mistake(
            "vector: got a Huber loss with delta 0.0, needs a finite one above 0",
            [Head("a", vector, loss: .huber(delta: 0))]),
        Mistake(
            "head a: got a weight of -1.0, needs a finite one of 0 or more",
            [Head("a", vector, loss: .crossEntropy, weight: -1)]),
        Mistake("empty: got 3×0×2, needs sizes of 1 or more", .input("empty", Shape(channels: 3, height: 0, width: 2))),
        Mistake("empty: got -1, needs sizes of 1 or more", .input("empty", Shape(channels: -1))),
        Mistake("fc: got two nodes of this name, needs different names", twice(name: "fc")),
        Mistake("linear2: got two nodes of this name, needs different names", twice(name: "linear2", other: nil)),
        Mistake("graph: got no heads, needs at least one", []),
        Mistake(
            "graph: got a node or a head without a name, needs a name for each",
            [Head("", vector, loss: .crossEntropy)]),
        Mistake(
            "graph: got a node or a head without a name, needs a name for each",
            .input("", Shape(channels: 3))),
        Mistake(
            "graph: got two heads named digit, needs different names",
            [Head("digit", vector, loss: .crossEntropy), Head("digit", vector.linear(2), loss: .crossEntropy)]),
        Mistake("image: got an output of 3×5×6, needs a vector of classes", [Head("a", image, loss: .crossEntropy)]),
        Mistake(
            "conv2d1: got an output of 2×5×6, needs a vector of classes",
            [Head("a", image.conv2d(2, kernel: 1), loss: .negativeLogLikelihood)]),
    ]

    private static let long = Node.input("long", Shape(channels: 1, height: 1, width: 300))

    private static func twice(name: String, other: String? = "fc") -> Node {
        vector.linear(3, name: name).linear(2, name: other)
    }

    @Test(.namingCases)
    static func everyMistakeIsToldCases() {
        forEach(mistakes) { try Self().everyMistakeIsTold($0) }
    }

    func everyMistakeIsTold(_ mistake: Mistake) throws {
        let error = #expect(throws: GraphError.self) { try Graph(heads: mistake.heads) }
        #expect(error?.description == mistake.message)
    }

    /// Numbers, as of a file that nobody trusts, that would overflow the arithmetic of sizes.
    static let hostile: [Node] = {
        let most = Int.max
        let long = Node.input("long", Shape(channels: 1 << 31))
        let wide = Extent(height: 65536, width: 65536)
        return [
            image.conv2d(most, kernel: 1), image.conv2d(3, kernel: Extent(height: most, width: most)),
            image.conv2d(3, kernel: 2, padding: Padding(most)),
            image.conv2d(3, kernel: 2, dilation: Extent(height: most, width: 2)),
            image.conv2d(3, kernel: 1, groups: most), image.conv2d(3, kernel: 1, groups: .min),
            image.conv2d(3, kernel: 1, stride: Extent(height: most, width: most)),
            long.conv2d(1, kernel: wide, padding: 65536), long.conv2d(1 << 31, kernel: 1),
            long.conv2d(1, kernel: 1, padding: 65536), long.maxPool(wide, padding: 32768),
            image.maxPool(Extent(height: most, width: 1)), image.averagePool(wide, padding: 32768),
            image.convTranspose2d(3, kernel: wide, stride: wide, dilation: wide),
            image.convTranspose2d(3, kernel: 1, stride: Extent(height: most, width: most)),
            image.convTranspose2d(3, kernel: 1, padding: Padding(most)),
            image.convTranspose2d(3, kernel: 1, stride: 2, outputPadding: Extent(height: most, width: most)),
            image.convTranspose2d(most, kernel: 2), long.convTranspose2d(1 << 31, kernel: 65536),
            long.concat(long), long.linear(2), vector.linear(most), long.layerNorm().concat(long, long),
            image.upsample(by: Extent(height: most, width: most)), long.upsample(by: wide),
            image.upsample(to: Extent(height: .min, width: 1)),
            image.reshape(Shape(channels: most, height: most, width: most)),
            image.reshape(Shape(channels: 1 << 62, height: 4, width: 90)), image.groupNorm(most), image.groupNorm(.min),
            image.leakyReLU(slope: .nan), image.elu(alpha: .infinity),
            Node.input("l", Shape(channels: 1, height: 1 << 15, width: 1 << 16)).conv2d(1, kernel: 2001),
            .input("y", Shape(channels: most, height: most, width: most)),
            .input("z", Shape(channels: 1 << 32, height: 1 << 32, width: 1)),
        ]
    }()

    @Test(.namingCases)
    static func nothingOverflowsCases() {
        forEach(hostile.indices) { Self().nothingOverflows(index: $0) }
    }

    func nothingOverflows(index: Int) {
        #expect(throws: GraphError.self) { try Graph(heads: [Self.hostile[index].projected()]) }
    }

    /// Neither making nor freeing a deep network may take the stack for it.
    @Test func aDeepNetwork() throws {
        var node = Self.vector
        for _ in 0..<200_000 { node = node.relu() }
        let graph = try Graph(heads: [node.projected()])
        #expect(graph.members.count == 200_001)
    }

    /// What is just allowed: the neighbours of the mistakes.
    @Test(.namingCases)
    static func theLimitsAreAllowedCases() {
        forEach([
            image.conv2d(1, kernel: Extent(height: 5, width: 6)), image.conv2d(1, kernel: 3, dilation: 2),
            image.groupNorm(3), image.upsample(by: 1), image.softmax(), image.maxPool(2, padding: 1),
            image.averagePool(3, padding: 1), long.maxPool(Extent(height: 1, width: 257)),
            vector.dropout(0), vector.dropout(0.999), image.add(image), vector.linear(1),
        ]) { try Self().theLimitsAreAllowed($0) }
    }

    func theLimitsAreAllowed(_ node: Node) throws {
        let graph = try Graph(heads: [node.projected()])
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(.adam()), batchSize: 2, threads: 1)
        try executor.run(steps: 0..<2, from: RandomBatches<Float>(graph, size: 2))
    }

    @Test(.namingCases)
    func anExecutorNeedsSamplesAndThreads() {
        forEach([(0, 1), (2, 0), (-1, 1)]) { batchSize, threads in
            let graph = try Graph(heads: [Self.vector.projected()])
            let error = #expect(throws: GraphError.self) {
                try Executor(
                    graph, parameters: Parameters<Float>(graph, seed: 1), mode: .inference, batchSize: batchSize,
                    threads: threads)
            }
            #expect(
                error?.description
                    == "executor: got a batch size of \(batchSize) and \(threads) threads, needs 1…1048576 samples and 1…1024 threads"
            )
        }
    }
}
