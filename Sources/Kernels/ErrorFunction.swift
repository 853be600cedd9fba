// The error function and the normal distribution. With Φ the standard normal distribution function and φ its density:
//
//     erf x = 2/√π ∫₀ˣ exp(−t²) dt        Φ(x) = ½·(1 + erf(x/√2))        φ(x) = exp(−x²/2)/√(2π)

/// Φ(−m) = ½·erfc(m/√2) and exp(−m²/2) for m ≥ 0, with small relative error down to the least normal number.
///
/// Φ(−m)·exp(m²/2) falls slowly, like 1/m, and is q·P(q − ½) with q = 1/(1 + m/2) and a polynomial P that interpolates it
/// at the Chebyshev points of all q that occur (relative error 4·10⁻⁹ in Float, 8·10⁻¹⁸ in Double).
@inline(__always)
func normalTail<Scalar: KernelScalar>(_ m: SIMD16<Scalar>) -> (tail: SIMD16<Scalar>, bell: SIMD16<Scalar>) {
    let m = Scalar.select(
        SIMD16(repeating: Scalar.normalTailEnd), where: m, isAtLeast: Scalar.normalTailEnd, otherwise: m)
    // The rounding of m² would cost m² ulp. But m² = near² + (m − near)·(m + near), where `near` has so few bits that its
    // square is exact: 12 in Float, 26 in Double.
    let magic: Scalar = Scalar.significandBitCount < 30 ? 0x1.8p15 : 0x1.8p32
    let near = (m + magic) - magic
    let bell = exp(near * near * -0.5, plus: (m - near) * (m + near) * -0.5)
    let q = 1 / (m * 0.5 + 1)
    return (bell * (q * Scalar.normalTailSeries(q - 0.5)), bell)
}

/// Φ(x) and exp(−x²/2).
@inline(__always)
func normalDistribution<Scalar: KernelScalar>(
    _ x: SIMD16<Scalar>
) -> (distribution: SIMD16<Scalar>, bell: SIMD16<Scalar>) {
    let (tail, bell) = normalTail(Scalar.magnitude(x))
    return (Scalar.select(1 - tail, where: x, isAtLeast: 0, otherwise: tail), bell)
}

/// erf x, within 3 ulp.
@inline(__always)
func erf<Scalar: KernelScalar>(_ x: SIMD16<Scalar>) -> SIMD16<Scalar> {
    let m = Scalar.magnitude(x)
    let large = 1 - normalTail(m * 1.4142135623730951).tail * 2
    return Scalar.select(
        Scalar.signed(large, as: x), where: m, isAtLeast: 0.5, otherwise: x * Scalar.errorFunctionSeries(x * x))
}

extension KernelScalar {
    /// From here on Φ(−m) and m·Φ(−m) are 0.
    @inline(__always)
    static var normalTailEnd: Self { Self.significandBitCount < 30 ? 14.5 : 39 }
}

extension Float {
    @inline(__always)
    public static func errorFunctionSeries(_ square: SIMD16<Float>) -> SIMD16<Float> {
        polynomial(
            square,
            [
                1.12837917, -0.376126389, 0.112837917, -0.0268661706, 0.00522397763, -0.000854832702, 0.00012055333,
            ])
    }

    @inline(__always)
    public static func normalTailSeries(_ u: SIMD16<Float>) -> SIMD16<Float> {
        polynomial(
            u,
            [
                0.336204002, 0.331404475, 0.0575947726, -0.146877582, -0.00375940591, 0.107752512, -0.0624267687,
                -0.0527239817, 0.106921825, -0.0338988746, -0.0760053777, 0.0666759547,
            ])
    }
}

extension Double {
    @inline(__always)
    public static func errorFunctionSeries(_ square: SIMD16<Double>) -> SIMD16<Double> {
        polynomial(
            square,
            [
                1.1283791670955126, -0.37612638903183754, 0.11283791670955126, -0.026866170645131252,
                0.0052239776254421879, -0.00085483270234508533, 0.00012055332981789664, -1.492565035840625e-05,
                1.6462114365889248e-06, -1.6365844691234924e-07, 1.4807192815879218e-08, -1.2290555301717928e-09,
                9.4227590646504113e-11,
            ])
    }

    @inline(__always)
    public static func normalTailSeries(_ u: SIMD16<Double>) -> SIMD16<Double> {
        polynomial(
            u,
            [
                0.33620400244634119, 0.33140444238878103, 0.057594720690727116, -0.14687344387568238,
                -0.0037567746755196281, 0.10759851324919116, -0.062435973101772207, -0.050247561906355015,
                0.10588146180535311, -0.052989887937814353, -0.059234505908040316, 0.13163724946153904,
                -0.094329009147970863, -0.039656324345593616, 0.17797232112341033, -0.20597708153868624,
                0.064358597487793157, 0.18736798512755687, -0.37077041100158931, 0.35176903646883517,
                -0.18952952400803158, -0.29041386389466656, 1.4962338484065278, -1.9117710734715792,
                -1.1214883340849646, 4.34556992535693, -1.5479205294204477, -2.9788169554376109, 2.1378454656409218,
            ])
    }
}

/// c₀ + c₁·x + c₂·x² + …
@inline(__always)
private func polynomial<Scalar: KernelScalar, let count: Int>(
    _ x: SIMD16<Scalar>, _ coefficients: InlineArray<count, Scalar>
) -> SIMD16<Scalar> {
    var sum = SIMD16<Scalar>(repeating: coefficients[count - 1])
    for k in stride(from: count - 2, through: 0, by: -1) {
        sum = multiplyAdd(SIMD16(repeating: coefficients[k]), sum, x)
    }
    return sum
}
