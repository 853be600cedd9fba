import Foundation
import LanesKernels
import TestSupport
import Testing

private let ordinaryLogits = [1, 2, 3, 10, 15, 16, 17, 40].map { randomValues($0, in: -4...4, seed: UInt64($0)) }
private let extremeLogits: [[Double]] = [
    [10_000, -10_000, 0], [-10_000, -10_000, -10_000], [10_000, 10_000], [10_000, 9_999, 9_998, 9_997],
    [0, -.infinity, 1, -.infinity], Array(repeating: 3, count: 20), [0, -100, -200, -700, -1_000],
]

/// Rows of several lengths.
let logitRows = ordinaryLogits + extremeLogits

/// Softmax by its definition, with the logarithm of its denominator and each number's distance from the greatest.
struct ReferenceSoftmax {
    let probabilities: [Double]
    let logProbabilities: [Double]
    let distances: [Double]
    let logTotal: Double

    init(_ logits: [Double]) {
        let greatest = logits.max() ?? 0
        let distances = logits.map { $0 - greatest }
        let total = distances.map { Foundation.exp($0) }.reduce(0, +)
        let logTotal = Foundation.log(total)
        self.distances = distances
        self.logTotal = logTotal
        probabilities = distances.map { Foundation.exp($0) / total }
        logProbabilities = distances.map { $0 - logTotal }
    }
}

@Suite("Softmax and log-softmax")
struct SoftmaxTests {
    @Test("Softmax against its definition, also in place", .namingCases)
    static func softmaxCases() {
        forEach(logitRows) { Self().softmax(logits: $0) }
    }

    func softmax(logits: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (input, count) = (GuardedBuffer<Scalar>(logits), logits.count)
            let expected = ReferenceSoftmax(input.values)
            // The rounding of a distance d from the greatest logit becomes a relative error of d roundings in exp; where
            // exp(−d) is 0 that stops to matter. Then 2 ulp of exp are 4 roundings, the sum takes `count` of such terms,
            // whose own d·exp(−d) is below 1, and its inverse and the product are two more.
            let bounds = zip(expected.probabilities, expected.distances).map {
                roundingBound(Scalar.self, roundings: count + 11 + Int(min(-$1, 1000)), magnitude: $0)
            }
            let output = GuardedBuffer<Scalar>(poisoned: count)
            softmaxForward(input.pointer, count: count, into: output.pointer)
            expectClose(output.values, expected.probabilities, within: bounds, "\(Scalar.self)")
            softmaxForward(input.pointer, count: count, into: input.pointer)
            expectSame(input.values, output.values, "\(Scalar.self) in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Log-softmax against its definition", .namingCases)
    static func logSoftmaxCases() {
        forEach(logitRows) { Self().logSoftmax(logits: $0) }
    }

    func logSoftmax(logits: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (input, count) = (GuardedBuffer<Scalar>(logits), logits.count)
            let expected = ReferenceSoftmax(input.values)
            let output = GuardedBuffer<Scalar>(poisoned: count)
            logSoftmaxForward(input.pointer, count: count, into: output.pointer)
            // A relative error of the sum is an absolute one of its logarithm; see softmax for the sum's.
            expectClose(
                output, expected.logProbabilities, roundings: count + 11,
                magnitudes: expected.distances.map { -$0 + expected.logTotal + 1 })
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A NaN anywhere makes everything NaN", .namingCases)
    static func notANumberCases() {
        forEach(0..<17) { Self().notANumber(place: $0) }
    }

    func notANumber(place: Int) {
        var logits = randomValues(17)
        logits[place] = .nan
        let input = GuardedBuffer<Float>(logits)
        let output = GuardedBuffer<Float>([Double](repeating: 0, count: 17))
        softmaxForward(input.pointer, count: 17, into: output.pointer)
        expectSame(output.values, [Double](repeating: .nan, count: 17))
        output.fill(with: [Double](repeating: 0, count: 17))
        logSoftmaxForward(input.pointer, count: 17, into: output.pointer)
        expectSame(output.values, [Double](repeating: .nan, count: 17))
    }

    @Test("Both gradients against the Jacobian, overwriting and accumulating", .namingCases)
    static func jacobiansCases() {
        forEach(logitRows) { Self().jacobians(logits: $0) }
    }

    func jacobians(logits: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let count = logits.count
            let reference = ReferenceSoftmax(logits)
            let upstream = GuardedBuffer<Scalar>(random: count, seed: 1)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 2).values
            let soft = GuardedBuffer<Scalar>(reference.probabilities)
            let logSoft = GuardedBuffer<Scalar>(reference.logProbabilities)
            let p = soft.values
            let q = logSoft.values.map { Foundation.exp($0) }
            for accumulating in [false, true] {
                var softExpected = accumulating ? Sums(startingWith: initial) : Sums(count: count)
                var logExpected = softExpected
                for i in 0..<count {
                    for (j, dy) in upstream.values.enumerated() {
                        // ∂yⱼ/∂xᵢ = yⱼ(δᵢⱼ − yᵢ), each of its two terms apart, and for the logarithm δᵢⱼ − exp yᵢ.
                        if i == j { softExpected.add(dy * p[j], to: i) }
                        softExpected.add(-dy * p[j] * p[i], to: i)
                        if i == j { logExpected.add(dy, to: i) }
                        logExpected.add(-dy * q[i], to: i)
                    }
                }
                let gradient = GuardedBuffer<Scalar>(poisoned: count)
                if accumulating { gradient.fill(with: initial) }
                softmaxBackward(
                    output: soft.pointer, outputGradient: upstream.pointer, count: count, into: gradient.pointer,
                    accumulating: accumulating)
                expectClose(gradient, softExpected, extra: 2, "softmax, accumulating: \(accumulating)")

                gradient.poison()
                if accumulating { gradient.fill(with: initial) }
                logSoftmaxBackward(
                    output: logSoft.pointer, outputGradient: upstream.pointer, count: count, into: gradient.pointer,
                    accumulating: accumulating)
                // 2 ulp of exp are 4 roundings.
                expectClose(gradient, logExpected, extra: 5, "log-softmax, accumulating: \(accumulating)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Both gradients against differences of the forward pass", .namingCases)
    func differences() {
        forEach([1, 2, 10, 17]) { count in
            let x = randomValues(count, in: -3...3, seed: 1)
            let upstream = GuardedBuffer<Double>(random: count, seed: 2)
            func forward(_ x: [Double], logarithmic: Bool) -> GuardedBuffer<Double> {
                let (input, output) = (GuardedBuffer<Double>(x), GuardedBuffer<Double>(poisoned: count))
                if logarithmic {
                    logSoftmaxForward(input.pointer, count: count, into: output.pointer)
                } else {
                    softmaxForward(input.pointer, count: count, into: output.pointer)
                }
                return output
            }
            for logarithmic in [false, true] {
                let y = forward(x, logarithmic: logarithmic)
                let gradient = GuardedBuffer<Double>(poisoned: count)
                let backward: (UnsafePointer<Double>, UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void = {
                    if logarithmic {
                        logSoftmaxBackward(output: $0, outputGradient: $1, count: count, into: $2, accumulating: false)
                    } else {
                        softmaxBackward(output: $0, outputGradient: $1, count: count, into: $2, accumulating: false)
                    }
                }
                backward(y.pointer, upstream.pointer, gradient.pointer)
                let expected = numericalGradient(
                    of: { zip(forward($0, logarithmic: logarithmic).values, upstream.values).map(*).reduce(0, +) },
                    at: x)
                // Within 1 of a logit in the complex plane the exponentials stay on the right-hand side, so |softmax| ≤ 1;
                // the logarithms are at most the logits' spread, 6, and ln count and 3 for the shift.
                let largest = logarithmic ? 9 + Foundation.log(Double(count)) : 1
                let bound = numericalGradientBound(
                    magnitude: largest * upstream.values.map(abs).reduce(0, +), roundings: 2 * count + 20)
                expectClose(
                    gradient.values, expected, within: [Double](repeating: bound, count: count),
                    "logarithmic: \(logarithmic)")
            }
        }
    }
}
