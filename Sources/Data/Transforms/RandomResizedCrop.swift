import LanesGraph
import LanesKernels
import LanesTraining

/// A part of the image, enlarged bilinearly to the size of the whole, as torchvision's transform of this name does.
public struct RandomResizedCrop: Transform {
    /// The part's area is uniform in this range, as a fraction of the image's.
    public let scale: ClosedRange<Double>
    /// The logarithm of its width by its height is uniform between those of the bounds.
    public let ratio: ClosedRange<Double>

    /// Bounds of 0 or less stop the program.
    ///
    /// - Parameters:
    ///   - scale: The part's area as a fraction of the image's: above 0, and 1 is the whole.
    ///   - ratio: Its width divided by its height, above 0.
    public init(scale: ClosedRange<Double>, ratio: ClosedRange<Double>) {
        require(scale.lowerBound > 0 && ratio.lowerBound > 0, "scale and ratio are above 0")
        (self.scale, self.ratio) = (scale, ratio)
    }

    public var description: String {
        "RandomResizedCrop(scale \(scale.lowerBound)–\(scale.upperBound), "
            + "ratio \(ratio.lowerBound)–\(ratio.upperBound))"
    }

    public func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        let size = Extent(height: shape.height, width: shape.width)
        let (top, left, part) = part(of: size, random: &random)
        enlarge(source, size: size, channels: shape.channels, top: top, left: left, part: part, into: &target)
    }

    /// The part of an image of this size that the numbers choose: the first of ten that fits, else the greatest with an
    /// allowed ratio, in the middle.
    func part(of size: Extent, random: inout RandomStream) -> (top: Int, left: Int, part: Extent) {
        let lowest = Double.log(ratio.lowerBound)
        let logarithms = lowest...max(lowest, Double.log(ratio.upperBound))
        for _ in 0..<10 {
            let area = random.uniform(in: scale) * Double(size.height * size.width)
            let ratio = Double.exp(random.uniform(in: logarithms))
            let width = Int((area * ratio).squareRoot().rounded(.toNearestOrEven))
            let height = Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
            guard (1...size.height).contains(height), (1...size.width).contains(width) else { continue }
            let top = random.integer(below: size.height - height + 1)
            return (top, random.integer(below: size.width - width + 1), Extent(height: height, width: width))
        }
        var part = size
        let whole = Double(size.width) / Double(size.height)
        if whole < ratio.lowerBound {
            part.height = Int((Double(size.width) / ratio.lowerBound).rounded(.toNearestOrEven))
        } else if whole > ratio.upperBound {
            part.width = Int((Double(size.height) * ratio.upperBound).rounded(.toNearestOrEven))
        }
        return ((size.height - part.height) / 2, (size.width - part.width) / 2, part)
    }
}
