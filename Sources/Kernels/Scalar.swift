/// The numbers that the kernels compute with: Float to train, Double to check gradients.
///
/// Arithmetic on `SIMD16<Scalar>` keeps its full speed in generic code. Comparisons, masks and bit patterns do not (they
/// become one branch per lane), so the few that the kernels need are requirements here, and the two conformances write
/// them with concrete types.
public protocol KernelScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable, BitwiseCopyable {
    /// Sixteen numbers: one register with AVX-512, two with AVX2 (Float).
    typealias Vector = SIMD16<Self>

    /// The lanes below zero made zero; NaN stays NaN.
    static func rectified(_ x: Vector) -> Vector
    /// `gradient` with zero in the lanes where `output` ≤ 0.
    static func gated(_ gradient: Vector, by output: Vector) -> Vector
    /// Takes over the lanes where `candidate` is greater than `best` or NaN, and writes `position` to their `index`.
    static func raise(_ best: inout Vector, _ index: inout Vector, to candidate: Vector, at position: Self)
    /// `values` with zero in the lanes whose `index` is not `position`; both at least 0.
    static func kept(_ values: Vector, where index: Vector, is position: Self) -> Vector
    /// |x|, also of NaN.
    static func magnitude(_ x: Vector) -> Vector
    /// The positive numbers `magnitude` with the signs of `x`.
    static func signed(_ magnitude: Vector, as x: Vector) -> Vector
    /// The same numbers in Double, for sums that must not lose digits.
    static func widened(_ x: Vector) -> SIMD16<Double>
    /// Doubles rounded to these numbers.
    static func narrowed(_ x: SIMD16<Double>) -> Vector
    /// The bits that are set in either: zero only where both numbers are.
    static func united(_ a: Vector, _ b: Vector) -> Vector
    /// Zeros and ones as numbers.
    static func numbers(_ bits: SIMD16<UInt32>) -> Vector
    /// `x` where `condition` ≥ `limit` and `otherwise` elsewhere, also where `condition` is NaN.
    static func select(_ x: Vector, where condition: Vector, isAtLeast limit: Self, otherwise: Vector) -> Vector
    /// 2ⁿ for whole numbers n within the exponents of normal numbers.
    static func powerOfTwo(_ n: Vector) -> Vector
    /// Writes a positive normal x as m·2ⁿ with m in [√½, √2).
    static func splitExponent(_ x: Vector) -> (m: Vector, n: Vector)
    /// How many terms the series of `exp` and of `log` need to reach this scalar's precision.
    static var seriesTerms: (exp: Int, log: Int) { get }
    /// The series of erf(x)/x in x², for |x| ≤ ½.
    static func errorFunctionSeries(_ square: Vector) -> Vector
    /// The series that `normalTail` multiplies by; see there.
    static func normalTailSeries(_ u: Vector) -> Vector
}

extension Float: KernelScalar {
    @_transparent
    public static func rectified(_ x: SIMD16<Float>) -> SIMD16<Float> { x.replacing(with: 0, where: x .< 0) }

    @_transparent
    public static func gated(_ gradient: SIMD16<Float>, by output: SIMD16<Float>) -> SIMD16<Float> {
        gradient.replacing(with: 0, where: output .<= 0)
    }

    @_transparent
    public static func raise(
        _ best: inout SIMD16<Float>, _ index: inout SIMD16<Float>, to candidate: SIMD16<Float>, at position: Float
    ) {
        let greater = candidate .> best
        let isNumber = candidate .<= candidate
        index = SIMD16(repeating: position).replacing(
            with: index.replacing(with: position, where: greater), where: isNumber)
        best = candidate.replacing(with: best.replacing(with: candidate, where: greater), where: isNumber)
    }

    @_transparent
    public static func kept(_ values: SIMD16<Float>, where index: SIMD16<Float>, is position: Float) -> SIMD16<Float> {
        // The bits' difference less one is below zero only where it was zero. (Comparisons go lane by lane in some loops.)
        let difference =
            unsafeBitCast(index, to: SIMD16<Int32>.self)
            ^ unsafeBitCast(SIMD16(repeating: position), to: SIMD16<Int32>.self)
        let isEqual = (difference &- 1) &>> 31
        return unsafeBitCast(unsafeBitCast(values, to: SIMD16<Int32>.self) & isEqual, to: SIMD16<Float>.self)
    }

    @_transparent
    public static func magnitude(_ x: SIMD16<Float>) -> SIMD16<Float> {
        unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF, to: SIMD16<Float>.self)
    }

    @_transparent
    public static func signed(_ magnitude: SIMD16<Float>, as x: SIMD16<Float>) -> SIMD16<Float> {
        let sign = unsafeBitCast(x, to: SIMD16<UInt32>.self) & ~0x7FFF_FFFF
        return unsafeBitCast(unsafeBitCast(magnitude, to: SIMD16<UInt32>.self) | sign, to: SIMD16<Float>.self)
    }

    @_transparent
    public static func widened(_ x: SIMD16<Float>) -> SIMD16<Double> { SIMD16<Double>(x) }

    @_transparent
    public static func narrowed(_ x: SIMD16<Double>) -> SIMD16<Float> { SIMD16<Float>(x) }

    @_transparent
    public static func united(_ a: SIMD16<Float>, _ b: SIMD16<Float>) -> SIMD16<Float> {
        unsafeBitCast(
            unsafeBitCast(a, to: SIMD16<UInt32>.self) | unsafeBitCast(b, to: SIMD16<UInt32>.self),
            to: SIMD16<Float>.self)
    }

    @_transparent
    public static func numbers(_ bits: SIMD16<UInt32>) -> SIMD16<Float> {
        // The pattern of 1 where the bit is 1.
        unsafeBitCast((0 &- bits) & 0x3F80_0000, to: SIMD16<Float>.self)
    }

    @_transparent
    public static func select(
        _ x: SIMD16<Float>, where condition: SIMD16<Float>, isAtLeast limit: Float, otherwise: SIMD16<Float>
    ) -> SIMD16<Float> { otherwise.replacing(with: x, where: condition .>= limit) }

    @_transparent
    public static func powerOfTwo(_ n: SIMD16<Float>) -> SIMD16<Float> {
        // Adding 1.5·2²³ leaves the whole number n in the low bits of the pattern; 127 is the exponent's bias.
        let bits = unsafeBitCast(n + 0x1.8p23, to: SIMD16<Int32>.self)
        return unsafeBitCast((bits &+ 127) &<< 23, to: SIMD16<Float>.self)
    }

    @_transparent
    public static func splitExponent(_ x: SIMD16<Float>) -> (m: SIMD16<Float>, n: SIMD16<Float>) {
        // Counting from the pattern of √½ makes the exponent step at √2 instead of at 2.
        let bits = unsafeBitCast(x, to: SIMD16<Int32>.self) &- 0x3F35_04F3
        let n = bits &>> 23
        let m = unsafeBitCast((bits & 0x007F_FFFF) &+ 0x3F35_04F3, to: SIMD16<Float>.self)
        return (m, SIMD16<Float>(n))
    }

    @_transparent
    public static var seriesTerms: (exp: Int, log: Int) { (7, 4) }
}

extension Double: KernelScalar {
    @_transparent
    public static func rectified(_ x: SIMD16<Double>) -> SIMD16<Double> { x.replacing(with: 0, where: x .< 0) }

    @_transparent
    public static func gated(_ gradient: SIMD16<Double>, by output: SIMD16<Double>) -> SIMD16<Double> {
        gradient.replacing(with: 0, where: output .<= 0)
    }

    @_transparent
    public static func raise(
        _ best: inout SIMD16<Double>, _ index: inout SIMD16<Double>, to candidate: SIMD16<Double>, at position: Double
    ) {
        let greater = candidate .> best
        let isNumber = candidate .<= candidate
        index = SIMD16(repeating: position).replacing(
            with: index.replacing(with: position, where: greater), where: isNumber)
        best = candidate.replacing(with: best.replacing(with: candidate, where: greater), where: isNumber)
    }

    @_transparent
    public static func kept(_ values: SIMD16<Double>, where index: SIMD16<Double>, is position: Double) -> SIMD16<
        Double
    > {
        // The bits' difference less one is below zero only where it was zero. (Comparisons go lane by lane in some loops.)
        let difference =
            unsafeBitCast(index, to: SIMD16<Int64>.self)
            ^ unsafeBitCast(SIMD16(repeating: position), to: SIMD16<Int64>.self)
        let isEqual = (difference &- 1) &>> 63
        return unsafeBitCast(unsafeBitCast(values, to: SIMD16<Int64>.self) & isEqual, to: SIMD16<Double>.self)
    }

    @_transparent
    public static func magnitude(_ x: SIMD16<Double>) -> SIMD16<Double> {
        unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt64>.self) & 0x7FFF_FFFF_FFFF_FFFF, to: SIMD16<Double>.self)
    }

    @_transparent
    public static func signed(_ magnitude: SIMD16<Double>, as x: SIMD16<Double>) -> SIMD16<Double> {
        let sign = unsafeBitCast(x, to: SIMD16<UInt64>.self) & ~0x7FFF_FFFF_FFFF_FFFF
        return unsafeBitCast(unsafeBitCast(magnitude, to: SIMD16<UInt64>.self) | sign, to: SIMD16<Double>.self)
    }

    @_transparent
    public static func widened(_ x: SIMD16<Double>) -> SIMD16<Double> { x }

    @_transparent
    public static func narrowed(_ x: SIMD16<Double>) -> SIMD16<Double> { x }

    @_transparent
    public static func united(_ a: SIMD16<Double>, _ b: SIMD16<Double>) -> SIMD16<Double> {
        unsafeBitCast(
            unsafeBitCast(a, to: SIMD16<UInt64>.self) | unsafeBitCast(b, to: SIMD16<UInt64>.self),
            to: SIMD16<Double>.self)
    }

    @_transparent
    public static func numbers(_ bits: SIMD16<UInt32>) -> SIMD16<Double> {
        var numbers = SIMD16<Double>()
        for lane in 0..<16 { numbers[lane] = Double(bits[lane]) }
        return numbers
    }

    @_transparent
    public static func select(
        _ x: SIMD16<Double>, where condition: SIMD16<Double>, isAtLeast limit: Double, otherwise: SIMD16<Double>
    ) -> SIMD16<Double> { otherwise.replacing(with: x, where: condition .>= limit) }

    @_transparent
    public static func powerOfTwo(_ n: SIMD16<Double>) -> SIMD16<Double> {
        let bits = unsafeBitCast(n + 0x1.8p52, to: SIMD16<Int64>.self)
        return unsafeBitCast((bits &+ 1023) &<< 52, to: SIMD16<Double>.self)
    }

    @_transparent
    public static func splitExponent(_ x: SIMD16<Double>) -> (m: SIMD16<Double>, n: SIMD16<Double>) {
        let bits = unsafeBitCast(x, to: SIMD16<Int64>.self) &- 0x3FE6_A09E_667F_3BCD
        let n = bits &>> 52
        let m = unsafeBitCast((bits & 0x000F_FFFF_FFFF_FFFF) &+ 0x3FE6_A09E_667F_3BCD, to: SIMD16<Double>.self)
        return (m, SIMD16<Double>(n))
    }

    @_transparent
    public static var seriesTerms: (exp: Int, log: Int) { (13, 10) }
}
