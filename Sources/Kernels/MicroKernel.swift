// The innermost loop of every matrix product, and with it of every dense and convolution layer:
//
//        depth                  16                     16
//     ┌──────────┐          ┌────────┐            ┌────────┐
//  rows│    A     │  ·  depth│   B    │   +   rows │   D    │   →  C
//     └──────────┘          └────────┘            └────────┘
//
// `rows` accumulators of sixteen lanes stay in registers. For every k one vector of B is loaded and each A[i, k] is
// broadcast into all lanes. A may lie anywhere, since single elements are read from it; B and C want 16 neighbours. A last
// panel of at most eight columns has accumulators of eight lanes.

/// A matrix read element by element: (i, j) lies at `pointer[i * rowStride + j * columnStride]`. One of the strides is 1.
package struct Strided<Scalar> {
    var pointer: UnsafePointer<Scalar>
    var rowStride: Int
    var columnStride: Int

    /// A row-major matrix (`columnStride` 1), a transposed one (`rowStride` 1).
    package init(_ pointer: UnsafePointer<Scalar>, rowStride: Int, columnStride: Int = 1) {
        self.pointer = pointer
        self.rowStride = rowStride
        self.columnStride = columnStride
    }
}

/// A matrix read by vectors of 16 columns: (i, j) lies at `pointer[j / 16 * panelStride + i * rowStride + j % 16]`.
///
///     row-major, n columns:     rowStride = n,  panelStride = 16
///     packed, [n/16][rows][16]: rowStride = 16, panelStride = rows * 16
///     one row for all (a bias): rowStride = 0,  panelStride = 16
package struct Panels<Scalar> {
    var pointer: UnsafeMutablePointer<Scalar>
    var rowStride: Int
    var panelStride: Int

    /// Any layout of the table above.
    package init(_ pointer: UnsafeMutablePointer<Scalar>, rowStride: Int, panelStride: Int) {
        self.pointer = pointer
        self.rowStride = rowStride
        self.panelStride = panelStride
    }

    /// A matrix of whole rows.
    package static func rowMajor(_ pointer: UnsafeMutablePointer<Scalar>, columns: Int) -> Panels {
        Panels(pointer, rowStride: columns, panelStride: vectorWidth)
    }

    /// A matrix packed as [columns/16][rows][16].
    package static func packed(_ pointer: UnsafeMutablePointer<Scalar>, rows: Int) -> Panels {
        Panels(pointer, rowStride: vectorWidth, panelStride: rows * vectorWidth)
    }

    /// One row of numbers, given to every row of the product.
    package static func bias(_ pointer: UnsafeMutablePointer<Scalar>) -> Panels {
        Panels(pointer, rowStride: 0, panelStride: vectorWidth)
    }

    @inline(__always)
    func at(row: Int, panel: Int) -> UnsafeMutablePointer<Scalar> { pointer + row * rowStride + panel * panelStride }

    /// The same matrix from the given row and panel on.
    @inline(__always)
    package func from(row: Int = 0, panel: Int = 0) -> Panels {
        Panels(at(row: row, panel: panel), rowStride: rowStride, panelStride: panelStride)
    }
}

// The rows of a full tile. AVX2 has 16 registers of half a vector: 6 × 2 accumulators, 2 of B, 1 broadcast, and the same
// serves arm64. AVX-512 has 32 whole ones, takes the broadcast from memory, and keeps Double (two a vector) within them.
#if LANES_AVX512
    let tileRows = 12
#else
    let tileRows = 6
#endif

/// C = D + A·B for `rows` rows and a vector of columns; without `d`, C = A·B. C is only written, so it may hold anything.
///
/// - Parameter addsLast: Whether A·B is summed by itself and added to D, or else the sum starts with D.
@inline(__always)
private func multiplyTile<Scalar: KernelScalar, Lanes: SIMD<Scalar>, let rows: Int>(
    _: InlineArray<rows, Lanes>.Type, depth: Int,
    a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
    b: UnsafeMutablePointer<Scalar>, bRowStride: Int,
    d: UnsafeMutablePointer<Scalar>?, dRowStride: Int, addsLast: Bool,
    c: UnsafeMutablePointer<Scalar>, cRowStride: Int
) {
    // Not by `repeating:`, which is not inlined: the accumulators would begin in memory.
    var sums = InlineArray<rows, Lanes> { _ in .zero }
    if let d, !addsLast {
        for row in 0..<rows { sums[row] = UnsafeRawPointer(d + row &* dRowStride).loadUnaligned(as: Lanes.self) }
    }
    var a = a
    var b = b
    for _ in 0..<depth {
        let right = UnsafeRawPointer(b).loadUnaligned(as: Lanes.self)
        for row in 0..<rows {
            sums[row] = multiplyAdd(sums[row], Lanes(repeating: a[row &* aRowStride]), right)
        }
        a += aColumnStride
        b += bRowStride
    }
    if let d, addsLast {
        for row in 0..<rows { sums[row] += UnsafeRawPointer(d + row &* dRowStride).loadUnaligned(as: Lanes.self) }
    }
    for row in 0..<rows { UnsafeMutableRawPointer(c + row &* cRowStride).storeBytes(of: sums[row], as: Lanes.self) }
}

/// The tile with its number of rows, 1…12, chosen at run time.
///
/// Never inlined: one function for all callers is small enough for the compiler to keep every accumulator in a register. In
/// some of the callers it would put them into memory.
@inline(never)
func multiplyTile<Scalar: KernelScalar, Lanes: SIMD<Scalar>>(
    _: Lanes.Type, rows: Int, depth: Int,
    a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
    b: UnsafeMutablePointer<Scalar>, bRowStride: Int,
    d: UnsafeMutablePointer<Scalar>?, dRowStride: Int, addsLast: Bool,
    c: UnsafeMutablePointer<Scalar>, cRowStride: Int
) {
    @inline(__always)
    func tile<let count: Int>(_ type: InlineArray<count, Lanes>.Type) {
        // With a stride that is known to be 1 the loop's addresses are cheap; otherwise they are one long chain of sums.
        if aColumnStride == 1 {
            multiplyTile(
                type, depth: depth, a: a, aRowStride: aRowStride, aColumnStride: 1, b: b, bRowStride: bRowStride, d: d,
                dRowStride: dRowStride, addsLast: addsLast, c: c, cRowStride: cRowStride)
        } else {
            multiplyTile(
                type, depth: depth, a: a, aRowStride: 1, aColumnStride: aColumnStride, b: b, bRowStride: bRowStride,
                d: d, dRowStride: dRowStride, addsLast: addsLast, c: c, cRowStride: cRowStride)
        }
    }
    switch rows {
    case 1: tile(InlineArray<1, Lanes>.self)
    case 2: tile(InlineArray<2, Lanes>.self)
    case 3: tile(InlineArray<3, Lanes>.self)
    case 4: tile(InlineArray<4, Lanes>.self)
    case 5: tile(InlineArray<5, Lanes>.self)
    case 6: tile(InlineArray<6, Lanes>.self)
    #if LANES_AVX512
        case 7: tile(InlineArray<7, Lanes>.self)
        case 8: tile(InlineArray<8, Lanes>.self)
        case 9: tile(InlineArray<9, Lanes>.self)
        case 10: tile(InlineArray<10, Lanes>.self)
        case 11: tile(InlineArray<11, Lanes>.self)
        case 12: tile(InlineArray<12, Lanes>.self)
    #endif
    default: break
    }
}
