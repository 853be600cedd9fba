import LanesKernels
import Testing

/// The greatest error of a result that `roundings` roundings led to, against a reference computed in Double.
///
/// Every operation rounds as fl(a∘b) = (a∘b)(1 + δ) + η with |δ| ≤ u, half of `ulpOfOne`, and |η| at most the least
/// number. A sum of n products, in any order, fused or not, is then off by at most
///
///     γₙ·Σ|aᵢbᵢ| + n·η,        γₙ = n·u/(1 − n·u)
///
/// (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §3.1). The same holds of any longer expression if n
/// counts the roundings on the way of one term to the result, and `magnitude` is the expression with the absolute value
/// of every term. The reference makes the same error with Double's u.
package func roundingBound<Scalar: KernelScalar>(
    _: Scalar.Type, roundings: Int, magnitude: Double
) -> Double {
    func gamma(_ ulpOfOne: Double) -> Double {
        let product = Double(roundings) * ulpOfOne / 2
        return product / (1 - product)
    }
    return (gamma(Double(Scalar.ulpOfOne)) + gamma(.ulpOfOne)) * magnitude
        + Double(roundings) * Double(Scalar.leastNonzeroMagnitude)
}

/// The greatest error of a convolution of numbers within ±1 by Winograd's kernels, with sums over so many channels.
///
/// With the absolute values of the matrices in WinogradTransforms.swift, |Aᵀ|·(|G|·1 ⊙ |Bᵀ|·1) is at most 25 along one axis;
/// and a term goes through at most 48 roundings besides the sums', those of the matrices' own numbers included.
package func winogradBound<Scalar: KernelScalar>(_: Scalar.Type, channels: Int) -> Double {
    roundingBound(Scalar.self, roundings: channels + 48, magnitude: Double(channels) * 25 * 25 + 1)
}

/// The same of weights' gradients, with sums over so many tiles: |Gᵀ|·(|A|·1 ⊙ |Bᵀ|·1) is at most 31.
package func winogradBound<Scalar: KernelScalar>(_: Scalar.Type, tiles: Int) -> Double {
    roundingBound(Scalar.self, roundings: tiles + 48, magnitude: Double(tiles) * 31 * 31 + 1)
}

/// Reference sums in Double, each with what bounds the error of computing it in another order or precision: the sum of
/// the terms' absolute values, and their number.
package struct Sums: Sendable {
    package private(set) var values: [Double]
    package private(set) var magnitudes: [Double]
    package private(set) var terms: [Int]

    /// Empty sums.
    package init(count: Int) {
        values = Array(repeating: 0, count: count)
        magnitudes = values
        terms = Array(repeating: 0, count: count)
    }

    /// Sums that start with one term each.
    package init(startingWith values: [Double]) {
        self.values = values
        magnitudes = values.map(abs)
        terms = Array(repeating: 1, count: values.count)
    }

    /// Adds a term to sum `i`.
    @inline(__always)
    package mutating func add(_ term: Double, to i: Int) {
        values[i] += term
        magnitudes[i] += abs(term)
        terms[i] += 1
    }

    /// Adds all terms of other sums, one by one.
    package mutating func add(_ other: Sums) {
        for i in values.indices {
            values[i] += other.values[i]
            magnitudes[i] += other.magnitudes[i]
            terms[i] += other.terms[i]
        }
    }

    /// The sums times a number.
    package func scaled(by factor: Double) -> Sums {
        var result = self
        for i in values.indices {
            result.values[i] *= factor
            result.magnitudes[i] *= abs(factor)
        }
        return result
    }
}

/// Expects as many numbers as there are sums, each within the rounding error of its sum.
///
/// - Parameter extra: The roundings on the way of a term to the result besides one product and the additions.
package func expectClose<Scalar: KernelScalar>(
    _ actual: GuardedBuffer<Scalar>, _ expected: Sums, extra: Int = 0, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let bounds = expected.values.indices.map {
        roundingBound(Scalar.self, roundings: expected.terms[$0] + extra, magnitude: expected.magnitudes[$0])
    }
    expectClose(
        actual.values, expected.values, within: bounds, "\(Scalar.self) \(comment)", sourceLocation: sourceLocation)
}

/// Expects each number within the rounding error of an expression.
///
/// - Parameters:
///   - roundings: See `roundingBound`.
///   - magnitudes: See `roundingBound`.
package func expectClose<Scalar: KernelScalar>(
    _ actual: GuardedBuffer<Scalar>, _ expected: [Double], roundings: Int, magnitudes: [Double],
    _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(
        actual.values, expected,
        within: magnitudes.map { roundingBound(Scalar.self, roundings: roundings, magnitude: $0) },
        "\(Scalar.self) \(comment)", sourceLocation: sourceLocation)
}

/// Expects equal counts and |actual − expected| ≤ bound everywhere. Equal infinities agree; a NaN agrees with nothing,
/// and an infinite bound allows nothing.
package func expectClose(
    _ actual: [Double], _ expected: [Double], within bounds: [Double], _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count, bounds.count == expected.count else {
        Issue.record(
            "\(comment): \(actual.count) numbers, \(expected.count) expected, \(bounds.count) bounds",
            sourceLocation: sourceLocation)
        return
    }
    let wrong = actual.indices.filter {
        !(actual[$0] == expected[$0] || (bounds[$0].isFinite && abs(actual[$0] - expected[$0]) <= bounds[$0]))
    }
    guard let first = wrong.first else { return }
    Issue.record(
        """
        \(comment): \(wrong.count) of \(actual.count) are wrong; the first, at \(first), is \(actual[first]), \
        expected \(expected[first]) ± \(bounds[first])
        """, sourceLocation: sourceLocation)
}

/// Expects the same numbers, where NaN equals NaN.
package func expectSame(
    _ actual: [Double], _ expected: [Double], _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(comment): \(actual.count) numbers, \(expected.count) expected", sourceLocation: sourceLocation)
        return
    }
    for i in actual.indices where !(actual[i] == expected[i] || (actual[i].isNaN && expected[i].isNaN)) {
        Issue.record(
            "\(comment): at \(i) is \(actual[i]), expected \(expected[i])", sourceLocation: sourceLocation)
        return
    }
}

/// How many units in the last place `actual` is from the true value. Where only one of them is NaN, or infinite once
/// rounded, the distance is infinite.
package func ulps<Scalar: KernelScalar>(_ actual: Scalar, from expected: Double) -> Double {
    let rounded = Scalar(expected)
    if actual.isNaN || rounded.isNaN { return actual.isNaN && rounded.isNaN ? 0 : .infinity }
    if actual.isInfinite || rounded.isInfinite { return actual == rounded ? 0 : .infinity }
    return abs(Double(actual) - expected) / Double(rounded.ulp)
}

/// The input for which a function is furthest from its reference, and how many ulp that is.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func worstUlps<Scalar: KernelScalar>(
    _ actual: GuardedBuffer<Scalar>, of inputs: GuardedBuffer<Scalar>, from reference: (Double) -> Double
) -> (input: Double, ulps: Double) {
    precondition(actual.count == inputs.count)
    var worst = (input: 0.0, ulps: 0.0)
    for i in 0..<inputs.count {
        let input = Double(inputs.pointer[i])
        let distance = ulps(actual.pointer[i], from: reference(input))
        if distance > worst.ulps { worst = (input, distance) }
    }
    return worst
}
