import LanesKernels

// A step h of 2⁻¹⁰ leaves about as much truncation as rounding; as a power of two it adds exactly to numbers near 1.
private let step = 0x1p-10

/// The gradient of `f` at `x` by the five-point central difference
///
///     f'(x) ≈ (f(x − 2h) − 8 f(x − h) + 8 f(x + h) − f(x + 2h)) / 12h
package func numericalGradient(of f: ([Double]) -> Double, at x: [Double]) -> [Double] {
    x.indices.map { i in
        func shifted(_ distance: Double) -> Double {
            var y = x
            y[i] += distance
            return f(y)
        }
        return (shifted(-2 * step) - 8 * shifted(-step) + 8 * shifted(step) - shifted(2 * step)) / (12 * step)
    }
}

/// The greatest error of `numericalGradient`.
///
/// The truncation is h⁴/30·|f⁽⁵⁾|, and by Cauchy's estimate |f⁽⁵⁾| ≤ 5!·M where |f| ≤ M in the complex plane within 1 of
/// x: 4h⁴M. The four values are wrong by at most γₙ·M each and have weights of 18/12h together.
///
/// - Parameters:
///   - magnitude: M, for a distance of 1 in any one coordinate.
///   - roundings: n, of one evaluation of `f`.
package func numericalGradientBound(magnitude: Double, roundings: Int) -> Double {
    let rounding = roundingBound(Double.self, roundings: roundings, magnitude: magnitude) / 2
    return 4 * step * step * step * step * magnitude + 1.5 / step * rounding
}
