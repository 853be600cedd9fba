/// As many multiply-adds as the processor can do: independent chains in registers, no memory at all. What its time says
/// is the peak that benchmarks are measured by.
///
/// A chain waits for its own last result, four cycles or so; two units need eight chains to stay busy. The twelve
/// registers of a full matrix tile's sums are enough for that and leave some free. What is added to is the chain itself: arm64's
/// instruction overwrites that operand, and would want another to be moved first.
///
/// - Returns: Something that depends on every operation, and the floating-point operations done: two a multiply-add.
@inline(never)
package func multiplyAddChains(iterations: Int, factor: Float, addend: Float) -> (result: Float, operations: Int) {
    @inline(__always)
    func run<let count: Int>(_: InlineArray<count, SIMD16<Float>>.Type) -> (result: Float, operations: Int) {
        var chains = InlineArray<count, SIMD16<Float>> { SIMD16(repeating: Float($0)) }
        let (factor, addend) = (SIMD16(repeating: factor), SIMD16(repeating: addend))
        for _ in 0..<iterations {
            for i in chains.indices { chains[i] = multiplyAdd(chains[i], factor, addend) }
        }
        var total = SIMD16<Float>.zero
        for i in chains.indices { total += chains[i] }
        return (sum(total), 2 * iterations * count * vectorWidth)
    }
    return hasAVX512 ? run(InlineArray<12, SIMD16<Float>>.self) : run(InlineArray<6, SIMD16<Float>>.self)
}
