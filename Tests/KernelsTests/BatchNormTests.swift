import LanesKernels
import TestSupport
import Testing

/// The operands of both passes, with statistics that belong to the input.
private struct Operands<Scalar: KernelScalar> {
    let shape: BatchShape
    let input: GuardedBuffer<Scalar>
    let outputGradient: GuardedBuffer<Scalar>
    let weight: GuardedBuffer<Scalar>
    let bias: GuardedBuffer<Scalar>
    let mean: GuardedBuffer<Scalar>
    let inverseDeviation: GuardedBuffer<Scalar>

    init(_ shape: BatchShape, input values: [Double]? = nil) {
        let channels = shape.channels
        let input = GuardedBuffer<Scalar>(values ?? randomValues(shape.count * channels, in: -2...2, seed: 1))
        let moments = (0..<channels).map { twoPassMoments(column($0, of: input.values, channels: channels)) }
        self.shape = shape
        self.input = input
        outputGradient = GuardedBuffer(random: shape.count * channels, seed: 2)
        weight = GuardedBuffer(random: channels, seed: 3)
        bias = GuardedBuffer(random: channels, seed: 4)
        mean = GuardedBuffer(moments.map(\.mean))
        inverseDeviation = GuardedBuffer(moments.map { 1 / ($0.variance + 1e-5).squareRoot() })
    }

    func forward() -> GuardedBuffer<Scalar> {
        let output = GuardedBuffer<Scalar>(poisoned: input.count)
        batchNormForward(
            input.pointer, rows: shape.count, channels: shape.channels, mean: mean.pointer,
            inverseDeviation: inverseDeviation.pointer, weight: weight.pointer, bias: bias.pointer,
            into: output.pointer)
        return output
    }

    /// Σ y' and Σ y'·x̂, sample by sample.
    func sums() -> GuardedBuffer<Scalar> {
        let (channels, sample) = (shape.channels, shape.rows * shape.channels)
        let sums = GuardedBuffer<Scalar>(poisoned: 2 * channels)
        for i in 0..<shape.samples {
            batchNormBackwardSums(
                input.pointer + i * sample, outputGradient: outputGradient.pointer + i * sample, rows: shape.rows,
                channels: channels, mean: mean.pointer, inverseDeviation: inverseDeviation.pointer, first: i == 0,
                into: sums.pointer)
        }
        return sums
    }

    func backward(
        sums: GuardedBuffer<Scalar>, into gradient: GuardedBuffer<Scalar>, accumulating: Bool = false
    ) {
        batchNormBackward(
            input.pointer, outputGradient: outputGradient.pointer, rows: shape.count, channels: shape.channels,
            count: shape.count, mean: mean.pointer, inverseDeviation: inverseDeviation.pointer,
            weight: weight.pointer, weightGradient: sums.pointer + shape.channels, biasGradient: sums.pointer,
            into: gradient.pointer, accumulating: accumulating)
    }

    /// (x − μ) of element `i`.
    func distance(_ i: Int) -> Double { input.values[i] - mean.values[i % shape.channels] }
}

@Suite("BatchNorm's passes")
struct BatchNormTests {
    @Test("Forward, also in place", .namingCases)
    static func forwardCases() {
        forEach(batchShapes) { Self().forward(shape: $0) }
    }

    func forward(shape: BatchShape) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let operands = Operands<Scalar>(shape)
            let (x, mean) = (operands.input.values, operands.mean.values)
            let (inverse, weight) = (operands.inverseDeviation.values, operands.weight.values)
            let bias = operands.bias.values
            var (expected, magnitudes): ([Double], [Double]) = ([], [])
            for (i, value) in x.enumerated() {
                let channel = i % shape.channels
                let term = weight[channel] * (value - mean[channel]) * inverse[channel]
                expected.append(term + bias[channel])
                magnitudes.append(abs(term) + abs(bias[channel]))
            }
            let output = operands.forward()
            // γ·r, the distance, the product of both, the sum.
            expectClose(output, expected, roundings: 4, magnitudes: magnitudes)
            batchNormForward(
                operands.input.pointer, rows: shape.count, channels: shape.channels, mean: operands.mean.pointer,
                inverseDeviation: operands.inverseDeviation.pointer, weight: operands.weight.pointer,
                bias: operands.bias.pointer, into: operands.input.pointer)
            expectSame(operands.input.values, output.values, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("The two sums of the backward pass", .namingCases)
    static func backwardSumsCases() {
        forEach(batchShapes) { Self().backwardSums(shape: $0) }
    }

    func backwardSums(shape: BatchShape) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let operands = Operands<Scalar>(shape)
            let (x, mean, inverse) = (operands.input.values, operands.mean.values, operands.inverseDeviation.values)
            var expected = Sums(count: 2 * shape.channels)
            for (i, dy) in operands.outputGradient.values.enumerated() {
                let channel = i % shape.channels
                expected.add(dy, to: channel)
                expected.add(dy * (x[i] - mean[channel]) * inverse[channel], to: shape.channels + channel)
            }
            // The distance and its product with r come before the product that is summed.
            expectClose(operands.sums(), expected, extra: 2)
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Backward against its formula: overwriting, accumulating, in place", .namingCases)
    static func backwardCases() {
        forEach(batchShapes) { Self().backward(shape: $0) }
    }

    func backward(shape: BatchShape) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let operands = Operands<Scalar>(shape)
            let (x, mean, inverse) = (operands.input.values, operands.mean.values, operands.inverseDeviation.values)
            let (dy, weight, sums) = (operands.outputGradient.values, operands.weight.values, operands.sums())
            let total = sums.values
            let initial = GuardedBuffer<Scalar>(random: x.count, seed: 5).values
            var overwritten = Sums(count: x.count)
            var accumulated = Sums(startingWith: initial)
            for i in x.indices {
                let channel = i % shape.channels
                let factor = weight[channel] * inverse[channel]
                let normalized = (x[i] - mean[channel]) * inverse[channel]
                let terms = [
                    dy[i], -total[channel] / Double(shape.count),
                    -normalized * total[shape.channels + channel] / Double(shape.count),
                ]
                for term in terms {
                    overwritten.add(factor * term, to: i)
                    accumulated.add(factor * term, to: i)
                }
            }
            // The longest way: 1/n, two products for the slope, the distance's rounding, and the product γ·r.
            let gradient = GuardedBuffer<Scalar>(poisoned: x.count)
            operands.backward(sums: sums, into: gradient)
            expectClose(gradient, overwritten, extra: 5)
            gradient.fill(with: initial)
            operands.backward(sums: sums, into: gradient, accumulating: true)
            expectClose(gradient, accumulated, extra: 5, "accumulating")
            operands.backward(sums: sums, into: operands.outputGradient)
            expectClose(operands.outputGradient, overwritten, extra: 5, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("All three gradients against differences of the forward pass")
    func differences() {
        let shape = BatchShape(channels: 3, rows: 4, samplesOfGroup: [3, 3])
        let operands = Operands<Double>(shape)
        let upstream = operands.outputGradient.values
        func inner(_ output: GuardedBuffer<Double>) -> Double { zip(output.values, upstream).map(*).reduce(0, +) }

        let sums = operands.sums()
        let gradient = GuardedBuffer<Double>(poisoned: upstream.count)
        operands.backward(sums: sums, into: gradient)

        // Moving one of 24 rows by 1 in the complex plane changes a variance by (2·3 + 1)/24 at most if no row is further
        // than 3 from the mean, and what is left of 0.8 is above 0.5. So |x̂| ≤ (3 + 1)/√0.5 < 6.
        #expect((0..<upstream.count).allSatisfy { abs(operands.distance($0)) < 3 })
        #expect(operands.inverseDeviation.values.allSatisfy { $0 * $0 < 1 / 0.8 })
        let bound = numericalGradientBound(
            magnitude: 7 * upstream.map(abs).reduce(0, +), roundings: 3 * shape.count + 20)
        func expect(_ actual: [Double], _ expected: [Double], _ name: String) {
            expectClose(actual, expected, within: [Double](repeating: bound, count: expected.count), name)
        }
        expect(
            gradient.values,
            numericalGradient(of: { inner(Operands<Double>(shape, input: $0).forward()) }, at: operands.input.values),
            "input")
        expect(
            Array(sums.values.suffix(3)),
            numericalGradient(
                of: {
                    operands.weight.fill(with: $0)
                    return inner(operands.forward())
                }, at: operands.weight.values), "weight")
        expect(
            Array(sums.values.prefix(3)),
            numericalGradient(
                of: {
                    operands.bias.fill(with: $0)
                    return inner(operands.forward())
                }, at: operands.bias.values), "bias")
    }
}
