import Dispatch

// A matrix product from three loops to most of what the processor can do. Each step changes one thing. The chapter
// MatrixProduct of the documentation explains them; `bench --steps` measures them.

/// The definition: every element of C is a row of A times a column of B.
// listing: naive
package func naive(_ p: MatrixProduct) { dotProducts(p, columns: 0..<p.n) }

private func dotProducts(_ p: MatrixProduct, columns: Range<Int>) {
    for i in 0..<p.m {
        for j in columns {
            var sum: Float = 0
            for l in 0..<p.k { sum += p.a[i * p.k + l] * p.b[l * p.n + j] }
            p.c[i * p.n + j] = sum
        }
    }
}
// listing: end

/// The two inner loops change places, so that neighbours in memory are read and written one after the other.
// listing: reordered
package func reordered(_ p: MatrixProduct) {
    p.c.update(repeating: 0, count: p.m * p.n)
    for i in 0..<p.m {
        for l in 0..<p.k {
            let a = p.a[i * p.k + l]
            for j in 0..<p.n { p.c[i * p.n + j] += a * p.b[l * p.n + j] }
        }
    }
}
// listing: end

/// Sixteen columns at once, whose sums stay in a register until they are finished.
// listing: vectorised
package func vectorised(_ p: MatrixProduct) {
    let whole = p.n / 16 * 16
    for i in 0..<p.m {
        for j in stride(from: 0, to: whole, by: 16) {
            var sum = Vector.zero
            for l in 0..<p.k { sum = multiplyAdd(sum, p.a[i * p.k + l], load(p.b + l * p.n + j)) }
            store(sum, to: p.c + i * p.n + j)
        }
    }
    dotProducts(p, columns: whole..<p.n)
}
// listing: end

/// Some rows of C at once as well: a tile of sums, all in registers, and each vector of B is used for all of its rows.
// listing: tiled
package func tiled(_ p: MatrixProduct) {
    let whole = p.n / 16 * 16
    for j in stride(from: 0, to: whole, by: 16) { tiles(p, from: j) }
    dotProducts(p, columns: whole..<p.n)
}

/// The tiles of 16 columns of C, and the rows that are left over one by one.
@inline(never)
private func tiles(_ p: MatrixProduct, from j: Int) {
    let high = p.m / tileRows * tileRows
    for i in stride(from: 0, to: high, by: tileRows) {
        let sums = tile(Tile.self, depth: p.k, p.a + i * p.k, rowStride: p.k, columnStride: 1, p.b + j, rowStride: p.n)
        for row in 0..<tileRows { store(sums[row], to: p.c + (i + row) * p.n + j) }
    }
    for i in high..<p.m {
        let sums = tile(Row.self, depth: p.k, p.a + i * p.k, rowStride: p.k, columnStride: 1, p.b + j, rowStride: p.n)
        store(sums[0], to: p.c + i * p.n + j)
    }
}

/// A[rows × depth]·B[depth × 16]: for each l one vector of B, which every row's number of A multiplies.
@inline(__always)
private func tile<let rows: Int>(
    _: InlineArray<rows, Vector>.Type, depth: Int, _ a: UnsafePointer<Float>, rowStride aRow: Int,
    columnStride aColumn: Int, _ b: UnsafePointer<Float>, rowStride bRow: Int
) -> InlineArray<rows, Vector> {
    var sums = InlineArray<rows, Vector> { _ in .zero }
    for l in 0..<depth {
        let right = load(b + l * bRow)
        for row in 0..<rows { sums[row] = multiplyAdd(sums[row], a[row * aRow + l * aColumn], right) }
    }
    return sums
}
// listing: end

private typealias Row = InlineArray<1, Vector>

/// The same tiles on copies that lie as they are read: blocks of 320 of k, of B as panels of 16 columns, which stay in
/// the first-level cache while all rows go over them, and of A 144 rows as tiles, which stay in the second.
// listing: packed
package func packed(_ p: MatrixProduct) {
    let panels = (p.n + 15) / 16
    p.c.update(repeating: 0, count: p.m * p.n)
    withScratch(panels * 16 * depthBlock) { right in
        withScratch(rowBlock * depthBlock) { left in
            for l in stride(from: 0, to: p.k, by: depthBlock) {
                let depth = l..<min(l + depthBlock, p.k)
                packPanels(p, depth, into: right)
                for i in stride(from: 0, to: p.m, by: rowBlock) {
                    let rows = i..<min(i + rowBlock, p.m)
                    packTiles(p, rows: rows, depth, into: left)
                    for panel in 0..<panels {
                        addPanel(
                            rows: rows.count, depth: depth.count, left, right + panel * depth.count * 16,
                            to: p.c + i * p.n + panel * 16, columns: min(16, p.n - panel * 16), rowStride: p.n)
                    }
                }
            }
        }
    }
}

/// C += A[rows × depth]·B[depth × 16] for one panel of C.
@inline(never)
private func addPanel(
    rows: Int, depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    to c: UnsafeMutablePointer<Float>, columns: Int, rowStride: Int
) {
    for i in stride(from: 0, to: rows, by: tileRows) {
        let sums = tile(
            Tile.self, depth: depth, a + i * depth, rowStride: 1, columnStride: tileRows, b, rowStride: 16)
        for row in 0..<min(tileRows, rows - i) { add(sums[row], to: c + (i + row) * rowStride, lanes: columns) }
    }
}
// listing: end

/// A's tiles, each as one run [depth][tileRows]; what the last one has too much is zero.
// listing: packing
private func packTiles(
    _ p: MatrixProduct, rows: Range<Int>, _ depth: Range<Int>, into tiles: UnsafeMutablePointer<Float>
) {
    for i in stride(from: 0, to: rows.count, by: tileRows) {
        for row in i..<i + tileRows {
            let source = p.a + (rows.lowerBound + row) * p.k
            for (index, l) in depth.enumerated() {
                tiles[i * depth.count + index * tileRows + row - i] = row < rows.count ? source[l] : 0
            }
        }
    }
}

/// Panels of 16 columns, each as one run [rows][16]; what the last one has too much is zero.
private func packPanels(_ p: MatrixProduct, _ depth: Range<Int>, into panels: UnsafeMutablePointer<Float>) {
    for (index, l) in depth.enumerated() {
        for j in stride(from: 0, to: p.n, by: 16) {
            let (source, target) = (p.b + l * p.n + j, panels + j * depth.count + index * 16)
            if j + 16 <= p.n {
                store(load(source), to: target)
            } else {
                for lane in 0..<16 { target[lane] = j + lane < p.n ? source[lane] : 0 }
            }
        }
    }
}
// listing: end

private let depthBlock = 320
private let rowBlock = 144

@inline(__always)
private func add(_ sums: Vector, to c: UnsafeMutablePointer<Float>, lanes: Int) {
    if lanes == 16 { return store(load(c) + sums, to: c) }
    for lane in 0..<lanes { c[lane] += sums[lane] }
}

private func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, count)) { scratch in
        // The allocation is not empty, so it has an address.
        body(scratch.baseAddress.unsafelyUnwrapped)
    }
}

/// A band of C's rows for each thread. Every element is still one thread's, with the same sums in the same order.
// listing: threaded
package func threaded(_ p: MatrixProduct, threads: Int) {
    let bands = p.bands(threads)
    DispatchQueue.concurrentPerform(iterations: bands.count) { packed(p.rows(bands[$0])) }
}
// listing: end
