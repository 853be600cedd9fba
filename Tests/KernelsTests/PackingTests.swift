import LanesKernels
import TestSupport
import Testing

@Suite("Packing into panels")
struct PackingTests {
    static let sizes = [1, 2, 5, 15, 16, 17, 31, 32, 33, 50]

    @Test("Rows with a gap after each", .namingCases)
    static func packingCases() {
        forEach(sizes) { Self().packing(rows: $0) }
    }

    func packing(rows: Int) {
        for columns in Self.sizes {
            checkPack(rows, columns, Float.self)
            checkPack(rows, columns, Double.self)
        }
    }

    private func checkPack<Scalar: KernelScalar>(_ rows: Int, _ columns: Int, _: Scalar.Type) {
        let values = GuardedBuffer<Scalar>(random: rows * columns).values
        let stride = columns + 3
        let matrix = GuardedBuffer<Scalar>(spreadRows(values, rows: rows, columns: columns, stride: stride))

        let panels = GuardedBuffer<Scalar>(poisoned: rows * roundedToVectors(columns))
        pack(matrix.pointer, rows: rows, columns: columns, rowStride: stride, into: panels.pointer)
        expectSame(panels.values, referencePanels(values, rows: rows, columns: columns), "pack \(rows)×\(columns)")

        let turned = transposed(values, rows: rows, columns: columns)
        let turnedPanels = GuardedBuffer<Scalar>(poisoned: columns * roundedToVectors(rows))
        packTransposed(matrix.pointer, rows: rows, columns: columns, rowStride: stride, into: turnedPanels.pointer)
        expectSame(
            turnedPanels.values, referencePanels(turned, rows: columns, columns: rows),
            "packTransposed \(rows)×\(columns)")
    }

    @Test("Panels of the transpose, all at once and one by one", .namingCases)
    static func transposingCases() {
        forEach(sizes) { Self().transposing(rows: $0) }
    }

    func transposing(rows: Int) {
        for columns in Self.sizes {
            checkTranspose(rows, columns, Float.self)
            checkTranspose(rows, columns, Double.self)
        }
    }

    private func checkTranspose<Scalar: KernelScalar>(_ rows: Int, _ columns: Int, _: Scalar.Type) {
        let values = GuardedBuffer<Scalar>(random: rows * columns).values
        let packed = GuardedBuffer<Scalar>(referencePanels(values, rows: rows, columns: columns))
        // The rows of the transpose are the padded columns.
        let depth = roundedToVectors(columns)
        let padded = spreadRows(values, rows: rows, columns: columns, stride: depth).map { $0.isNaN ? 0 : $0 }
        let turned = transposed(padded, rows: rows, columns: depth)
        let expected = referencePanels(turned, rows: depth, columns: rows)
        let panels = roundedToVectors(rows) / vectorWidth

        let whole = GuardedBuffer<Scalar>(poisoned: expected.count)
        transposePanels(packed.pointer, rows: rows, columns: columns, panels: 0..<panels, into: whole.pointer)
        expectSame(whole.values, expected, "all panels of \(rows)×\(columns)")
        for panel in 0..<panels {
            let one = GuardedBuffer<Scalar>(poisoned: depth * vectorWidth)
            transposePanels(
                packed.pointer, rows: rows, columns: columns, panels: panel..<panel + 1, into: one.pointer)
            expectSame(
                one.values, Array(expected[panel * depth * vectorWidth..<(panel + 1) * depth * vectorWidth]),
                "panel \(panel) of \(rows)×\(columns)")
        }
    }
}
