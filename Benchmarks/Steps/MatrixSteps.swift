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
    for j in stride(from: 0, to: whole, by: 16) {
        forEachTile(rows: p.m) { i, isHigh in
            let (a, b, c) = (p.a + i * p.k, p.b + j, p.c + i * p.n + j)
            if isHigh {
                let sums = tile(Tile.self, depth: p.k, a, rowStride: p.k, b, rowStride: p.n)
                for row in 0..<tileRows { store(sums[row], to: c + row * p.n) }
            } else {
                store(tile(Row.self, depth: p.k, a, rowStride: p.k, b, rowStride: p.n)[0], to: c)
            }
        }
    }
    dotProducts(p, columns: whole..<p.n)
}

/// A[rows × depth]·B[depth × 16]: for each l one vector of B, which every row's number of A multiplies.
@inline(never)
private func tile<let rows: Int>(
    _: InlineArray<rows, Vector>.Type, depth: Int, _ a: UnsafePointer<Float>, rowStride aStride: Int,
    _ b: UnsafePointer<Float>, rowStride bStride: Int
) -> InlineArray<rows, Vector> {
    var sums = InlineArray<rows, Vector> { _ in .zero }
    for l in 0..<depth {
        let right = load(b + l * bStride)
        for row in 0..<rows { sums[row] = multiplyAdd(sums[row], a[row * aStride + l], right) }
    }
    return sums
}
// listing: end

private typealias Row = InlineArray<1, Vector>

/// Calls the body with the first row of every tile, and of every single row that is left over.
@inline(__always)
private func forEachTile(rows: Int, _ body: (_ first: Int, _ isHigh: Bool) -> Void) {
    let whole = rows / tileRows * tileRows
    for i in stride(from: 0, to: whole, by: tileRows) { body(i, true) }
    for i in whole..<rows { body(i, false) }
}

/// The same tiles on copies that lie as they are read: blocks of 320 of k, of B as panels of 16 columns, which stay in
/// the first-level cache while all rows go over them, and of A 144 rows, which stay in the second.
// listing: packed
package func packed(_ p: MatrixProduct) {
    let panels = (p.n + 15) / 16
    p.c.update(repeating: 0, count: p.m * p.n)
    withScratch(panels * 16 * depthBlock) { right in
        withScratch(rowBlock * depthBlock) { left in
            for l in stride(from: 0, to: p.k, by: depthBlock) {
                let depth = min(depthBlock, p.k - l)
                packPanels(p, rows: l..<l + depth, into: right)
                for i in stride(from: 0, to: p.m, by: rowBlock) {
                    let rows = min(rowBlock, p.m - i)
                    for row in 0..<rows {
                        (left + row * depth).update(from: p.a + (i + row) * p.k + l, count: depth)
                    }
                    for panel in 0..<panels {
                        addPanel(
                            rows: rows, depth: depth, left, right + panel * depth * 16,
                            to: p.c + i * p.n + panel * 16, columns: min(16, p.n - panel * 16), rowStride: p.n)
                    }
                }
            }
        }
    }
}

/// Panels of 16 columns, each as one run [rows][16]; what the last one has too much is zero.
private func packPanels(_ p: MatrixProduct, rows: Range<Int>, into panels: UnsafeMutablePointer<Float>) {
    for (index, l) in rows.enumerated() {
        for j in stride(from: 0, to: p.n, by: 16) {
            let (source, target) = (p.b + l * p.n + j, panels + j * rows.count + index * 16)
            if j + 16 <= p.n {
                store(load(source), to: target)
            } else {
                for lane in 0..<16 { target[lane] = j + lane < p.n ? source[lane] : 0 }
            }
        }
    }
}

/// C += A[rows × depth]·B[depth × 16] for one panel of C.
private func addPanel(
    rows: Int, depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    to c: UnsafeMutablePointer<Float>, columns: Int, rowStride: Int
) {
    forEachTile(rows: rows) { i, isHigh in
        if isHigh {
            let sums = tile(Tile.self, depth: depth, a + i * depth, rowStride: depth, b, rowStride: 16)
            for row in 0..<tileRows { add(sums[row], to: c + (i + row) * rowStride, lanes: columns) }
        } else {
            let sums = tile(Row.self, depth: depth, a + i * depth, rowStride: depth, b, rowStride: 16)
            add(sums[0], to: c + i * rowStride, lanes: columns)
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
