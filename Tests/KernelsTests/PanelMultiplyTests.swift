import LanesKernels
import TestSupport
import Testing

private let shapes = [
    (1, 1, 1), (5, 16, 3), (6, 17, 7), (7, 15, 33), (12, 33, 16), (13, 48, 1), (14, 5, 257), (25, 40, 300), (3, 20, 0),
    (0, 20, 3), (3, 0, 3),
    // Two and three blocks of depth, with every kind of last panel.
    (13, 5, 321), (7, 8, 321), (25, 9, 700), (12, 15, 321), (5, 24, 700), (13, 25, 321),
].map { ProductShape(m: $0.0, n: $0.1, k: $0.2) }

@Suite("Multiplication of panels")
struct PanelMultiplyTests {
    @Test("Every layout of A and C, with and without something to add to", .namingCases)
    static func layoutsCases() {
        forEach(shapes) { Self().layouts(shape: $0) }
    }

    func layouts(shape: ProductShape) {
        checkLayouts(shape, Float.self)
        checkLayouts(shape, Double.self)
    }

    private func checkLayouts<Scalar: KernelScalar>(_ shape: ProductShape, _: Scalar.Type) {
        let (m, n, k) = (shape.m, shape.n, shape.k)
        let a = GuardedBuffer<Scalar>(random: m * k, seed: 1)
        let right = GuardedBuffer<Scalar>(random: k * n, seed: 2)
        let b = GuardedBuffer<Scalar>(referencePanels(right.values, rows: k, columns: n))
        let bias = GuardedBuffer<Scalar>(random: n, seed: 3)
        let initial = GuardedBuffer<Scalar>(random: m * n, seed: 4).values

        // Row by row; column by column; and row by row with gaps.
        let turned = GuardedBuffer<Scalar>(transposed(a.values, rows: m, columns: k))
        var gaps = [Double](repeating: .nan, count: m * (k + 5))
        for i in 0..<m { for l in 0..<k { gaps[i * (k + 5) + l] = a.values[i * k + l] } }
        let spread = GuardedBuffer<Scalar>(gaps)
        let lefts = [
            Strided(a.pointer, rowStride: k), Strided(turned.pointer, rowStride: 1, columnStride: m),
            Strided(spread.pointer, rowStride: k + 5),
        ]
        let product = referenceProduct(m: m, n: n, k: k, a.values, right.values)
        let biased = referenceProduct(
            m: m, n: n, k: k, a.values, right.values,
            addingTo: (0..<m).flatMap { _ in bias.values })
        let added = referenceProduct(m: m, n: n, k: k, a.values, right.values, addingTo: initial)

        for left in lefts {
            let c = GuardedBuffer<Scalar>(poisoned: m * n)
            let rowMajor = Panels.rowMajor(c.pointer, columns: n)
            multiply(m: m, n: n, k: k, left, .packed(b.pointer, rows: k), into: rowMajor)
            expectClose(c, product, "overwriting")

            c.poison()
            multiply(
                m: m, n: n, k: k, left, .packed(b.pointer, rows: k), addingTo: .bias(bias.pointer), into: rowMajor)
            expectClose(c, biased, "with a bias")

            c.fill(with: initial)
            multiply(m: m, n: n, k: k, left, .packed(b.pointer, rows: k), addingTo: rowMajor, into: rowMajor)
            expectClose(c, added, "accumulating")

            let packed = GuardedBuffer<Scalar>(poisoned: m * roundedToVectors(n))
            multiply(m: m, n: n, k: k, left, .packed(b.pointer, rows: k), into: .packed(packed.pointer, rows: m))
            let written = GuardedBuffer<Scalar>(unpacked(packed.values, rows: m, columns: n))
            expectClose(written, product, "into panels")
            #expect(packed.values.count { !$0.isNaN } == m * n, "the padding of C's panels was written")
        }
    }

    @Test("A row-major B whose rows are whole vectors is read as it lies")
    func rowMajorRight() {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let a = GuardedBuffer<Scalar>(random: 9 * 20, seed: 1)
            let b = GuardedBuffer<Scalar>(random: 20 * 48, seed: 2)
            let c = GuardedBuffer<Scalar>(poisoned: 9 * 48)
            multiply(
                m: 9, n: 48, k: 20, Strided(a.pointer, rowStride: 20), .rowMajor(b.pointer, columns: 48),
                into: .rowMajor(c.pointer, columns: 48))
            expectClose(c, referenceProduct(m: 9, n: 48, k: 20, a.values, b.values))
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A product made in pieces has the bits of the whole one", .namingCases)
    static func piecesCases() {
        forEach([1, 5, 6, 7, 13]) { Self().pieces(rowsPerPiece: $0) }
    }

    func pieces(rowsPerPiece: Int) {
        let (m, n, k) = (29, 40, 270)
        let a = GuardedBuffer<Float>(random: m * k, seed: 1)
        let b = GuardedBuffer<Float>(
            referencePanels(randomValues(k * n, seed: 2), rows: k, columns: n))
        let whole = GuardedBuffer<Float>(poisoned: m * roundedToVectors(n))
        let pieces = GuardedBuffer<Float>(poisoned: m * roundedToVectors(n))
        let right = Panels.packed(b.pointer, rows: k)
        multiply(
            m: m, n: n, k: k, Strided(a.pointer, rowStride: k), right, into: .packed(whole.pointer, rows: m))
        for row in stride(from: 0, to: m, by: rowsPerPiece) {
            for panel in 0..<3 {
                multiply(
                    m: min(rowsPerPiece, m - row), n: min(16, n - 16 * panel), k: k,
                    Strided(a.pointer + row * k, rowStride: k), right.from(panel: panel),
                    into: Panels.packed(pieces.pointer, rows: m).from(row: row, panel: panel))
            }
        }
        expectSame(pieces.values, whole.values)
    }
}
