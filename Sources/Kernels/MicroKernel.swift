// The innermost loop of every matrix product, and with it of every dense and convolution layer:
//
//        depth                  16                     16
//     ┌──────────┐          ┌────────┐            ┌────────┐
//  rows│    A     │  ·  depth│   B    │   +   rows │   D    │   →  C
//     └──────────┘          └────────┘            └────────┘
//
// `rows` accumulators of sixteen lanes stay in registers. For every k one vector of B is loaded and each A[i, k] is
// broadcast into all lanes. A may lie anywhere, since single elements are read from it (WindowMatrix.swift); B and C want 16
// neighbours. A last panel of at most eight columns has accumulators of eight lanes.

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

/// The rows of a full tile. AVX2 has 16 registers of half a vector: 6 × 2 accumulators, 2 of B, 1 broadcast, or 12 × 1 where a
/// panel has eight columns, and the same serves arm64. AVX-512 has 32 whole ones, takes the broadcast from memory, and keeps
/// Double (two a vector) within them; 14 is half of what images often have.
@inline(__always)
func tileRows<Lanes: SIMD>(_: Lanes.Type) -> Int {
    if hasAVX512 { return 14 }
    return Lanes.scalarCount > 8 ? 6 : 12
}

/// C = D + A·B for `rows` rows and a vector of columns; without `d`, C = A·B. C is only written, so it may hold anything.
///
/// - Parameter addsLast: Whether A·B is summed by itself and added to D, or else the sum starts with D.
@inline(__always)
private func multiplyTile<Scalar: KernelScalar, Lanes: SIMD<Scalar>, let rows: Int>(
    _: InlineArray<rows, Lanes>.Type, runs: Int, run: Int,
    a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int, aRunStride: Int,
    b: UnsafeMutablePointer<Scalar>, bRowStride: Int,
    d: UnsafeMutablePointer<Scalar>?, dRowStride: Int, addsLast: Bool,
    c: UnsafeMutablePointer<Scalar>, cRowStride: Int
) {
    // Not by `repeating:`, which is not inlined: the accumulators would begin in memory.
    var sums = InlineArray<rows, Lanes> { _ in .zero }
    if let d, !addsLast {
        for row in 0..<rows { sums[row] = UnsafeRawPointer(d + row &* dRowStride).loadUnaligned(as: Lanes.self) }
    }
    var start = a
    var b = b
    for _ in 0..<runs {
        var a = start
        for _ in 0..<run {
            let right = UnsafeRawPointer(b).loadUnaligned(as: Lanes.self)
            for row in 0..<rows {
                sums[row] = multiplyAdd(sums[row], Lanes(repeating: a[row &* aRowStride]), right)
            }
            a += aColumnStride
            b += bRowStride
        }
        start += aRunStride
    }
    if let d, addsLast {
        for row in 0..<rows { sums[row] += UnsafeRawPointer(d + row &* dRowStride).loadUnaligned(as: Lanes.self) }
    }
    for row in 0..<rows { UnsafeMutableRawPointer(c + row &* cRowStride).storeBytes(of: sums[row], as: Lanes.self) }
}

/// C = D + A·B, or A·B, for one vector of columns and some tiles of each group of A's rows, all of the same height.
///
///     group 0   │ …     │ first │ tile 1 │ tile 2 │ …
///     group 1   │ …     │ first │ tile 1 │ …
///
/// A last tile that would reach past the group's end is moved back, so that some rows are made twice: then C must not be D.
/// Only `multiplySpilling` asks for such tiles.
///
/// Never inlined: one function for all callers is small enough for the compiler to keep every accumulator in a register. In
/// some of the callers it would put them into memory.
///
/// - Parameters:
///   - rows: The height of a tile, 1…`tileRows`.
///   - first: Where in a group the first tile begins.
///   - b: The panel, from its first column on; so are `d` and `c`.
@inline(never)
func multiplyTiles<Scalar: KernelScalar, Lanes: SIMD<Scalar>>(
    _: Lanes.Type, rows: Int, from first: Int, tiles: Int, _ a: WindowMatrix<Scalar>, _ b: Panels<Scalar>,
    addingTo d: Panels<Scalar>?, addsLast: Bool, into c: Panels<Scalar>
) {
    @inline(__always)
    func eachTile<let count: Int>(_ type: InlineArray<count, Lanes>.Type, aRowStride: Int, aColumnStride: Int) {
        for group in 0..<a.groups {
            for tile in 0..<tiles {
                let row = min(first + tile &* count, a.rows - count)
                let target = group &* a.rows + row
                multiplyTile(
                    type, runs: a.runs, run: a.columns, a: a.pointer + group &* a.groupStride + row &* aRowStride,
                    aRowStride: aRowStride, aColumnStride: aColumnStride, aRunStride: a.runStride,
                    b: b.pointer, bRowStride: b.rowStride, d: d.map { $0.at(row: target, panel: 0) },
                    dRowStride: d?.rowStride ?? 0, addsLast: addsLast, c: c.at(row: target, panel: 0),
                    cRowStride: c.rowStride)
            }
        }
    }
    @inline(__always)
    func tile<let count: Int>(_ type: InlineArray<count, Lanes>.Type) {
        // With a stride that is known to be 1 the loop's addresses are cheap; otherwise they are one long chain of sums.
        if a.columnStride == 1 {
            eachTile(type, aRowStride: a.rowStride, aColumnStride: 1)
        } else {
            eachTile(type, aRowStride: 1, aColumnStride: a.columnStride)
        }
    }
    switch rows {
    case 1: tile(InlineArray<1, Lanes>.self)
    case 2: tile(InlineArray<2, Lanes>.self)
    case 3: tile(InlineArray<3, Lanes>.self)
    case 4: tile(InlineArray<4, Lanes>.self)
    case 5: tile(InlineArray<5, Lanes>.self)
    case 6: tile(InlineArray<6, Lanes>.self)
    default:
        guard tileRows(Lanes.self) > 6 else { return }
        switch rows {
        case 7: tile(InlineArray<7, Lanes>.self)
        case 8: tile(InlineArray<8, Lanes>.self)
        case 9: tile(InlineArray<9, Lanes>.self)
        case 10: tile(InlineArray<10, Lanes>.self)
        case 11: tile(InlineArray<11, Lanes>.self)
        case 12: tile(InlineArray<12, Lanes>.self)
        default:
            guard tileRows(Lanes.self) > 12 else { return }
            switch rows {
            case 13: tile(InlineArray<13, Lanes>.self)
            case 14: tile(InlineArray<14, Lanes>.self)
            default: break
            }
        }
    }
}

/// C = D + A·B, or A·B, for A's one row and an even number of whole panels, each element as a tile has it.
///
/// A tile of one row is one chain of multiply-adds, and so slower than the memory that its weights come from; two are not. An
/// answer to one sample takes 0.81 of the time with a dense layer of 14,400 inputs.
@inline(never)
func multiplyRow<Scalar: KernelScalar>(
    _ a: WindowMatrix<Scalar>, panels: Int, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?, addsLast: Bool,
    into c: Panels<Scalar>
) {
    for first in stride(from: 0, to: panels, by: 2) {
        var sums = InlineArray<2, SIMD16<Scalar>> { _ in .zero }
        if let d, !addsLast { for i in 0..<2 { sums[i] = load(d.at(row: 0, panel: first + i)) } }
        var (start, right) = (a.pointer, b.at(row: 0, panel: first))
        for _ in 0..<a.runs {
            var left = start
            for _ in 0..<a.columns {
                let value = SIMD16(repeating: left.pointee)
                for i in 0..<2 { sums[i] = multiplyAdd(sums[i], value, load(right + i &* b.panelStride)) }
                left += a.columnStride
                right += b.rowStride
            }
            start += a.runStride
        }
        if let d, addsLast { for i in 0..<2 { sums[i] += load(d.at(row: 0, panel: first + i)) } }
        for i in 0..<2 { store(sums[i], to: c.at(row: 0, panel: first + i)) }
    }
}
