import LanesKernels

/// The shape of one sample: channels × height × width. A vector of features is features × 1 × 1.
///
/// In memory a sample lies channels last, [height][width][channels].
public struct Shape: Equatable, Sendable, CustomStringConvertible {
    /// Channels of an image, or features of a vector.
    public var channels: Int
    /// Rows; 1 for a vector.
    public var height: Int
    /// Columns; 1 for a vector.
    public var width: Int
    /// More than 1 for a vector that still lies as the image that it was flattened from: positions × channels. Only what
    /// does not care about the order of its numbers gets to see such a one (`Flatten`).
    var flattenedPositions = 1

    /// A vector of features unless height and width are given.
    public init(channels: Int, height: Int = 1, width: Int = 1) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// Numbers in a sample.
    public var count: Int { channels * height * width }
    /// Whether the sample is a vector of features.
    public var isVector: Bool { height == 1 && width == 1 }

    /// Channels and positions: all that matters to what moves numbers about.
    var positions: (channels: Int, positions: Int) { (channels, height * width) }
    var extent: Extent { Extent(height: height, width: width) }
    /// Whether a sample lies in PyTorch's order.
    var isPlain: Bool { channels == 1 || isVector }

    public var description: String { isVector ? "\(channels)" : "\(channels)×\(height)×\(width)" }
}

extension Shape: Codable {
    /// Reads [channels, height, width].
    public init(from decoder: any Decoder) throws {
        var sizes = try decoder.unkeyedContainer()
        self.init(
            channels: try sizes.decode(Int.self), height: try sizes.decode(Int.self), width: try sizes.decode(Int.self))
    }

    /// Writes [channels, height, width].
    public func encode(to encoder: any Encoder) throws {
        var sizes = encoder.unkeyedContainer()
        for size in [channels, height, width] { try sizes.encode(size) }
    }
}

/// What is wrong with a graph: which node, what it got, and what it needs.
public struct GraphError: Error, Equatable, CustomStringConvertible {
    /// The node's name, or its kind and number where it was given none; a parameter's full name if that is what is wrong.
    public let node: String
    /// What the node got.
    public let found: String
    /// What it needs.
    public let expected: String

    /// `description` puts the three into a sentence.
    ///
    /// - Parameters:
    ///   - node: The node's name, or a parameter's full name.
    ///   - found: What it got.
    ///   - expected: What it needs.
    public init(node: String, found: String, expected: String) {
        (self.node, self.found, self.expected) = (node, found, expected)
    }

    public var description: String { "\(node): got \(found), needs \(expected)" }
}
