// The left operand of a product, read element by element from where it lies:
//
//     k             0   1   …  columns−1      columns  …          a run of k:  columnStride apart
//                  ┌───────────────────┬──────────────────┬──     the next run:  runStride further
//     group 0   0  │ ·   ·   …         │ ·   ·   …        │
//               1  │                   │                  │       rows of a group:  rowStride apart
//               …  ├───────────────────┼──────────────────┼──
//     group 1   …  │                   │                  │       the next group:  groupStride further
//
// A plain matrix is one group and one run. The patches of an image [H][W][C], which im2col would write, are there too, as long
// as the taps of a window's row are neighbours:
//
//     groups    rows of the output        stride.height · W·C apart        runs       rows of the window      W·C apart
//     rows      positions of such a row   stride.width · C apart           columns    its numbers: taps · C        1 apart

/// A matrix read element by element: row i of group g, number j of run r lies at
/// `pointer[g * groupStride + i * rowStride + r * runStride + j * columnStride]`. One of `rowStride` and `columnStride` is 1.
package struct WindowMatrix<Scalar> {
    var pointer: UnsafePointer<Scalar>
    var groups = 1
    var groupStride = 0
    var rows: Int
    var rowStride: Int
    var runs = 1
    var runStride = 0
    var columns: Int
    var columnStride: Int

    /// The transpose.
    @inline(__always)
    var transposed: WindowMatrix {
        var turned = self
        (turned.groups, turned.groupStride, turned.runs, turned.runStride) = (runs, runStride, groups, groupStride)
        (turned.rows, turned.rowStride) = (columns, columnStride)
        (turned.columns, turned.columnStride) = (rows, rowStride)
        return turned
    }

    /// As one group, where the groups follow one another without a gap.
    @inline(__always)
    var joined: WindowMatrix {
        guard groupStride == rows * rowStride else { return self }
        var one = self
        (one.groups, one.rows) = (1, groups * rows)
        return one
    }

    /// Some of the groups.
    @inline(__always)
    func groups(_ range: Range<Int>) -> WindowMatrix {
        var some = self
        some.pointer += range.lowerBound * groupStride
        some.groups = range.count
        return some
    }

    /// Some of the rows of one group.
    @inline(__always)
    func rows(_ range: Range<Int>, of group: Int) -> WindowMatrix {
        var some = groups(group..<group + 1)
        some.pointer += range.lowerBound * rowStride
        some.rows = range.count
        return some
    }

    /// Some of the runs.
    @inline(__always)
    func runs(_ range: Range<Int>) -> WindowMatrix {
        var some = self
        some.pointer += range.lowerBound * runStride
        some.runs = range.count
        return some
    }
}

/// A plain matrix: (i, j) lies at `pointer[i * rowStride + j * columnStride]`. One of the strides is 1.
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
