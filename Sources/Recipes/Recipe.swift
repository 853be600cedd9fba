import Datasets
import Kernels
import StaticGraph

/// One of a network's tasks: a head's name and the class that a digit has there.
public struct DigitTask: Sendable {
    public let head: String
    public let label: @Sendable (UInt8) -> Int32

    public init(head: String, label: @escaping @Sendable (UInt8) -> Int32) {
        self.head = head
        self.label = label
    }
}

/// How pixels become the network's numbers: (pixel/255 − mean) / deviation.
public struct Normalization: Sendable, Equatable {
    public let mean: Float
    public let deviation: Float

    public init(mean: Float, deviation: Float) {
        self.mean = mean
        self.deviation = deviation
    }
}

/// An experiment: everything that decides what comes out of training, but for the data and the seed.
public struct Recipe: Sendable {
    /// What the command line calls it.
    public let name: String
    /// One line about the network and its training.
    public let summary: String
    /// What the source report published, if it did.
    public let published: String?
    public let normalization: Normalization
    /// The tasks, in the order of the heads.
    public let tasks: [DigitTask]
    /// The network; its input is an image of 1×28×28.
    public let heads: @Sendable (_ image: Node) -> [Head]
    public let optimizer: Optimizer
    public var batchSize: Int
    public var epochs: Int
    public var learningRate: Double

    /// The shape of the images that recipes are for.
    public static let imageShape = Shape(channels: 1, height: 28, width: 28)

    /// The network, checked.
    public func graph() throws(GraphError) -> Graph {
        try Graph(heads: heads(.input("image", Recipe.imageShape)))
    }

    /// All recipes, the default one first.
    public static let all: [Recipe] = [augmented, mlp]
}
