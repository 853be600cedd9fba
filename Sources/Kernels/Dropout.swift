/// y = x/(1 − p) with probability 1 − p, else 0 (Srivastava et al., 2014, in its "inverted" form); its backward pass is
/// the same function of y' with the same key.
///
/// Whether element i is kept depends on (key, i) alone.
///
/// - Parameters:
///   - key: Random bits of this sample, layer and step.
///   - probability: p, of dropping, in [0, 1).
///   - output: May be `input`; added to if `accumulating`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func dropout<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, probability: Double, key: UInt64,
    into output: UnsafeMutablePointer<Scalar>, accumulating: Bool = false
) {
    let limit = UInt32((1 - probability) * 0x1p24)
    let scale = SIMD16<Scalar>(repeating: Scalar(1 / (1 - probability)))
    let lane = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let (low, high) = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key &>> 32))
    for (offset, lanes) in vectors(count) {
        // Two rounds of multiply and shift, the 32-bit finalizer of MurmurHash3 (Appleby), over the element's number.
        var hash = (lane &+ UInt32(truncatingIfNeeded: offset)) ^ low
        hash = (hash ^ (hash &>> 16)) &* 0x85EB_CA6B
        hash = (hash ^ (hash &>> 13) ^ high) &* 0xC2B2_AE35
        hash ^= hash &>> 16
        // 24 random bits minus the limit are negative, their top bit 1, where the element is kept.
        let mask = Scalar.numbers(((hash &>> 8) &- limit) &>> 31)
        var result = load(input + offset, lanes: lanes) * scale * mask
        if accumulating { result += load(output + offset, lanes: lanes) }
        store(result, to: output + offset, lanes: lanes)
    }
}
