/// The shape of one sample: channels × height × width. A vector of features is features × 1 × 1.
///
/// In memory a sample lies channels last, [height][width][channels].
public struct Shape: Equatable, Sendable, CustomStringConvertible {
    public var channels: Int
    public var height: Int
    public var width: Int
    /// For a vector that was an image, the image's positions: its features are positions × channels, channels last.
    var flattenedPositions = 1

    public init(channels: Int, height: Int = 1, width: Int = 1) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// The vector that an image of this shape is.
    var flattened: Shape {
        var vector = Shape(channels: count)
        vector.flattenedPositions = isVector ? flattenedPositions : height * width
        return vector
    }

    /// Numbers in a sample.
    public var count: Int { channels * height * width }
    /// Whether the sample is a vector of features.
    public var isVector: Bool { height == 1 && width == 1 }

    public var description: String { isVector ? "\(channels)" : "\(channels)×\(height)×\(width)" }
}

/// What is wrong with a graph: which node, what it got, and what it needs.
public struct GraphError: Error, Equatable, CustomStringConvertible {
    /// The node's name, or its kind and number where it was given none; a parameter's full name if that is what is wrong.
    public let node: String
    public let found: String
    public let expected: String

    public init(node: String, found: String, expected: String) {
        (self.node, self.found, self.expected) = (node, found, expected)
    }

    public var description: String { "\(node): got \(found), needs \(expected)" }
}
