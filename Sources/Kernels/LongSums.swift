// Sums of many terms. A chain of n additions in one accumulator is off by up to n·u of the sum of the terms' sizes, where u is
// half an ulp of 1 (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §4.2), so a long one is cut into blocks
// that start from zero:
//
//     x₁ + x₂ + … + x₁₂₈ │ x₁₂₉ + …                 a block: a chain in the kernel's own scalar
//               └────────────────┴──→ total          of blocks, in Double
//
// which is off by up to 129·u, however many terms there are. A matrix product, and a depthwise convolution's gradient, whose
// terms have no such neighbours, add the blocks up where the result lies, off by up to (block + blocks)·u.
//
// Sums of at most 1024 terms (in a matrix product 2048) stay one chain, and so do those over a group of at most 8
// samples of that size: one chain is fastest, and 1024·u is 6·10⁻⁵ in Float.

/// The most terms that one chain may have within a sample.
let longestChain = 1024

/// The most samples whose sums may go on in one chain. A pass over a sample of a larger group is told to make its sums
/// `separately`: from zero, added to the group's when they are done.
package let longestGroup = 8

/// Terms of a block.
let chainBlock = 128

/// The total of the blocks.
struct BlockSum<Scalar: KernelScalar> {
    private var total = SIMD16<Double>.zero

    @inline(__always)
    init() {}

    /// Adds a block's sum and makes it zero for the next.
    @inline(__always)
    mutating func take(_ block: inout SIMD16<Scalar>) {
        total += Scalar.widened(block)
        block = .zero
    }

    @inline(__always)
    var value: SIMD16<Scalar> { Scalar.narrowed(total) }

    /// The sum of all lanes.
    @inline(__always)
    var sum: Double { LanesKernels.sum(total) }
}

/// The terms in blocks, or all of them as one.
@inline(__always)
func blocks(_ count: Int, isCut: Bool) -> Blocks { Blocks(count: count, length: isCut ? chainBlock : max(count, 1)) }

struct Blocks: Sequence, IteratorProtocol {
    let count: Int
    let length: Int
    var start = 0

    @inline(__always)
    init(count: Int, length: Int) { (self.count, self.length) = (count, length) }

    @inline(__always)
    mutating func next() -> Range<Int>? {
        guard start < count else { return nil }
        defer { start += length }
        return start..<Swift.min(start + length, count)
    }
}
