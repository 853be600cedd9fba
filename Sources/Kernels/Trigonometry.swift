// Sine, cosine and tangent of Doubles, our own like the functions in Exponential.swift: what turns an image or a
// learning rate must not depend on the last bit of a system's library. Every operation here is exact by IEEE 754 or
// rounded once, so the bits are the same on every machine.
//
// An angle is brought to r = x − n·π/2 within ±π/4, with the rest ρ of its digits in a second number. Sine and cosine are sums of
// a great and a small term, from Taylor series whose first terms left out are below 10⁻²⁰:
//
//     sin(r + ρ) = r + [r³·(−1/3! + r²/5! − …) + ρ·(1 − r²/2)]
//     cos(r + ρ) = (1 − r²/2) + [r⁴·(1/4! − r²/6! + …) − r·ρ]
//
// The small one is at most 0.11 of the result, and it is rounded some four times; so the results are within 1 ulp, 0.5 from the
// last addition and 0.4 from it. The tangent, a quotient whose rest is put right, is within 2. All this is for angles up to a
// million; greater ones are first taken modulo the Double that is nearest to 2π.

extension Double {
    /// The sine of an angle in radians; NaN for ±∞ and NaN.
    package static func sin(_ x: Double) -> Double {
        guard x != 0 else { return x }
        let (n, r, rest) = reduced(x)
        let value = n & 1 == 0 ? sineTerms(r, rest) : cosineTerms(r, rest)
        return n & 2 == 0 ? value.great + value.small : -(value.great + value.small)
    }

    /// The cosine of an angle in radians; NaN for ±∞ and NaN.
    package static func cos(_ x: Double) -> Double {
        let (n, r, rest) = reduced(x)
        let value = n & 1 == 0 ? cosineTerms(r, rest) : sineTerms(r, rest)
        return (n + 1) & 2 == 0 ? value.great + value.small : -(value.great + value.small)
    }

    /// The tangent of an angle in radians; NaN for ±∞ and NaN.
    package static func tan(_ x: Double) -> Double {
        guard x != 0 else { return x }
        let (n, r, rest) = reduced(x)
        let (sine, cosine) = (twoDoubles(sineTerms(r, rest)), twoDoubles(cosineTerms(r, rest)))
        // −1/tan in every other quarter.
        var (above, below) = (sine, cosine)
        if n & 1 == 1 { (above, below) = ((-cosine.sum, -cosine.error), sine) }
        let quotient = above.sum / below.sum
        let remainder = above.sum.addingProduct(-quotient, below.sum) + (above.error - quotient * below.error)
        return quotient + remainder / below.sum
    }
}

/// x as n·π/2 + r + rest.
private func reduced(_ x: Double) -> (n: Int, r: Double, rest: Double) {
    guard x.isFinite else { return (0, .nan, 0) }
    // π/2 is the sum of these.
    let (first, second, third) = (0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110)
    let x = abs(x) < 0x1p20 ? x : x.remainder(dividingBy: 4 * first)
    let n = (x * (2 / Double.pi)).rounded(.toNearestOrEven)
    guard n != 0 else { return (0, x, 0) }
    // The first difference is exact: both numbers are multiples of 2⁻⁵³, and it is below 1.
    let near = x.addingProduct(-n, first)
    // Beside a multiple of π/2 the second is as large, so that what both roundings lose must be found (Knuth's TwoSum).
    let product = -n * second
    let r = near + product
    let added = r - near
    let lost = (near - (r - added)) + (product - added)
    return (Int(n), r, lost + (-product).addingProduct(-n, second).addingProduct(-n, third))
}

/// The sine of r + rest, for r within ±π/4.
private func sineTerms(_ r: Double, _ rest: Double) -> (great: Double, small: Double) {
    let square = r * r
    let series = polynomial(square, sineCoefficients)
    return (r, (rest * (1 - square / 2)).addingProduct(r * square, series))
}

/// The cosine of r + rest, for r within ±π/4.
private func cosineTerms(_ r: Double, _ rest: Double) -> (great: Double, small: Double) {
    let square = r * r
    let squareError = (-square).addingProduct(r, r)
    let great = 1 - square / 2
    let series = polynomial(square, cosineCoefficients)
    // What was lost when `great` was rounded, which these two differences give exactly, and when r² was.
    let lost = ((1 - great) - square / 2) - squareError / 2
    return (great, (lost - r * rest).addingProduct(square * square, series))
}

/// −1/3!, 1/5!, … −1/19! and 1/4!, −1/6!, … −1/18!.
private let sineCoefficients: InlineArray<9, Double> = [
    -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880, -1 / 39_916_800, 1 / 6_227_020_800, -1 / 1_307_674_368_000,
    1 / 355_687_428_096_000, -1 / 121_645_100_408_832_000,
]
private let cosineCoefficients: InlineArray<8, Double> = [
    1 / 24, -1 / 720, 1 / 40_320, -1 / 3_628_800, 1 / 479_001_600, -1 / 87_178_291_200, 1 / 20_922_789_888_000,
    -1 / 6_402_373_705_728_000,
]

/// c₀ + c₁·x + c₂·x² + …
private func polynomial<let count: Int>(_ x: Double, _ coefficients: InlineArray<count, Double>) -> Double {
    var sum = coefficients[count - 1]
    for k in stride(from: count - 2, through: 0, by: -1) { sum = coefficients[k].addingProduct(sum, x) }
    return sum
}

/// The sum, and what its rounding lost.
private func twoDoubles(_ terms: (great: Double, small: Double)) -> (sum: Double, error: Double) {
    let sum = terms.great + terms.small
    return (sum, (terms.great - sum) + terms.small)
}
