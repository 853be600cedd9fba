import Kernels
import Testing

@testable import StaticGraph

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
        Mistake(
            "averagePool1: got padding 0×2, needs at most half of the kernel 3×3",
            image.averagePool(3, padding: Extent(height: 0, width: 2))),
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
        Mistake("softmax1: got an image of 3×5×6, needs a vector: flatten() it first", image.softmax()),
        Mistake("logSoftmax1: got an image of 3×5×6, needs a vector: flatten() it first", image.logSoftmax()),
        Mistake(
            "add1: got 3×5×6 and 2×5×6, needs two values of one shape", image.add(image.conv2d(2, kernel: 1))),
        Mistake("join: got 4 and 5, needs two values of one shape", vector.add(vector.linear(5), name: "join")),
        Mistake("dropout1: got a probability of 1.0, needs one in [0, 1)", vector.dropout(1)),
        Mistake("dropout1: got a probability of -0.1, needs one in [0, 1)", vector.dropout(-0.1)),
        Mistake("dropout1: got a probability of nan, needs one in [0, 1)", vector.dropout(.nan)),
        Mistake("empty: got 3×0×2, needs sizes of 1 or more", .input("empty", Shape(channels: 3, height: 0, width: 2))),
        Mistake("empty: got -1, needs sizes of 1 or more", .input("empty", Shape(channels: -1))),
        Mistake("fc: got two nodes of this name, needs different names", twice(name: "fc")),
        Mistake("linear2: got two nodes of this name, needs different names", twice(name: "linear2", other: nil)),
        Mistake("graph: got no heads, needs at least one", []),
        Mistake(
            "graph: got two heads named digit, needs different names",
            [Head("digit", vector, loss: .crossEntropy), Head("digit", vector.linear(2), loss: .crossEntropy)]),
        Mistake("image: got an output of 3×5×6, needs a vector of classes", [Head("a", image, loss: .crossEntropy)]),
        Mistake(
            "conv2d1: got an output of 2×5×6, needs a vector of classes",
            [Head("a", image.conv2d(2, kernel: 1), loss: .negativeLogLikelihood)]),
        Mistake(
            "linear1: got a projection on vector of 4, needs an input of 3",
            [Head("a", image.flatten().linear(3), loss: .projection(direction: vector))]),
        Mistake(
            "vector: got a projection on linear1 of 4, needs an input of 4",
            [Head("a", vector, loss: .projection(direction: vector.linear(4)))]),
        Mistake(
            "image: got a projection on turned of 3×6×5, needs an input of 3×5×6",
            [
                Head(
                    "a", image,
                    loss: .projection(direction: .input("turned", Shape(channels: 3, height: 6, width: 5))))
            ]),
    ]

    private static let long = Node.input("long", Shape(channels: 1, height: 1, width: 300))

    private static func twice(name: String, other: String? = "fc") -> Node {
        vector.linear(3, name: name).linear(2, name: other)
    }

    @Test(arguments: mistakes) func everyMistakeIsTold(_ mistake: Mistake) throws {
        let error = #expect(throws: GraphError.self) { try Graph(heads: mistake.heads) }
        #expect(error?.description == mistake.message)
    }

    /// What is just allowed: the neighbours of the mistakes.
    @Test(arguments: [
        image.conv2d(1, kernel: Extent(height: 5, width: 6)), image.conv2d(1, kernel: 3, dilation: 2),
        image.maxPool(2, padding: 1), image.averagePool(3, padding: 1), long.maxPool(Extent(height: 1, width: 257)),
        vector.dropout(0), vector.dropout(0.999), image.add(image), vector.linear(1),
    ])
    func theLimitsAreAllowed(_ node: Node) throws {
        let graph = try Graph(heads: [node.projected()])
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(.adam()), batchSize: 2, threads: 1)
        try executor.run(steps: 0..<2, from: RandomBatches<Float>(graph, size: 2))
    }

    @Test(arguments: [(0, 1), (2, 0), (-1, 1)])
    func anExecutorNeedsSamplesAndThreads(batchSize: Int, threads: Int) throws {
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
