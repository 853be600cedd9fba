// Panels: a matrix cut into columns of 16, each stored as one run [rows][16], so that the micro-kernel reads B as a
// stream. The last panel is padded with zeros.
//
//     matrix [rows × columns]                panels [columns/16][rows][16]
//     0 1 2 … 15 │ 16 17 …                   0 1 2 … 15   next row's 0 … 15   …   │   16 17 …  next row's …

/// Packs a row-major matrix into panels.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func pack<Scalar: KernelScalar>(
    _ matrix: UnsafePointer<Scalar>, rows: Int, columns: Int, rowStride: Int, into panels: UnsafeMutablePointer<Scalar>
) {
    apart {
        for row in 0..<rows {
            for (column, lanes) in vectors(columns) {
                store(
                    load(matrix + row * rowStride + column, lanes: lanes),
                    to: panels + column * rows + row * vectorWidth)
            }
        }
    }
}

/// Packs the transpose of a row-major matrix: panels of a [columns × rows] matrix, [rows/16][columns][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func packTransposed<Scalar: KernelScalar>(
    _ matrix: UnsafePointer<Scalar>, rows: Int, columns: Int, rowStride: Int,
    into panels: UnsafeMutablePointer<Scalar>
) {
    apart {
        for (row, height) in vectors(rows) {
            let panel = panels + row * columns
            for (column, width) in vectors(columns) {
                transposeBlock(
                    matrix + row * rowStride + column, rows: height, columns: width, rowStride: rowStride,
                    into: panel + column * vectorWidth)
            }
        }
    }
}

/// Turns some panels of a [rows × columns] matrix into panels of its transpose.
///
/// - Parameters:
///   - packed: The whole matrix, [columns/16][rows][16].
///   - panels: Which panels of the transpose, that is, which sixteens of rows.
///   - transposed: Where they go: [panels.count][roundedToVectors(columns)][16]. The rows past `columns` are zero if the
///     padding of `packed` is.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func transposePanels<Scalar: KernelScalar>(
    _ packed: UnsafePointer<Scalar>, rows: Int, columns: Int, panels: Range<Int>,
    into transposed: UnsafeMutablePointer<Scalar>
) {
    apart {
        let depth = roundedToVectors(columns)
        for panel in panels {
            let height = min(vectorWidth, rows - panel * vectorWidth)
            let target = transposed + (panel - panels.lowerBound) * depth * vectorWidth
            for column in stride(from: 0, to: depth, by: vectorWidth) {
                transposeBlock(
                    packed + column * rows + panel * vectorWidth * vectorWidth, rows: height, columns: vectorWidth,
                    rowStride: vectorWidth, into: target + column * vectorWidth)
            }
        }
    }
}

/// Writes the transpose of a block of at most 16 × 16 as `columns` rows of 16, zero where the block has no row.
@inline(__always)
private func transposeBlock<Scalar: KernelScalar>(
    _ block: UnsafePointer<Scalar>, rows: Int, columns: Int, rowStride: Int, into target: UnsafeMutablePointer<Scalar>
) {
    guard rows == vectorWidth, columns == vectorWidth else {
        for column in 0..<columns {
            for row in 0..<vectorWidth {
                target[column * vectorWidth + row] = row < rows ? block[row * rowStride + column] : 0
            }
        }
        return
    }
    transposeWhole(block, rowStride: rowStride, into: target, rowStride: vectorWidth)
}

/// Writes the transpose of a block of 16 × 16, or adds it to what is there.
@inline(__always)
func transposeWhole<Scalar: KernelScalar>(
    _ block: UnsafePointer<Scalar>, rowStride: Int, into target: UnsafeMutablePointer<Scalar>,
    rowStride targetStride: Int, accumulating: Bool = false
) {
    #if arch(arm64)
        // The whole block would be twice as much as there are registers, so sixteen of 4 × 4.
        @inline(__always)
        func put(_ half: SIMD2<Scalar>, row: Int, column: Int) {
            let place = UnsafeMutableRawPointer(target + row * targetStride + column)
            let old: SIMD2<Scalar> = accumulating ? place.loadUnaligned(as: SIMD2<Scalar>.self) : .zero
            place.storeBytes(of: accumulating ? old + half : half, as: SIMD2<Scalar>.self)
        }
        for row in stride(from: 0, to: vectorWidth, by: 4) {
            for column in stride(from: 0, to: vectorWidth, by: 4) {
                let lines = InlineArray<4, SIMD4<Scalar>> {
                    UnsafeRawPointer(block + (row + $0) * rowStride + column).loadUnaligned(as: SIMD4<Scalar>.self)
                }
                // The numbers of two neighbouring rows in turn, which are halves of the target's rows; made whole first they
                // would be put together number by number.
                for i in 0..<2 {
                    var (first, last) = (SIMD4<Scalar>.zero, SIMD4<Scalar>.zero)
                    (first.evenHalf, first.oddHalf) = (lines[2 * i].lowHalf, lines[2 * i + 1].lowHalf)
                    (last.evenHalf, last.oddHalf) = (lines[2 * i].highHalf, lines[2 * i + 1].highHalf)
                    put(first.lowHalf, row: column, column: row + 2 * i)
                    put(first.highHalf, row: column + 1, column: row + 2 * i)
                    put(last.lowHalf, row: column + 2, column: row + 2 * i)
                    put(last.highHalf, row: column + 3, column: row + 2 * i)
                }
            }
        }
    #else
        var lines = InlineArray<16, SIMD16<Scalar>> { load(block + $0 * rowStride) }
        // Four rounds of riffling line i with line i + 8: each moves one bit of the row number into the lane number.
        for _ in 0..<4 {
            var riffled = InlineArray<16, SIMD16<Scalar>>(repeating: .zero)
            for i in 0..<8 {
                riffled[2 * i].evenHalf = lines[i].lowHalf
                riffled[2 * i].oddHalf = lines[i + 8].lowHalf
                riffled[2 * i + 1].evenHalf = lines[i].highHalf
                riffled[2 * i + 1].oddHalf = lines[i + 8].highHalf
            }
            lines = riffled
        }
        for i in 0..<vectorWidth {
            let old: SIMD16<Scalar> = accumulating ? load(target + i * targetStride) : .zero
            store(accumulating ? old + lines[i] : lines[i], to: target + i * targetStride)
        }
    #endif
}

/// Copies a block of a row-major matrix so that its rows follow one another.
@inline(__always)
func copyRows<Scalar: KernelScalar>(
    _ matrix: UnsafePointer<Scalar>, rows: Int, columns: Int, rowStride: Int, into target: UnsafeMutablePointer<Scalar>
) {
    for row in 0..<rows { (target + row * columns).update(from: matrix + row * rowStride, count: columns) }
}
