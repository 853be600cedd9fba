import LanesGraph
import LanesKernels

/// Digits that the project draws itself, for machines without MNIST: white on black in 28×28 pixels, fitted into 20×20
/// and centred by mass as MNIST's are.
///
/// Each is one of a few ways to write the digit (`DigitShapes`) with the control points moved a little, then
/// stretched, slanted, turned and drawn with a pen of some width.
public enum SyntheticDigits {
    /// The digits with these numbers, from 0 on; disjoint ranges give different digits, for training and for testing.
    /// Number i shows the digit i mod 10, so that every class is as frequent as the others.
    ///
    /// The pixels are a function of seed and number alone.
    public static func images(_ numbers: Range<Int>, seed: UInt64) -> LabeledImages {
        require(numbers.lowerBound >= 0, "digits are numbered from 0 on")
        let pixels = [UInt8](unsafeUninitializedCapacity: numbers.count * area) { buffer, count in
            // Each digit is written by one iteration, to its own part.
            nonisolated(unsafe) let buffer = buffer
            concurrently(numbers.count) { index in
                let picture = draw(numbers.lowerBound + index, seed: seed)
                for pixel in 0..<area { buffer.initializeElement(at: index * area + pixel, to: picture.pixel(pixel)) }
            }
            count = numbers.count * area
        }
        return LabeledImages(
            checked: "drawn digits", height: side, width: side, pixels: pixels,
            labels: numbers.map { UInt8($0 % 10) }, classes: MNIST.classes)
    }

    private static let side = 28
    private static let area = side * side
    /// The side of the square that a digit is fitted into.
    private static let box = 20.0

    private static func draw(_ number: Int, seed: UInt64) -> StrokeRaster {
        var random = RandomStream(seed: seed, purpose: .syntheticDigits, index: number)
        let shapes = DigitShapes.all[number % 10]
        let shape = shapes[random.integer(below: shapes.count)]
        var strokes = shaken(shape, &random).map(smooth)
        transform(&strokes, &random)

        let radius = random.uniform(in: 0.8...1.8)
        place(&strokes, in: (box - 2 * radius) * random.uniform(in: 0.85...1), &random)
        var raster = StrokeRaster(side: side, radius: radius)
        for stroke in strokes {
            for (start, end) in zip(stroke, stroke.dropFirst()) { raster.line(from: start, to: end) }
        }
        return raster
    }

    /// Moves every point by a few hundredths of the height, and corners with both strokes that meet there.
    private static func shaken(_ shape: DigitShapes.Shape, _ random: inout RandomStream) -> DigitShapes.Shape {
        var moved: DigitShapes.Shape = []
        for (index, stroke) in shape.enumerated() {
            var points = stroke.map { $0 + 4.5 * SIMD2(bell(&random), bell(&random)) }
            if index > 0, stroke.first == shape[index - 1].last, let corner = moved[index - 1].last {
                points[0] = corner
            }
            moved.append(points)
        }
        return moved
    }

    /// The points of a Catmull–Rom curve, which goes through its control points (Catmull and Rom, "A Class of Local
    /// Interpolating Splines", 1974).
    private static func smooth(_ control: [SIMD2<Double>]) -> [SIMD2<Double>] {
        let steps = 6
        var points = [control[0]]
        for index in 1..<control.count {
            let (from, to) = (control[index - 1], control[index])
            // At the ends the curve goes on as if mirrored, that is straight.
            let before = index > 1 ? control[index - 2] : 2 * from - to
            let after = index + 1 < control.count ? control[index + 1] : 2 * to - from
            // 2·before − 5·from + 4·to − after and 3·from − before − 3·to + after, term by term: whole, each would keep the
            // compiler's type checker busy for a second.
            var (square, cube): (SIMD2<Double>, SIMD2<Double>) = (2 * before, 3 * from)
            square -= 5 * from
            square += 4 * to
            square -= after
            cube -= before
            cube -= 3 * to
            cube += after
            for step in 1...steps {
                let t = Double(step) / Double(steps)
                let linear: SIMD2<Double> = (to - before) * t
                let sum: SIMD2<Double> = linear + square * (t * t) + cube * (t * t * t)
                points.append(from + 0.5 * sum)
            }
        }
        return points
    }

    /// Stretches, slants (to the right more than to the left, as most people write) and turns.
    private static func transform(_ strokes: inout [[SIMD2<Double>]], _ random: inout RandomStream) {
        let stretch = random.uniform(in: 0.75...1.2)
        let slant = 0.18 + 0.2 * bell(&random)
        // Half the angle's tangent gives sine and cosine without a library whose last bit differs between systems.
        let tangent = 0.05 * bell(&random)
        let cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
        let sine = 2 * tangent / (1 + tangent * tangent)
        for stroke in strokes.indices {
            for index in strokes[stroke].indices {
                let point = strokes[stroke][index]
                let slanted = SIMD2(stretch * point.x - slant * point.y, point.y)
                strokes[stroke][index] = SIMD2(
                    cosine * slanted.x - sine * slanted.y, sine * slanted.x + cosine * slanted.y)
            }
        }
    }

    /// Scales the longer side to the size and puts the centre of mass in the middle of the picture, give or take a
    /// pixel.
    private static func place(
        _ strokes: inout [[SIMD2<Double>]], in size: Double, _ random: inout RandomStream
    ) {
        var lower = strokes[0][0]
        var upper = strokes[0][0]
        var mass = 0.0
        var moment = SIMD2<Double>.zero
        for stroke in strokes {
            for (start, end) in zip(stroke, stroke.dropFirst()) {
                lower = pointwiseMin(lower, pointwiseMin(start, end))
                upper = pointwiseMax(upper, pointwiseMax(start, end))
                let length = ((end - start) * (end - start)).sum().squareRoot()
                mass += length
                moment += length * 0.5 * (start + end)
            }
        }
        let scale = size / (upper - lower).max()
        let centre = SIMD2(Double(side) / 2 + 0.5 * bell(&random), Double(side) / 2 + 0.5 * bell(&random))
        for stroke in strokes.indices {
            for index in strokes[stroke].indices {
                strokes[stroke][index] = centre + scale * (strokes[stroke][index] - moment / mass)
            }
        }
    }

    /// A random number of mean 0 and standard deviation 1, never beyond ±3: three uniform ones added.
    private static func bell(_ random: inout RandomStream) -> Double {
        2 * (random.uniform() + random.uniform() + random.uniform() - 1.5)
    }
}
