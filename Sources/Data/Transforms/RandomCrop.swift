import LanesGraph
import LanesKernels
import LanesTraining

/// A part, of the image's own size, of the image with a frame of zeros round it, as networks are trained on CIFAR
/// (He et al., "Deep Residual Learning for Image Recognition", 2015, section 4.2) and torchvision's transform of this
/// name does: the image moves by up to the frame's breadth each way.
public struct RandomCrop: Transform {
    /// The frame's breadth in pixels.
    public let padding: Int

    /// A negative breadth stops the program.
    ///
    /// - Parameter padding: The frame's breadth in pixels, 0 or more.
    public init(padding: Int) {
        require(padding >= 0, "a frame is no narrower than nothing")
        self.padding = padding
    }

    public var description: String { "RandomCrop(padding \(padding))" }

    public func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        let row = random.integer(below: 2 * padding + 1) - padding
        let column = random.integer(below: 2 * padding + 1) - padding
        let size = Extent(height: shape.height, width: shape.width)
        shift(source, size: size, channels: shape.channels, row: row, column: column, into: &target)
    }
}
