/// How many numbers there are of a sample's channels at each position (height × width).
package typealias ChannelShape = (channels: Int, positions: Int)

/// Moves a sample that lies channels last into another shape of as many numbers, so that both hold the same numbers in
/// PyTorch's order, [channels][positions]:
///
///     from [positions][channels]: number p of PyTorch's order is at   p % positions · channels + p / positions
///
/// A flattened sample is (count, 1). The backward pass is the same with the shapes swapped.
///
/// - Parameter output: Not `input`; added to if `accumulating`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func reorder<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, from: ChannelShape, to: ChannelShape, into output: UnsafeMutablePointer<Scalar>,
    accumulating: Bool
) {
    let count = from.channels * from.positions
    // One channel, or one position, lies in PyTorch's order as it is.
    let isInputPlain = from.channels == 1 || from.positions == 1
    let isOutputPlain = to.channels == 1 || to.positions == 1
    if from == to || (isInputPlain && isOutputPlain) {
        scale(input, by: 1, count: count, into: output, accumulating: accumulating)
    } else if isOutputPlain {
        transpose(input, rows: from.positions, columns: from.channels, into: output, accumulating: accumulating)
    } else if isInputPlain {
        transpose(input, rows: to.channels, columns: to.positions, into: output, accumulating: accumulating)
    } else {
        // Along PyTorch's order: the places go on by `channels`, and at the last position to the next channel's first.
        var (source, sourcePosition, sourceChannel) = (0, 0, 0)
        var (target, targetPosition, targetChannel) = (0, 0, 0)
        for _ in 0..<count {
            output[target] = accumulating ? output[target] + input[source] : input[source]
            (source, sourcePosition) = (source + from.channels, sourcePosition + 1)
            if sourcePosition == from.positions {
                sourceChannel += 1
                (source, sourcePosition) = (sourceChannel, 0)
            }
            (target, targetPosition) = (target + to.channels, targetPosition + 1)
            if targetPosition == to.positions {
                targetChannel += 1
                (target, targetPosition) = (targetChannel, 0)
            }
        }
    }
}

/// [rows][columns] → [columns][rows], in blocks of 16 × 16.
@inline(__always)
private func transpose<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, rows: Int, columns: Int, into output: UnsafeMutablePointer<Scalar>,
    accumulating: Bool
) {
    for (row, height) in vectors(rows) {
        for (column, width) in vectors(columns) {
            let (block, target) = (input + row * columns + column, output + column * rows + row)
            if height == vectorWidth && width == vectorWidth {
                transposeWhole(block, rowStride: columns, into: target, rowStride: rows, accumulating: accumulating)
            } else {
                for j in 0..<width {
                    for i in 0..<height {
                        let number = block[i * columns + j]
                        target[j * rows + i] = accumulating ? target[j * rows + i] + number : number
                    }
                }
            }
        }
    }
}
