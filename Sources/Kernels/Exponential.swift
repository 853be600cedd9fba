// exp, log and what follows from them, of vectors. Our own, so that results do not depend on the system's libm, and because
// libm works on one lane at a time. Errors: exp and log 2 ulp; exp − 1, sigmoid and tanh 3 ulp.

/// eˣ: ∞ above the greatest finite result, gradual underflow below the least normal one, NaN for NaN.
@inline(__always)
func exp<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
    let (n, r) = splitExponential(x)
    return joinExponential(n, r)
}

/// e^(x + low) for a `low` of at most 1/32: as exact as if x + low were not rounded.
@inline(__always)
func exp<Scalar: KernelScalar>(_ x: SIMD16<Scalar>, plus low: SIMD16<Scalar>) -> SIMD16<Scalar> {
    let (n, r) = splitExponential(x)
    return joinExponential(n, r + low)
}

/// x = n·ln 2 + r with a whole number n and |r| ≤ ½ ln 2.
@inline(__always)
private func splitExponential<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> (n: SIMD16<Scalar>, r: SIMD16<Scalar>) {
    let least = Scalar(Scalar.leastNormalMagnitude.exponent)
    let most = Scalar(Scalar.greatestFiniteMagnitude.exponent + 2)
    // Limits, beyond which the result is ∞ or 0 anyway, that leave NaN alone and keep the two factors below normal.
    let high = Scalar.select(SIMD16(repeating: most), where: x, isAtLeast: most, otherwise: x)
    let bounded = -Scalar.select(SIMD16(repeating: -least), where: -high, isAtLeast: -least, otherwise: -high)

    let n = rounded(bounded * Scalar.inverseLn2)
    var r = multiplyAdd(bounded, n, SIMD16(repeating: -Scalar.ln2High))
    r = multiplyAdd(r, n, SIMD16(repeating: -Scalar.ln2Low))
    return (n, r)
}

/// 2ⁿ·eʳ, the latter by its Taylor series.
@inline(__always)
private func joinExponential<Scalar: KernelScalar>(_ n: SIMD16<Scalar>, _ r: SIMD16<Scalar>) -> SIMD16<Scalar> {
    var series = SIMD16<Scalar>(repeating: 1)
    for k in stride(from: Scalar.seriesTerms.exp, through: 1, by: -1) {
        series = multiplyAdd(SIMD16(repeating: 1), series, r * (1 / Scalar(k)))
    }
    // 2ⁿ in two factors, since 2ⁿ itself may be too large or too small where the result is not.
    let half = rounded(n * 0.5)
    return series * Scalar.powerOfTwo(half) * Scalar.powerOfTwo(n - half)
}

/// The nearest whole number, of numbers below 2^(bits − 2).
@inline(__always)
private func rounded<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
    // Adding and subtracting 1.5·2^(bits − 1) rounds to a whole number.
    let magic = Scalar(sign: .plus, exponent: Scalar.Exponent(Scalar.significandBitCount - 1), significand: 3)
    return (x + magic) - magic
}

/// eˣ − 1 for x ≤ 0, with small relative error also near 0; −1 for −∞. Not for x above 0.
@inline(__always)
func expMinus1<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
    // Below, the result rounds to −1, and 2ⁿ would leave the normal numbers.
    let end = Scalar(Scalar.significandBitCount + 2)
    let bounded = -Scalar.select(SIMD16(repeating: end), where: -x, isAtLeast: end, otherwise: -x)
    let (n, r) = splitExponential(bounded)
    // eʳ − 1 = r + r²·(1/2 + r/6 + …), and eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1).
    var series = SIMD16<Scalar>(repeating: 1)
    for k in stride(from: Scalar.seriesTerms.exp, through: 3, by: -1) {
        series = multiplyAdd(SIMD16(repeating: 1), series, r * (1 / Scalar(k)))
    }
    let small = multiplyAdd(r, r * r * 0.5, series)
    let power = Scalar.powerOfTwo(n)
    return multiplyAdd(power - 1, small, power)
}

/// 1/(1 + e⁻ˣ).
@inline(__always)
func sigmoid<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> { sigmoids(x).value }

/// σ(x) and 1 − σ(x) = σ(−x), both with small relative error.
@inline(__always)
func sigmoids<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> (value: SIMD16<Scalar>, rest: SIMD16<Scalar>) {
    // The greater one is 1/(1 + z) with z = exp(−|x|), which does not overflow, and the lesser one z/(1 + z).
    let z = exp(-Scalar.magnitude(x))
    let (greater, lesser) = (1 / (1 + z), z / (1 + z))
    return (
        Scalar.select(greater, where: x, isAtLeast: 0, otherwise: lesser),
        Scalar.select(lesser, where: x, isAtLeast: 0, otherwise: greater)
    )
}

/// The hyperbolic tangent.
@inline(__always)
func tanh<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
    // With e = exp(−2|x|) − 1: tanh |x| = −e/(2 + e).
    let e = expMinus1(Scalar.magnitude(x) * -2)
    return Scalar.signed(Scalar.magnitude(e / (2 + e)), as: x)
}

/// ln x: −∞ for 0, NaN below, ∞ for ∞.
///
/// x = m·2ⁿ with m in [√½, √2), and ln m = 2 artanh s with s = (m − 1)/(m + 1).
@inline(__always)
func log<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
    // Subnormal numbers are scaled up by 2^bits first.
    let lift = Scalar(sign: .plus, exponent: Scalar.Exponent(Scalar.significandBitCount + 1), significand: 1)
    let tiny = Scalar.leastNormalMagnitude
    let scaled = Scalar.select(x, where: x, isAtLeast: tiny, otherwise: x * lift)
    let lifted = Scalar.select(
        .zero, where: x, isAtLeast: tiny, otherwise: SIMD16(repeating: Scalar(Scalar.significandBitCount + 1)))
    var (m, n) = Scalar.splitExponent(scaled)
    n -= lifted
    let s = (m - 1) / (m + 1)
    let square = s * s
    var series = SIMD16<Scalar>(repeating: 1 / Scalar(2 * Scalar.seriesTerms.log + 1))
    for k in stride(from: Scalar.seriesTerms.log - 1, through: 1, by: -1) {
        series = multiplyAdd(SIMD16(repeating: 1 / Scalar(2 * k + 1)), series, square)
    }
    // ln m = 2s + 2s³·series; the small parts are added first.
    let small = multiplyAdd(n * Scalar.ln2Low, s * square * 2, series)
    let result = multiplyAdd(s * 2 + small, n, SIMD16(repeating: Scalar.ln2High))
    // Zero, negative numbers, infinity and NaN have no such split.
    let infinity = SIMD16<Scalar>(repeating: .infinity)
    let positive = Scalar.select(result, where: x, isAtLeast: Scalar.leastNonzeroMagnitude, otherwise: -infinity)
    let finite = Scalar.select(infinity, where: x, isAtLeast: .infinity, otherwise: positive)
    return Scalar.select(finite, where: x, isAtLeast: 0, otherwise: SIMD16(repeating: .nan))
}

extension KernelScalar {
    // ln 2 as a sum: the high part has few enough bits that n times it is exact.
    @inline(__always)
    static var ln2High: Self { Self.significandBitCount < 30 ? 0x1.62e4p-1 : 0x1.62e42feep-1 }
    @inline(__always)
    static var ln2Low: Self { Self.significandBitCount < 30 ? 0x1.7f7d1cp-20 : 0x1.a39ef35793c76p-33 }
    @inline(__always)
    static var inverseLn2: Self { 1.4426950408889634 }
}

/// yᵢ = exp xᵢ. `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func exponential<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
    for (offset, lanes) in vectors(count) {
        store(exp(load(input + offset, lanes: lanes)), to: output + offset, lanes: lanes)
    }
}

/// yᵢ = ln xᵢ. `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func logarithm<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
    for (offset, lanes) in vectors(count) {
        store(log(load(input + offset, lanes: lanes)), to: output + offset, lanes: lanes)
    }
}
