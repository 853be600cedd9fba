/// C[m × n] = D[m × n] + A[m × k] · B[k × n] on operands that already lie as the micro-kernel reads them.
///
/// The loops, from outside in:
///
///     k in blocks of at most 320: the block of a B panel (20 KB in Float) stays in the first-level cache …
///       n in panels of 16: … while
///         m in tiles: every tile of rows of A goes over it
///
/// Each element is one chain of multiply-adds in the order of k, from D on. Where k is long, or if told so, each block of k
/// is a chain of its own that is added to what is there, so that an element is off by up to (320 + k/320 + 2)·u of the sum of
/// its terms' sizes instead of k·u (LongSums.swift). Both are a matter of k alone, whatever m and n are, so a product cut in
/// pieces by rows or by panels has the same bits as the whole one.
///
/// - Parameters:
///   - b: Its last panel is read in whole vectors of 16 lanes, or of 8 where it has no more columns: it must be padded
///     where `n` is not a multiple of 8.
///   - d: What the product is added to: nothing, a bias, or C itself.
///   - separately: Whether the chains are cut whatever k is: where C is summed over many products.
///   - c: Only its `n` columns are written.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func multiply<Scalar: KernelScalar>(
    m: Int, n: Int, k: Int, _ a: Strided<Scalar>, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>? = nil,
    separately: Bool = false, into c: Panels<Scalar>
) {
    apart { multiplyPanels(m: m, n: n, k: k, a, b, addingTo: d, isCut: separately || k > longestDepth, into: c) }
}

private let depthBlock = 320

// The greatest k that is one chain: cutting costs nothing, but 2048 terms are off by little.
private let longestDepth = 2048

@inline(__always)
private func multiplyPanels<Scalar: KernelScalar>(
    m: Int, n: Int, k: Int, _ a: Strided<Scalar>, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?, isCut: Bool,
    into c: Panels<Scalar>
) {
    // Blocks as equal as possible: each reads and writes C once, however deep it is.
    let blocks = max(1, (k + depthBlock - 1) / depthBlock)
    let blockDepth = (k + blocks - 1) / blocks
    var k0 = 0
    repeat {
        let depth = min(blockDepth, k - k0)
        let left = WindowMatrix(
            pointer: a.pointer + k0 * a.columnStride, rows: m, rowStride: a.rowStride, columns: depth,
            columnStride: a.columnStride)
        multiplyBlock(left, n: n, b.from(row: k0), addingTo: k0 == 0 ? d : c, addsLast: isCut, into: c)
        k0 += depth
    } while k0 < k
}

/// C = D + A·B, or A·B, in one chain of multiply-adds for each element; for A's rows and B's columns of any number.
@inline(__always)
func multiplyBlock<Scalar: KernelScalar>(
    _ a: WindowMatrix<Scalar>, n: Int, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?, addsLast: Bool,
    into c: Panels<Scalar>
) {
    guard a.rows > 0, a.groups > 0, n > 0 else { return }
    // The panels of more than eight columns.
    let panels = (n + 7) / vectorWidth
    let alone = a.groups == 1 && a.rows == 1 ? n / vectorWidth / 2 * 2 : 0
    if alone > 0 { multiplyRow(a, panels: alone, b, addingTo: d, addsLast: addsLast, into: c) }
    for panel in alone..<panels {
        multiplyPanel(
            SIMD16<Scalar>.self, n: min(vectorWidth, n - panel * vectorWidth), a, b.from(panel: panel),
            addingTo: d?.from(panel: panel), addsLast: addsLast, into: c.from(panel: panel))
    }
    // Eight lanes for eight columns or fewer: twice as fast as sixteen of which half are idle.
    if n > panels * vectorWidth {
        multiplyPanel(
            SIMD8<Scalar>.self, n: n - panels * vectorWidth, a, b.from(panel: panels),
            addingTo: d?.from(panel: panels), addsLast: addsLast, into: c.from(panel: panels))
    }
}

/// One panel of C, of at most as many columns as a vector of the type has lanes.
@inline(__always)
private func multiplyPanel<Scalar: KernelScalar, Lanes: SIMD<Scalar>>(
    _: Lanes.Type, n columns: Int, _ a: WindowMatrix<Scalar>, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?,
    addsLast: Bool, into c: Panels<Scalar>
) {
    // Tiles as equal as possible: 16 rows are 8 + 8, not 14 + 2, since few rows do not hide the multiply-add's latency.
    let tiles = (a.rows + tileRows(Lanes.self) - 1) / tileRows(Lanes.self)
    let (rows, higher) = a.rows.quotientAndRemainder(dividingBy: tiles)
    guard columns < Lanes.scalarCount else {
        if higher > 0 {
            multiplyTiles(
                Lanes.self, rows: rows + 1, from: 0, tiles: higher, a, b, addingTo: d, addsLast: addsLast, into: c)
        }
        return multiplyTiles(
            Lanes.self, rows: rows, from: higher * (rows + 1), tiles: tiles - higher, a, b, addingTo: d,
            addsLast: addsLast, into: c)
    }
    for group in 0..<a.groups {
        for tile in 0..<tiles {
            let row = tile * rows + min(tile, higher)
            multiplyEdge(
                Lanes.self, n: columns, a.rows(row..<row + rows + (tile < higher ? 1 : 0), of: group), b,
                addingTo: d?.from(row: group * a.rows + row), addsLast: addsLast,
                into: c.from(row: group * a.rows + row))
        }
    }
}

/// A tile of fewer columns than lanes. Neither D nor C may be touched right of the last column: it goes through a tile aside.
@inline(__always)
private func multiplyEdge<Scalar: KernelScalar, Lanes: SIMD<Scalar>>(
    _: Lanes.Type, n columns: Int, _ a: WindowMatrix<Scalar>, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?,
    addsLast: Bool, into c: Panels<Scalar>
) {
    let lanes = Lanes.scalarCount
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: a.rows * lanes) { edge in
        // The allocation is not empty, so it has an address.
        let aside = Panels(edge.baseAddress.unsafelyUnwrapped, rowStride: lanes, panelStride: 0)
        if let d {
            for i in 0..<a.rows {
                store(load(d.at(row: i, panel: 0), lanes: columns), to: aside.at(row: i, panel: 0), lanes: lanes)
            }
        }
        multiplyTiles(
            Lanes.self, rows: a.rows, from: 0, tiles: 1, a, b, addingTo: d == nil ? nil : aside, addsLast: addsLast,
            into: aside)
        for i in 0..<a.rows {
            store(load(aside.at(row: i, panel: 0), lanes: lanes), to: c.at(row: i, panel: 0), lanes: columns)
        }
    }
}

/// C = D + A·B, or A·B, for row-major C, where D is not C and there is room to write right of C's last column in its last row.
///
/// What a tile writes right of the last column is the beginning of the next row. So each row is written after the one before
/// it, and the panels from the last one on:
///
///     row i        │ panel 0        │ panel 1 · · ·│
///     row i + 1    │· · · panel 0   │ panel 1
@inline(__always)
func multiplySpilling<Scalar: KernelScalar>(
    _ a: WindowMatrix<Scalar>, n: Int, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?, into c: Panels<Scalar>
) {
    let whole = n / vectorWidth
    if n - whole * vectorWidth > 8 {
        multiplySpillingPanel(SIMD16<Scalar>.self, whole, a, b, addingTo: d, into: c)
    } else {
        multiplySpillingPanel(SIMD8<Scalar>.self, whole, a, b, addingTo: d, into: c)
    }
    multiplyBlock(a, n: whole * vectorWidth, b, addingTo: d, addsLast: false, into: c)
}

@inline(__always)
private func multiplySpillingPanel<Scalar: KernelScalar, Lanes: SIMD<Scalar>>(
    _: Lanes.Type, _ panel: Int, _ a: WindowMatrix<Scalar>, _ b: Panels<Scalar>, addingTo d: Panels<Scalar>?,
    into c: Panels<Scalar>
) {
    let tiles = (a.rows + tileRows(Lanes.self) - 1) / tileRows(Lanes.self)
    multiplyTiles(
        Lanes.self, rows: (a.rows + tiles - 1) / tiles, from: 0, tiles: tiles, a, b.from(panel: panel),
        addingTo: d?.from(panel: panel), addsLast: false, into: c.from(panel: panel))
}

// Rows of A that are packed together: 144 × 320 Floats (184 KB) stay in the second-level cache while all of B's block
// goes over them.
private let rowBlock = 144

/// How many scalars of workspace `multiply` of row-major matrices needs.
package func multiplyWorkspace(m: Int, n: Int, k: Int) -> Int {
    (roundedToVectors(n) + min(m, rowBlock)) * min(k, depthBlock)
}

/// C[m × n] = op(A)·op(B), or C += op(A)·op(B), of row-major matrices.
///
/// A is stored as [m × k], or as [k × m] if transposed; B as [k × n], or as [n × k] if transposed. Any size is allowed:
/// with k = 0 the product is zero. C must overlap neither A nor B.
///
/// B is packed into panels unless its rows already are whole vectors that few rows of A go over. A is copied together
/// block by block if many panels go over it (for the scheme: Goto and van de Geijn, "Anatomy of High-Performance Matrix
/// Multiplication", 2008).
///
/// - Parameter workspace: At least `multiplyWorkspace(m:n:k:)` scalars, of any content.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func multiply<Scalar: KernelScalar>(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Scalar>, transposed aTransposed: Bool = false,
    _ b: UnsafePointer<Scalar>, transposed bTransposed: Bool = false,
    into c: UnsafeMutablePointer<Scalar>, accumulating: Bool = false, workspace: UnsafeMutablePointer<Scalar>
) {
    let packsB = bTransposed || n % vectorWidth != 0 || m > 2 * tileRows(SIMD16<Scalar>.self)
    let packsA = n > 8 * vectorWidth && m > tileRows(SIMD16<Scalar>.self)
    let packedA = workspace + roundedToVectors(n) * min(k, depthBlock)
    var k0 = 0
    repeat {
        let depth = min(depthBlock, k - k0)
        var right = Panels.rowMajor(UnsafeMutablePointer(mutating: b) + k0 * n, columns: n)
        if packsB {
            right = .packed(workspace, rows: depth)
            if bTransposed {
                packTransposed(b + k0, rows: n, columns: depth, rowStride: k, into: workspace)
            } else {
                pack(b + k0 * n, rows: depth, columns: n, rowStride: n, into: workspace)
            }
        }
        var row = 0
        while row < m {
            let rows = packsA ? min(rowBlock, m - row) : m
            var left: Strided<Scalar>
            if aTransposed {
                left = Strided(a + k0 * m + row, rowStride: 1, columnStride: m)
                if packsA {
                    copyRows(left.pointer, rows: depth, columns: rows, rowStride: m, into: packedA)
                    left = Strided(packedA, rowStride: 1, columnStride: rows)
                }
            } else {
                left = Strided(a + row * k + k0, rowStride: k)
                if packsA {
                    copyRows(left.pointer, rows: rows, columns: depth, rowStride: k, into: packedA)
                    left = Strided(packedA, rowStride: depth)
                }
            }
            let block = Panels.rowMajor(c + row * n, columns: n)
            multiplyPanels(
                m: rows, n: n, k: depth, left, right, addingTo: accumulating || k0 > 0 ? block : nil,
                isCut: k > longestDepth, into: block)
            row += rows
        }
        k0 += depth
    } while k0 < k
}
