import LanesGraph
import LanesKernels
import LanesTraining

/// Mirrored left to right, or not, as torchvision's transform of this name does.
public struct RandomHorizontalFlip: Transform {
    /// How often an image is mirrored, 0…1.
    public let probability: Double

    /// A probability out of range stops the program.
    ///
    /// - Parameter probability: How often an image is mirrored, 0…1.
    public init(_ probability: Double = 0.5) {
        require((0...1).contains(probability), "a probability is in 0…1")
        self.probability = probability
    }

    public var description: String { "RandomHorizontalFlip(\(probability))" }

    public func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        guard random.uniform() < probability else {
            for index in 0..<target.count { target[index] = source[index] }
            return
        }
        let size = Extent(height: shape.height, width: shape.width)
        mirror(source, size: size, channels: shape.channels, into: &target)
    }
}
