import LanesKernels
import TestSupport
import Testing

/// How a batch is cut up: samples of `rows` positions, in groups with their own sums.
struct BatchShape: Sendable, CustomTestStringConvertible {
    let channels: Int
    let rows: Int
    let samplesOfGroup: [Int]

    var samples: Int { samplesOfGroup.reduce(0, +) }
    /// Samples × positions.
    var count: Int { samples * rows }
    var testDescription: String { "\(channels) channels, \(rows) rows, groups \(samplesOfGroup)" }
}

let batchShapes = [
    BatchShape(channels: 1, rows: 1, samplesOfGroup: [1]), BatchShape(channels: 3, rows: 4, samplesOfGroup: [2, 1]),
    BatchShape(channels: 16, rows: 25, samplesOfGroup: [1, 1, 1]),
    BatchShape(channels: 17, rows: 7, samplesOfGroup: [4, 4, 4, 1]),
    BatchShape(channels: 33, rows: 1, samplesOfGroup: [8, 8, 3]),
    BatchShape(channels: 5, rows: 30, samplesOfGroup: [9]),
]

/// The rows of one channel.
func column(_ channel: Int, of matrix: [Double], channels: Int) -> [Double] {
    stride(from: channel, to: matrix.count, by: channels).map { matrix[$0] }
}

/// Mean and biased variance in two passes.
func twoPassMoments(_ x: [Double]) -> (mean: Double, variance: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    return (mean, x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count))
}

@Suite("BatchNorm's statistics")
struct BatchNormStatisticsTests {
    @Test("Mean and variance from groups against two passes", .namingCases)
    static func momentsCases() {
        forEach(batchShapes, [0.0, 10_000]) { Self().moments(shape: $0, center: $1) }
    }

    func moments(shape: BatchShape, center: Double) {
        check(shape, center: center, Float.self)
        check(shape, center: center, Double.self)
    }

    private func check<Scalar: KernelScalar>(_ shape: BatchShape, center: Double, _: Scalar.Type) {
        let (channels, groups) = (shape.channels, shape.samplesOfGroup.count)
        // √3 on either side is a deviation of 1.
        let input = GuardedBuffer<Scalar>(
            random: shape.count * channels, in: center - 1.75...center + 1.75, seed: 1)
        let moments = GuardedBuffer<Scalar>(poisoned: groups * 3 * channels)
        var sample = 0
        for (group, samples) in shape.samplesOfGroup.enumerated() {
            for i in 0..<samples {
                batchNormMoments(
                    input.pointer + sample * shape.rows * channels, rows: shape.rows, channels: channels,
                    first: i == 0, into: moments.pointer + group * 3 * channels)
                sample += 1
            }
        }
        let mean = GuardedBuffer<Scalar>(poisoned: channels)
        let variance = GuardedBuffer<Scalar>(poisoned: channels)
        batchNormCombine(
            moments.pointer, groups: groups, channels: channels,
            rowsOfGroup: { shape.samplesOfGroup[$0] * shape.rows }, mean: mean.pointer, variance: variance.pointer)

        let expected = (0..<channels).map {
            twoPassMoments(column($0, of: input.values, channels: channels))
        }
        let bounds = (0..<channels).map { bound(shape, column($0, of: input.values, channels: channels), Scalar.self) }
        expectClose(mean.values, expected.map(\.mean), within: bounds.map(\.mean), "\(Scalar.self) mean")
        expectClose(
            variance.values, expected.map(\.variance), within: bounds.map(\.variance), "\(Scalar.self) variance")
        // The variance is about 1, and the bound small beside it: sums of squares near 10⁸ are multiples of 8 in Float.
        #expect(bounds.allSatisfy { $0.variance < 0.05 })
    }

    /// What the kernels' error of one channel can be.
    ///
    /// Distances from the shift are at most D, the range. A group's mean is the shift, of size X, and a sum of distances;
    /// the combined mean goes through two roundings at size X for every group, and four at size D. So means are off by
    ///
    ///     e = γ(rows + 4·groups)·D + γ(2·groups + 1)·X
    ///
    /// A group's Σd² − (Σd)²/rows consists of two sums of at most D² a row. The square of a distance between means, which
    /// is D at most, is off by 2De + e².
    private func bound<Scalar: KernelScalar>(
        _ shape: BatchShape, _ x: [Double], _: Scalar.Type
    ) -> (mean: Double, variance: Double) {
        let largest = x.map(abs).max() ?? 0
        let range = (x.max() ?? 0) - (x.min() ?? 0)
        let groups = shape.samplesOfGroup.count
        let mean =
            roundingBound(Scalar.self, roundings: shape.count + 4 * groups, magnitude: range)
            + roundingBound(Scalar.self, roundings: 2 * groups + 1, magnitude: largest)
        let sums = roundingBound(
            Scalar.self, roundings: 2 * shape.count + 5 * groups + 8, magnitude: 3 * range * range)
        return (mean, sums + 2 * range * mean + mean * mean)
    }

    @Test("Running statistics follow PyTorch: momentum, unbiased variance", .namingCases)
    func running() {
        forEach([1, 2, 100]) { rows in
            func check<Scalar: KernelScalar>(_: Scalar.Type) {
                let channels = 5
                let mean = GuardedBuffer<Scalar>(random: channels, seed: 1)
                let variance = GuardedBuffer<Scalar>(random: channels, in: 0...2, seed: 2)
                let runningMean = GuardedBuffer<Scalar>(random: channels, seed: 3)
                let runningVariance = GuardedBuffer<Scalar>(random: channels, in: 0...2, seed: 4)
                let (oldMean, oldVariance) = (runningMean.values, runningVariance.values)
                let momentum = Scalar(0.1)
                let share = Double(momentum)
                batchNormUpdateRunning(
                    mean: mean.pointer, variance: variance.pointer, channels: channels, rows: rows, momentum: momentum,
                    runningMean: runningMean.pointer, runningVariance: runningVariance.pointer)
                // The difference, the product, the sum; and the quotient and its product before them for the variance.
                let unbiased = rows > 1 ? Double(rows) / Double(rows - 1) : 1
                expectClose(
                    runningMean, zip(oldMean, mean.values).map { (1 - share) * $0 + share * $1 }, roundings: 3,
                    magnitudes: zip(oldMean, mean.values).map { (1 + share) * abs($0) + share * abs($1) })
                expectClose(
                    runningVariance,
                    zip(oldVariance, variance.values).map { (1 - share) * $0 + share * $1 * unbiased }, roundings: 5,
                    magnitudes: zip(oldVariance, variance.values).map { (1 + share) * $0 + share * $1 * unbiased })
            }
            check(Float.self)
            check(Double.self)
        }
    }

    @Test("The inverse deviation")
    func inverseDeviation() {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let variance = GuardedBuffer<Scalar>([0, 1e-6, 0.25, 1, 4, 1e6])
            let epsilon = Scalar(1e-5)
            let inverse = GuardedBuffer<Scalar>(poisoned: 6)
            batchNormInverseDeviation(
                variance: variance.pointer, channels: 6, epsilon: epsilon, into: inverse.pointer)
            let expected = variance.values.map { 1 / ($0 + Double(epsilon)).squareRoot() }
            expectClose(inverse, expected, roundings: 3, magnitudes: expected)
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A NaN or an infinity in the input reaches the statistics", .namingCases)
    func notFinite() {
        forEach([Double.nan, .infinity, -.infinity]) { special in
            for place in 0..<6 {
                var values = randomValues(6)
                values[place] = special
                let input = GuardedBuffer<Float>(values)
                let moments = GuardedBuffer<Float>(poisoned: 6)
                for group in 0..<2 {
                    batchNormMoments(
                        input.pointer + 3 * group, rows: 3, channels: 1, first: true, into: moments.pointer + 3 * group)
                }
                let mean = GuardedBuffer<Float>(poisoned: 1)
                let variance = GuardedBuffer<Float>([0])
                batchNormCombine(
                    moments.pointer, groups: 2, channels: 1, rowsOfGroup: { _ in 3 }, mean: mean.pointer,
                    variance: variance.pointer)
                #expect(!mean.values[0].isFinite, "\(special) at \(place)")
                #expect(!variance.values[0].isFinite, "\(special) at \(place)")
            }
        }
    }
}
