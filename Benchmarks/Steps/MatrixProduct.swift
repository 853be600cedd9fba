/// C[m × n] = A[m × k]·B[k × n], all three row-major: A[i, l] is `a[i * k + l]`.
///
/// Unchecked, because threads share it: each writes rows of C that no other touches.
package struct MatrixProduct: @unchecked Sendable {
    package let m: Int
    package let n: Int
    package let k: Int
    package let a: UnsafePointer<Float>
    package let b: UnsafePointer<Float>
    package let c: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - a: m × k numbers.
    ///   - b: k × n numbers.
    ///   - c: Room for m × n numbers, which overlaps neither.
    package init(
        m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        into c: UnsafeMutablePointer<Float>
    ) {
        (self.m, self.n, self.k) = (m, n, k)
        (self.a, self.b, self.c) = (a, b, c)
    }

    /// The product that makes some rows of C alone.
    package func rows(_ rows: Range<Int>) -> MatrixProduct {
        MatrixProduct(m: rows.count, n: n, k: k, a + rows.lowerBound * k, b, into: c + rows.lowerBound * n)
    }

    /// The rows of C in bands, one for each thread, of whole tiles where there are enough.
    package func bands(_ count: Int) -> [Range<Int>] {
        let tiles = (m + tileRows - 1) / tileRows
        let height = (tiles + count - 1) / max(1, count) * tileRows
        return (0..<count).map { min($0 * height, m)..<min(($0 + 1) * height, m) }
    }
}

/// Sixteen numbers at once: one register of AVX-512, two of AVX2, four of arm64.
typealias Vector = SIMD16<Float>

#if arch(x86_64) && LANES_AVX512 && !LANES_PORTABLE
    /// A tile of C that stays in registers: 12 of 32 for the sums.
    typealias Tile = InlineArray<12, Vector>
    let tileRows = 12
#else
    /// A tile of C that stays in registers: 12 of AVX2's 16 for the sums.
    typealias Tile = InlineArray<6, Vector>
    let tileRows = 6
#endif

@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Vector {
    UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
}

@inline(__always)
func store(_ vector: Vector, to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
}

/// sum + a·b in all lanes: one instruction where the processor has a fused multiply-add.
@inline(__always)
func multiplyAdd(_ sum: Vector, _ a: Float, _ b: Vector) -> Vector {
    #if arch(x86_64) && !LANES_FMA
        sum + Vector(repeating: a) * b
    #else
        sum.addingProduct(Vector(repeating: a), b)
    #endif
}
