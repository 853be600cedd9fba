import Foundation
import LanesGraph
import LanesKernels
import TestSupport
import Testing

@testable import LanesData
@testable import LanesFiles
@testable import LanesTraining

private let size = Extent(height: 28, width: 28)
private let shape = Shape(channels: 1, height: 28, width: 28)

private func stream(_ index: Int) -> RandomStream { RandomStream(seed: 1, purpose: .augmentation, index: index) }

/// What a map was made of, computed back from its six numbers.
private struct Drawn {
    let degrees: Double
    let shift: SIMD2<Double>
    let factor: Double
    let lean: Double

    init(_ map: AffineMap, _ size: Extent) {
        let (xx, xy, yx, yy) = (Double(map.xx), Double(map.xy), Double(map.yx), Double(map.yy))
        degrees = atan2(yx, yy) * 180 / .pi
        factor = 1 / hypot(yx, yy)
        lean = -(xy + yx) / yy
        // The centre of the image comes to the point whose source it is.
        let centre = SIMD2(Double(size.width - 1), Double(size.height - 1)) / 2
        let (x, y) = (centre.x - Double(map.x0), centre.y - Double(map.y0))
        let determinant = xx * yy - xy * yx
        shift = SIMD2(yy * x - xy * y, xx * y - yx * x) / determinant - centre
    }
}

@Suite("Random rotation and affine change")
struct RandomAffineTests {
    private let count = 4000

    @Test("Each parameter has torchvision's distribution, whatever the others are")
    func distributions() {
        let transform = RandomAffine(degrees: 12, translate: 0.1, scale: 0.8...1.2, shear: 10)
        let drawn = (0..<count).map { index in
            var random = stream(index)
            return Drawn(transform.map(of: size, random: &random), size)
        }
        expectUniform(drawn.map(\.degrees), in: -12...12, "degrees")
        expectUniform(drawn.map(\.factor), in: 0.8...1.2, "scale")
        expectUniform(drawn.map { atan($0.lean) * 180 / .pi }, in: -10...10, "shear")
        let (x, y) = (drawn.map(\.shift.x), drawn.map(\.shift.y))
        let names = ["degrees", "scale", "shear", "shift to the right", "shift down"]
        let parameters = [drawn.map(\.degrees), drawn.map(\.factor), drawn.map(\.lean), x, y]
        for first in parameters.indices {
            for second in 0..<first {
                expectUncorrelated(parameters[first], parameters[second], "\(names[first]) and \(names[second])")
            }
        }
    }

    @Test("Shifts are whole pixels: ±10 % of each side, uniform before they are rounded")
    func shifts() {
        let transform = RandomAffine(degrees: 0, translate: 0.1)
        let size = Extent(height: 45, width: 28)
        var counts = [[Int](repeating: 0, count: 9), [Int](repeating: 0, count: 9)]
        for index in 0..<count {
            var random = stream(index)
            let map = transform.map(of: size, random: &random)
            #expect(map == AffineMap(xx: 1, xy: 0, x0: map.x0, yx: 0, yy: 1, y0: map.y0))
            #expect(map.x0 == map.x0.rounded() && abs(map.x0) <= 3)
            #expect(map.y0 == map.y0.rounded() && abs(map.y0) <= 4)
            counts[0][Int(map.x0) + 4] += 1
            counts[1][Int(map.y0) + 4] += 1
        }
        // ±2.8 is rounded to ±3 only from ±2.5 on, as are ±4.5 to ±4 (and not to ±5) to the last.
        let end = 0.3 / 5.6
        expectDistribution(
            Array(counts[0][1...7]), probabilities: [end] + Array(repeating: 1 / 5.6, count: 5) + [end], "x")
        expectDistribution(counts[1], probabilities: Array(repeating: 1.0 / 9, count: 9), "y")
    }

    @Test("Without ranges nothing happens", .namingCases)
    func identity() {
        forEach([Interpolation.nearest, .bilinear] as [Interpolation]) { interpolation in
            let values = (0..<784).map { Float($0) }
            var output = [Float](repeating: .nan, count: 784)
            var random = stream(0)
            var target = output.mutableSpan
            RandomAffine(degrees: 0, interpolation: interpolation)
                .apply(to: values.span, shape: shape, random: &random, into: &target)
            #expect(output == values)
        }
    }

    /// Where the middle of the ink is.
    private func middle(_ image: [Float]) -> SIMD2<Double> {
        var (sum, mass) = (SIMD2(0.0, 0.0), 0.0)
        for (index, value) in image.enumerated() {
            sum += Double(value) * SIMD2(Double(index % size.width), Double(index / size.width))
            mass += Double(value)
        }
        return sum / mass
    }

    private func changed(_ transform: some Transform, dot: (x: Int, y: Int), index: Int) -> [Float] {
        var image = [Float](repeating: 0, count: 784)
        for y in -1...1 { for x in -1...1 { image[(dot.y + y) * 28 + dot.x + x] = 1 } }
        var output = [Float](repeating: .nan, count: 784)
        var random = stream(index)
        var target = output.mutableSpan
        transform.apply(to: image.span, shape: shape, random: &random, into: &target)
        return output
    }

    @Test("A dot moves to where the drawn numbers send it", .namingCases)
    static func dotCases() {
        forEach(0..<30) { Self().dot(index: $0) }
    }

    func dot(index: Int) {
        let transform = RandomAffine(
            degrees: 30, translate: 0.1, scale: 0.9...1.2, shear: 15, interpolation: .bilinear)
        var random = stream(index)
        let angle = random.uniform(in: -30...30) * .pi / 180
        let shiftX = (random.uniform(in: -0.1...0.1) * 28).rounded()
        let shiftY = (random.uniform(in: -0.1...0.1) * 28).rounded()
        let factor = random.uniform(in: 0.9...1.2)
        let lean = tan(random.uniform(in: -15...15) * .pi / 180)
        let centre = SIMD2(13.5, 13.5)
        for dot in [(x: 19, y: 13), (x: 10, y: 9), (x: 13, y: 18)] {
            // Sheared, scaled, turned, moved; a turn is counter-clockwise where y points down.
            var point = SIMD2(Double(dot.x), Double(dot.y)) - centre
            point = factor * SIMD2(point.x + lean * point.y, point.y)
            point = SIMD2(point.x * cos(angle) + point.y * sin(angle), point.y * cos(angle) - point.x * sin(angle))
            let found = middle(changed(transform, dot: dot, index: index))
            let distance = found - (point + SIMD2(shiftX, shiftY) + centre)
            // Pixels sample the dot's edges: its middle is found to within a fraction of a pixel.
            #expect(abs(distance.x) < 0.2 && abs(distance.y) < 0.2, "\(dot): \(found)")
        }
    }

    @Test("A rotation turns counter-clockwise by the drawn angle", .namingCases)
    static func rotationCases() {
        forEach(0..<20) { Self().rotation(index: $0) }
    }

    func rotation(index: Int) {
        var random = stream(index)
        let degrees = random.uniform(in: -60...60)
        let found = middle(changed(RandomRotation(60), dot: (x: 22, y: 13), index: index)) - SIMD2(13.5, 13.5)
        // Up is less y.
        let angle = atan2(-found.y, found.x) * 180 / .pi - atan2(0.5, 8.5) * 180 / .pi
        // The nearest pixels of a dot at a radius of 8.5 leave its middle half a pixel off at most, 3.4°.
        #expect(abs(angle - degrees) < 3.4)
    }

    @Test("A rotation alone neither scales nor shears nor moves")
    func rotationAlone() {
        for index in 0..<100 {
            var random = stream(index)
            let drawn = Drawn(RandomAffine(degrees: 10).map(of: size, random: &random), size)
            #expect(abs(drawn.degrees) <= 10 && abs(drawn.factor - 1) < 1e-5 && abs(drawn.lean) < 1e-5)
            #expect(abs(drawn.shift.x) < 1e-4 && abs(drawn.shift.y) < 1e-4)
        }
    }

    @Test("Descriptions name what is drawn from where")
    func descriptions() {
        #expect(RandomRotation(10).description == "RandomRotation(10.0, nearest)")
        #expect(
            RandomAffine(degrees: 1, translate: 0.5, scale: 1...2, shear: 3, interpolation: .bilinear).description
                == "RandomAffine(degrees 1.0, translate 0.5, scale 1.0–2.0, shear 3.0, bilinear)")
    }
}
