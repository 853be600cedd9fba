import LanesKernels
import TestSupport
import Testing

/// Positions, channels, groups.
private let shapes = [
    [1, 1, 1], [1, 4, 2], [5, 3, 1], [4, 6, 3], [7, 16, 4], [9, 17, 17], [3, 32, 1], [10, 40, 8], [2, 48, 2],
    [49, 24, 6],
]

/// A sample with its parameters, as group or as layer normalization.
private struct Sample<Scalar: KernelScalar> {
    let (positions, channels, groups): (Int, Int, Int)
    let isLayer: Bool
    let input: GuardedBuffer<Scalar>
    let outputGradient: GuardedBuffer<Scalar>
    let weight: GuardedBuffer<Scalar>
    let bias: GuardedBuffer<Scalar>
    let mean: GuardedBuffer<Scalar>
    let inverseDeviation: GuardedBuffer<Scalar>
    let epsilon = 1e-5

    init(_ shape: [Int], isLayer: Bool, input values: [Double]? = nil) {
        (positions, channels, groups) = (shape[0], shape[1], isLayer ? 1 : shape[2])
        self.isLayer = isLayer
        let count = shape[0] * shape[1]
        let parameters = isLayer ? count : shape[1]
        input = values.map { GuardedBuffer($0) } ?? GuardedBuffer(random: count, in: -2...2, seed: 1)
        outputGradient = GuardedBuffer(random: count, seed: 2)
        weight = GuardedBuffer(random: parameters, seed: 3)
        bias = GuardedBuffer(random: parameters, seed: 4)
        mean = GuardedBuffer(poisoned: groups)
        inverseDeviation = GuardedBuffer(poisoned: groups)
    }

    var count: Int { positions * channels }
    func group(_ i: Int) -> Int { i % channels / (channels / groups) }
    func parameter(_ i: Int) -> Int { isLayer ? i : i % channels }

    func forward(into output: GuardedBuffer<Scalar>) {
        if isLayer {
            layerNormForward(
                input.pointer, count: count, epsilon: epsilon, weight: weight.pointer, bias: bias.pointer,
                mean: mean.pointer, inverseDeviation: inverseDeviation.pointer, into: output.pointer)
        } else {
            groupNormForward(
                input.pointer, positions: positions, channels: channels, groups: groups, epsilon: epsilon,
                weight: weight.pointer, bias: bias.pointer, mean: mean.pointer,
                inverseDeviation: inverseDeviation.pointer, into: output.pointer)
        }
    }

    func backward(
        first: Bool, weightGradient: GuardedBuffer<Scalar>, biasGradient: GuardedBuffer<Scalar>,
        into gradient: GuardedBuffer<Scalar>?, accumulating: Bool = false
    ) {
        if isLayer {
            layerNormBackward(
                input.pointer, outputGradient: outputGradient.pointer, count: count, mean: mean.pointer,
                inverseDeviation: inverseDeviation.pointer, weight: weight.pointer, first: first,
                weightGradient: weightGradient.pointer, biasGradient: biasGradient.pointer, into: gradient?.pointer,
                accumulating: accumulating)
        } else {
            let workspace = GuardedBuffer<Scalar>(poisoned: 2 * groups)
            groupNormBackward(
                input.pointer, outputGradient: outputGradient.pointer, positions: positions, channels: channels,
                groups: groups, mean: mean.pointer, inverseDeviation: inverseDeviation.pointer,
                weight: weight.pointer, first: first, weightGradient: weightGradient.pointer,
                biasGradient: biasGradient.pointer, workspace: workspace.pointer, into: gradient?.pointer,
                accumulating: accumulating)
        }
    }

    /// Each group's mean and variance in two passes.
    func moments() -> (means: [Double], variances: [Double]) {
        let x = input.values
        var (means, variances) = ([Double](repeating: 0, count: groups), [Double](repeating: 0, count: groups))
        let size = Double(count / groups)
        for i in 0..<count { means[group(i)] += x[i] / size }
        for i in 0..<count { variances[group(i)] += (x[i] - means[group(i)]) * (x[i] - means[group(i)]) / size }
        return (means, variances)
    }
}

@Suite("Group and layer normalization")
struct GroupNormalizationTests {
    @Test("Forward and what it keeps, also in place", .namingCases)
    static func forwardCases() {
        forEach(shapes, [false, true]) { Self().forward(shape: $0, isLayer: $1) }
    }

    func forward(shape: [Int], isLayer: Bool) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let sample = Sample<Scalar>(shape, isLayer: isLayer)
            let output = GuardedBuffer<Scalar>(poisoned: sample.count)
            sample.forward(into: output)
            let (means, variances) = sample.moments()
            // The sums are in Double, over at most 40 × 49 numbers of at most 2.
            let exact = roundingBound(Double.self, roundings: 2 * sample.count + 20, magnitude: 8)
            expectClose(
                sample.mean.values, means,
                within: means.map { roundingBound(Scalar.self, roundings: 1, magnitude: abs($0)) + exact }, "mean")
            let inverses = variances.map { 1 / ($0 + sample.epsilon).squareRoot() }
            expectClose(
                sample.inverseDeviation.values, inverses,
                within: inverses.map {
                    // d (v + ε)^(-½) = ½ (v + ε)^(-3/2) dv
                    roundingBound(Scalar.self, roundings: 1, magnitude: $0) + $0 * $0 * $0 * exact
                }, "inverse deviation")
            let (mean, inverse) = (sample.mean.values, sample.inverseDeviation.values)
            let (x, weight, bias) = (sample.input.values, sample.weight.values, sample.bias.values)
            var (expected, sizes): ([Double], [Double]) = ([], [])
            for i in 0..<sample.count {
                let (group, parameter) = (sample.group(i), sample.parameter(i))
                let normalized = (x[i] - mean[group]) * inverse[group]
                expected.append(normalized * weight[parameter] + bias[parameter])
                sizes.append(abs(normalized * weight[parameter]) + abs(bias[parameter]))
            }
            expectClose(output, expected, roundings: 4, magnitudes: sizes, "y")
            sample.forward(into: sample.input)
            expectSame(sample.input.values, output.values, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Backward against its formula", .namingCases)
    static func backwardCases() {
        forEach(shapes, [false, true]) { Self().backward(shape: $0, isLayer: $1) }
    }

    func backward(shape: [Int], isLayer: Bool) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let sample = Sample<Scalar>(shape, isLayer: isLayer)
            let (count, parameters) = (sample.count, sample.weight.count)
            sample.forward(into: GuardedBuffer<Scalar>(poisoned: count))
            let (mean, inverse) = (sample.mean.values, sample.inverseDeviation.values)
            let (x, dy, weight) = (sample.input.values, sample.outputGradient.values, sample.weight.values)
            let normalized = (0..<count).map { (x[$0] - mean[sample.group($0)]) * inverse[sample.group($0)] }
            var (gamma, beta) = (Sums(count: parameters), Sums(count: parameters))
            var (a, b) = (Sums(count: sample.groups), Sums(count: sample.groups))
            let size = Double(count / sample.groups)
            for i in 0..<count {
                let (group, parameter) = (sample.group(i), sample.parameter(i))
                beta.add(dy[i], to: parameter)
                gamma.add(dy[i] * normalized[i], to: parameter)
                a.add(dy[i] * weight[parameter] / size, to: group)
                b.add(dy[i] * weight[parameter] * normalized[i] / size, to: group)
            }
            var (expected, bounds): ([Double], [Double]) = ([], [])
            for i in 0..<count {
                let (group, parameter) = (sample.group(i), sample.parameter(i))
                let inner = dy[i] * weight[parameter]
                expected.append(inverse[group] * (inner - a.values[group] - normalized[i] * b.values[group]))
                // The longest way: distance, x̂, its products and sum in B, B's rounding, r, the products and differences.
                bounds.append(
                    roundingBound(
                        Scalar.self, roundings: 12,
                        magnitude: inverse[group]
                            * (abs(inner) + a.magnitudes[group] + abs(normalized[i]) * b.magnitudes[group])))
            }
            let (weightGradient, biasGradient) = (
                GuardedBuffer<Scalar>(poisoned: parameters), GuardedBuffer<Scalar>(poisoned: parameters)
            )
            let gradient = GuardedBuffer<Scalar>(poisoned: count)
            sample.backward(first: true, weightGradient: weightGradient, biasGradient: biasGradient, into: gradient)
            expectClose(gradient.values, expected, within: bounds, "\(Scalar.self) x'")
            expectClose(weightGradient, gamma, extra: 3, "weight")
            expectClose(biasGradient, beta, extra: 1, "bias")

            let written = gradient.values
            let (gammas, betas) = (weightGradient.values, biasGradient.values)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 5).values
            gradient.fill(with: initial)
            sample.backward(
                first: false, weightGradient: weightGradient, biasGradient: biasGradient, into: gradient,
                accumulating: true)
            expectSame(gradient.values, zip(initial, written).map { Double(Scalar($0) + Scalar($1)) }, "accumulating")
            // Layer normalization's multiply-add rounds once.
            expectClose(
                weightGradient, gammas.map { $0 * 2 }, roundings: 2, magnitudes: gammas.map { abs($0) * 2 }, "added")
            expectSame(biasGradient.values, betas.map { $0 * 2 }, "added")

            sample.backward(first: true, weightGradient: weightGradient, biasGradient: biasGradient, into: nil)
            expectSame(weightGradient.values, gammas, "without x'")
            sample.backward(
                first: true, weightGradient: weightGradient, biasGradient: biasGradient, into: sample.outputGradient)
            expectSame(sample.outputGradient.values, written, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("All gradients against differences of forward", arguments: [[4, 6, 3], [5, 3, 1]], [false, true])
    func differences(shape: [Int], isLayer: Bool) {
        let sample = Sample<Double>(shape, isLayer: isLayer)
        let outer = sample.outputGradient.values
        func inner(_ sample: Sample<Double>) -> Double {
            let output = GuardedBuffer<Double>(poisoned: sample.count)
            sample.forward(into: output)
            return zip(output.values, outer).map(*).reduce(0, +)
        }
        _ = inner(sample)
        let (weight, bias) = (sample.weight.values, sample.bias.values)
        let (weightGradient, biasGradient) = (
            GuardedBuffer<Double>(poisoned: weight.count), GuardedBuffer<Double>(poisoned: weight.count)
        )
        let gradient = GuardedBuffer<Double>(poisoned: sample.count)
        sample.backward(first: true, weightGradient: weightGradient, biasGradient: biasGradient, into: gradient)
        func expect(_ actual: [Double], _ expected: [Double], _ name: String) {
            expectClose(actual, expected, within: [Double](repeating: 1e-8, count: expected.count), name)
        }
        expect(
            gradient.values,
            numericalGradient(of: { inner(Sample(shape, isLayer: isLayer, input: $0)) }, at: sample.input.values), "x")
        expect(
            weightGradient.values,
            numericalGradient(
                of: {
                    sample.weight.fill(with: $0)
                    return inner(sample)
                }, at: weight), "weight")
        sample.weight.fill(with: weight)
        expect(
            biasGradient.values,
            numericalGradient(
                of: {
                    sample.bias.fill(with: $0)
                    return inner(sample)
                }, at: bias), "bias")
    }

    @Test("A million elements with a large mean", .namingCases)
    func million() {
        forEach([false, true]) { isLayer in
            let shape = [31_250, 32, 4]
            let values = randomValues(1_000_000, in: 99...101)
            let sample = Sample<Float>(shape, isLayer: isLayer, input: values)
            let (means, variances) = sample.moments()
            sample.forward(into: GuardedBuffer<Float>(poisoned: values.count))
            for group in 0..<sample.groups {
                #expect(abs(sample.mean.values[group] - means[group]) < 1e-7 * means[group])
                #expect(abs(sample.inverseDeviation.values[group] * variances[group].squareRoot() - 1) < 2e-5)
            }
            // Equal numbers have no variance but what ε gives.
            let constant = Sample<Float>(shape, isLayer: isLayer, input: [Double](repeating: 0.1, count: 1_000_000))
            let output = GuardedBuffer<Float>(poisoned: values.count)
            constant.forward(into: output)
            #expect(constant.mean.values[0] == Double(Float(0.1)))
            #expect(constant.inverseDeviation.values[0] == Double(Float(1 / 1e-5.squareRoot())))
        }
    }

    @Test("A NaN or an infinity reaches its group and no other", .namingCases)
    func notFinite() {
        forEach([Double.nan, .infinity, -.infinity]) { special in
            for place in 0..<8 {
                var values = randomValues(8)
                values[place] = special
                let sample = Sample<Float>([2, 4, 2], isLayer: false, input: values)
                let output = GuardedBuffer<Float>(poisoned: 8)
                sample.forward(into: output)
                for i in 0..<8 {
                    #expect(
                        output.values[i].isNaN == (sample.group(i) == sample.group(place)), "\(special) at \(place)")
                }
            }
        }
    }
}
