import LanesKernels

/// C[m × n] = A[m × k]·B[k × n] + `initial` by three plain loops over row-major matrices.
package func referenceProduct(
    m: Int, n: Int, k: Int, _ a: [Double], _ b: [Double], addingTo initial: [Double]? = nil
) -> Sums {
    var c = initial.map { Sums(startingWith: $0) } ?? Sums(count: m * n)
    for i in 0..<m {
        for l in 0..<k {
            for j in 0..<n { c.add(a[i * k + l] * b[l * n + j], to: i * n + j) }
        }
    }
    return c
}

/// The transpose of a row-major matrix.
package func transposed(_ matrix: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<rows * columns).map { matrix[$0 % rows * columns + $0 / rows] }
}

/// A row-major matrix as panels, [columns/16][rows][16], with zeros in the padding.
package func referencePanels(_ matrix: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<rows * roundedToVectors(columns)).map { place in
        let (panel, row, lane) = (place / (16 * rows), place / 16 % rows, place % 16)
        let column = panel * 16 + lane
        return column < columns ? matrix[row * columns + column] : 0
    }
}

/// The row-major matrix in the given panels.
package func unpacked(_ panels: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<rows * columns).map { place in
        let (row, column) = (place / columns, place % columns)
        return panels[column / 16 * 16 * rows + row * 16 + column % 16]
    }
}

/// Row-major rows, each followed by unused places up to `stride`.
package func spreadRows(_ matrix: [Double], rows: Int, columns: Int, stride: Int) -> [Double] {
    (0..<rows * stride).map { $0 % stride < columns ? matrix[$0 / stride * columns + $0 % stride] : .nan }
}
