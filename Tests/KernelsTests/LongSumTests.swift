import LanesKernels
import TestSupport
import Testing

/// Sums of so many terms that one chain of additions would lose digits. The terms are alike and of one sign, so that their
/// roundings do not average out, and bounds are those of blocks of 128 (of 320 in products) whose sums are added.
@Suite("Long sums")
struct LongSumTests {
    /// Numbers near 0.1.
    private func alike(_ count: Int, seed: UInt64 = 1) -> GuardedBuffer<Float> {
        GuardedBuffer(random: count, in: 0.1...0.100001, seed: seed)
    }

    /// Of blocks of `block` terms of one sign, with so many roundings besides, relative to their sum.
    private func bound(_ sum: Double, block: Int = 128, extra: Int) -> Double {
        roundingBound(Float.self, roundings: block + extra, magnitude: abs(sum))
    }

    @Test("Rows of one sample", .namingCases)
    func rows() {
        forEach([1025, 500_000]) { count in
            let matrix = alike(3 * count)
            let sums = GuardedBuffer<Float>([1, 2, 3])
            sumRows(matrix.pointer, rows: count, columns: 3, into: sums.pointer, accumulating: true)
            for column in 0..<3 {
                let expected = TestSums.column(column, of: matrix.values, columns: 3) + Double(column + 1)
                expectClose([sums.values[column]], [expected], within: [bound(expected, extra: 2)])
            }
        }
    }

    /// 63 samples are a group of a batch of 1000.
    @Test("Rows of a group of many samples")
    func rowsOfManySamples() {
        let (samples, count) = (63, 784)
        let matrix = alike(samples * count)
        let sum = GuardedBuffer<Float>(poisoned: 1)
        for sample in 0..<samples {
            sumRows(
                matrix.pointer + sample * count, rows: count, columns: 1, into: sum.pointer, accumulating: sample > 0,
                separately: true)
        }
        let expected = matrix.values.reduce(0, +)
        expectClose(sum.values, [expected], within: [bound(expected, extra: 1 + samples)])
    }

    @Test("BatchNorm's moments", .namingCases)
    func moments() {
        forEach([(1, 1_000_000), (63, 784)]) { samples, rows in
            // Distances from the first number, all of one sign.
            let input = alike(samples * rows)
            input.pointer[0] = 0
            let moments = GuardedBuffer<Float>(poisoned: 3)
            for sample in 0..<samples {
                batchNormMoments(
                    input.pointer + sample * rows, rows: rows, channels: 1, first: sample == 0, separately: samples > 8,
                    into: moments.pointer)
            }
            let (sum, squares) = (input.values.reduce(0, +), input.values.reduce(0) { $0 + $1 * $1 })
            expectClose(
                Array(moments.values[1...]), [sum, squares],
                within: [bound(sum, extra: 2 + samples), bound(squares, extra: 3 + samples)])
        }
    }

    @Test("BatchNorm's sums of gradients", .namingCases)
    func backwardSums() {
        forEach([(1, 1_000_000), (63, 784)]) { samples, rows in
            let (input, gradient) = (alike(samples * rows), alike(samples * rows, seed: 2))
            let (mean, inverse) = (GuardedBuffer<Float>([0]), GuardedBuffer<Float>([1]))
            let sums = GuardedBuffer<Float>(poisoned: 2)
            for sample in 0..<samples {
                batchNormBackwardSums(
                    input.pointer + sample * rows, outputGradient: gradient.pointer + sample * rows, rows: rows,
                    channels: 1,
                    mean: mean.pointer, inverseDeviation: inverse.pointer, first: sample == 0, separately: samples > 8,
                    into: sums.pointer)
            }
            let expected = [
                gradient.values.reduce(0, +), zip(input.values, gradient.values).reduce(0) { $0 + $1.0 * $1.1 },
            ]
            expectClose(sums.values, expected, within: expected.map { bound($0, extra: 4 + samples) })
        }
    }

    @Test("Global average pooling")
    func averagePool() {
        let window = WindowGeometry(input: 1000, channels: 1, kernel: 1000)
        let input = alike(window.inputCount)
        let output = GuardedBuffer<Float>(poisoned: 1)
        averagePoolForward(window, input: input.pointer, into: output.pointer)
        let expected = input.values.reduce(0, +) / 1e6
        // The total as a Float, 1/taps, and the product.
        expectClose(output.values, [expected], within: [bound(expected, extra: 3)])
    }

    @Test("Softmax over many classes", .namingCases)
    func softmax() {
        forEach([2049, 1_000_000]) { classes in
            let logits = GuardedBuffer<Float>([Double](repeating: 0.3, count: classes))
            // exp(0.3 − 0.3 − 1) for all but the greatest.
            logits.pointer[0] = 1.3
            let output = GuardedBuffer<Float>(poisoned: classes)
            softmaxForward(logits.pointer, count: classes, into: output.pointer)
            let least = 1 / (Double(classes - 1) + 2.718281828459045)
            // exp is within 4 roundings, and so is its argument's rounding; the inverse and the product.
            expectClose([output.values[classes - 1]], [least], within: [bound(least, extra: 12)])

            let gradient = alike(classes)
            let expected = gradient.values.reduce(0, +)
            expectClose(
                [Double(sum(gradient.pointer, count: classes))], [expected], within: [bound(expected, extra: 2)])
            let ones = GuardedBuffer<Float>([Double](repeating: 1, count: classes))
            expectClose(
                [Double(dot(gradient.pointer, ones.pointer, count: classes))], [expected],
                within: [bound(expected, extra: 3)])
        }
    }

    @Test("A product with a long k", .namingCases)
    func product() {
        forEach([false, true]) { isRowMajor in
            let (m, n, k) = (3, 16, 300_000)
            let (a, b) = (alike(m * k), alike(k * n, seed: 2))
            let c = GuardedBuffer<Float>(poisoned: m * n)
            if isRowMajor {
                let workspace = GuardedBuffer<Float>(poisoned: multiplyWorkspace(m: m, n: n, k: k))
                multiply(m: m, n: n, k: k, a.pointer, b.pointer, into: c.pointer, workspace: workspace.pointer)
            } else {
                multiply(
                    m: m, n: n, k: k, Strided(a.pointer, rowStride: k), .packed(b.pointer, rows: k),
                    into: .rowMajor(c.pointer, columns: n))
            }
            let (left, right) = (a.values, b.values)
            let expected = (0..<m * n).map { i in
                (0..<k).reduce(0) { $0 + left[i / n * k + $1] * right[$1 * n + i % n] }
            }
            expectClose(c.values, expected, within: expected.map { bound($0, block: 320, extra: k / 312 + 2) })
        }
    }

    /// im2col, im2col with a rest of columns, Winograd, depthwise and grouped.
    @Test("A convolution's weight gradient over a group of many samples", .namingCases)
    static func convolutionCases() {
        forEach([(1, 16, 1), (2, 3, 1), (16, 16, 1), (4, 4, 4), (4, 8, 2)]) {
            Self().convolution(inputs: $0, outputs: $1, groups: $2)
        }
    }

    func convolution(inputs: Int, outputs: Int, groups: Int) {
        let samples = inputs == 16 ? 3000 : 63
        let window = WindowGeometry(input: 28, channels: inputs, kernel: 3)
        let geometry = ConvolutionGeometry(window: window, outputChannels: outputs, groups: groups)
        // One sample many times.
        let (input, gradient) = (alike(window.inputCount), alike(geometry.outputCount, seed: 2))
        let sum = GuardedBuffer<Float>(poisoned: geometry.weightCount)
        let workspace = GuardedBuffer<Float>(poisoned: geometry.passWorkspaceCount)
        for sample in 0..<samples {
            geometry.backwardWeights(
                input: input.pointer, outputGradient: gradient.pointer, into: sum.pointer, accumulating: sample > 0,
                separately: true, workspace: workspace.pointer)
        }
        // All weights have nearly the same gradient; the greatest and the least sum bound it.
        let positions = Double(window.outputPositions * samples)
        let (least, most) = (positions * 0.1 * 0.1, positions * 0.100001 * 0.100001)
        // im2col has 3 blocks a sample, a depthwise convolution 26 rows; Winograd's sums have 49 tiles, and its transforms
        // make terms of both signs, 31·31 times the size for a tile of 16.
        let roundings =
            geometry.isDepthwise
            ? 26 + 26 * samples : geometry.isWinograd ? 60 * (49 + samples + 48) : 320 + 3 * samples
        let slack = roundingBound(Float.self, roundings: roundings, magnitude: most)
        let values = sum.values.filter { $0 != 0 }
        #expect(values.count == 9 * inputs / groups * outputs)
        let exact = TestSums.firstWeight(window, input.values, gradient.values, outputs: outputs, groups: groups)
        #expect(values.allSatisfy { least - slack <= $0 && $0 <= most + slack })
        let first = sum.values[0]
        expectClose([first], [exact * Double(samples)], within: [slack])
    }
}

private enum TestSums {
    static func column(_ column: Int, of matrix: [Double], columns: Int) -> Double {
        stride(from: column, to: matrix.count, by: columns).reduce(0) { $0 + matrix[$1] }
    }

    /// The gradient of the weight from the first input to the first output at the first tap, without padding.
    static func firstWeight(
        _ window: WindowGeometry, _ input: [Double], _ gradient: [Double], outputs: Int, groups: Int
    ) -> Double {
        var sum = 0.0
        for y in 0..<window.output.height {
            for x in 0..<window.output.width {
                sum +=
                    input[(y * window.input.width + x) * window.channels]
                    * gradient[(y * window.output.width + x) * outputs]
            }
        }
        return sum
    }
}
