import LanesGraph
import LanesKernels
import LanesTraining

/// Sheared, scaled and turned about the centre, then moved; the parameters are distributed as those of torchvision's
/// transform of this name.
public struct RandomAffine: Transform {
    /// The angle is uniform in ± so many degrees.
    public let degrees: Double
    /// The shift is uniform in ± this fraction of the width and of the height, each rounded to whole pixels.
    public let translate: Double
    /// The factor is uniform in this range.
    public let scale: ClosedRange<Double>
    /// The angle by which upright lines lean is uniform in ± so many degrees.
    public let shear: Double
    /// torchvision's default takes the nearest pixel; for whole pixels it is exact.
    public let interpolation: Interpolation

    /// Settings out of range stop the program.
    ///
    /// - Parameters:
    ///   - degrees: The angle is uniform in ± so many degrees.
    ///   - translate: The shift is uniform in ± this fraction of the width and of the height, 0…1.
    ///   - scale: The factor is uniform in this range.
    ///   - shear: The angle by which upright lines lean is uniform in ± so many degrees.
    ///   - interpolation: Which pixels make a value between them.
    public init(
        degrees: Double, translate: Double = 0, scale: ClosedRange<Double> = 1...1, shear: Double = 0,
        interpolation: Interpolation = .nearest
    ) {
        require(
            degrees >= 0 && (0...1).contains(translate) && scale.lowerBound > 0 && (0..<90).contains(shear),
            "degrees and shear are 0 or more, shear is below 90, translate is in 0…1 and scale above 0")
        (self.degrees, self.translate, self.scale) = (degrees, translate, scale)
        (self.shear, self.interpolation) = (shear, interpolation)
    }

    public var description: String {
        var parts = ["degrees \(degrees)", "translate \(translate)"]
        if scale != 1...1 { parts.append("scale \(scale.lowerBound)–\(scale.upperBound)") }
        if shear != 0 { parts.append("shear \(shear)") }
        return "RandomAffine(\(parts.joined(separator: ", ")), \(interpolation))"
    }

    public func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        let size = Extent(height: shape.height, width: shape.width)
        let map = map(of: size, random: &random)
        resample(
            source, size: size, channels: shape.channels, map: map, interpolation: interpolation, into: &target)
    }

    /// Where the pixels of a changed image come from.
    func map(of size: Extent, random: inout RandomStream) -> AffineMap {
        let angle = random.uniform(in: -degrees...degrees) * .pi / 180
        let shiftX = shift(random.uniform(in: -translate...translate), of: size.width)
        let shiftY = shift(random.uniform(in: -translate...translate), of: size.height)
        let factor = random.uniform(in: scale)
        let lean = Double.tan(random.uniform(in: -shear...shear) * .pi / 180)
        // A turn counter-clockwise, with y pointing down, takes (x, y) to (x·cos + y·sin, y·cos − x·sin). Here is its
        // inverse, after that of the shift and before those of the shear, x + lean·y, and of the factor.
        let (cosine, sine) = (Double.cos(angle) / factor, Double.sin(angle) / factor)
        let (xx, xy, yx, yy) = (cosine - lean * sine, -sine - lean * cosine, sine, cosine)
        let (centreX, centreY) = (Double(size.width - 1) / 2, Double(size.height - 1) / 2)
        let (movedX, movedY) = (centreX + shiftX, centreY + shiftY)
        return AffineMap(
            xx: Float(xx), xy: Float(xy), x0: Float(centreX - xx * movedX - xy * movedY),
            yx: Float(yx), yy: Float(yy), y0: Float(centreY - yx * movedX - yy * movedY))
    }

    private func shift(_ fraction: Double, of length: Int) -> Double {
        (fraction * Double(length)).rounded(.toNearestOrEven)
    }
}

/// Turned about the centre by an angle that is uniform in ± so many degrees, as torchvision's transform of this name
/// does.
public struct RandomRotation: Transform {
    private let affine: RandomAffine

    /// A `RandomAffine` that does nothing else.
    ///
    /// - Parameters:
    ///   - degrees: The greatest angle in either direction.
    ///   - interpolation: Which pixels make a value between them.
    public init(_ degrees: Double, interpolation: Interpolation = .nearest) {
        affine = RandomAffine(degrees: degrees, interpolation: interpolation)
    }

    public var description: String { "RandomRotation(\(affine.degrees), \(affine.interpolation))" }

    public func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) { affine.apply(to: source, shape: shape, random: &random, into: &target) }
}
