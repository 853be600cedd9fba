// The weights of Winograd's convolution before their products, and their gradient after; see Winograd.swift.

/// U, from weights in panels.
///
/// - Parameters:
///   - weight: Panels [N/16][9][C][16].
///   - transformed: [36 places][N/16][C][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ weight: UnsafePointer<Scalar>, into transformed: UnsafeMutablePointer<Scalar>
) {
    let rows = geometry.window.channels
    for panel in 0..<geometry.outputChannels / vectorWidth {
        for offset in stride(from: 0, to: rows * vectorWidth, by: Channels<Scalar>.scalarCount) {
            transformFilter(
                weight + panel * 9 * rows * vectorWidth + offset, tapStride: rows * vectorWidth,
                into: transformed + panel * rows * vectorWidth + offset, placeStride: geometry.weightStride)
        }
    }
}

/// U of the pass back to the input: of the filters turned by half, from outputs to inputs.
///
/// - Parameters:
///   - transposedWeight: What `transposePanels` makes of the weights: [9][C/16][N][16].
///   - transformed: [36 places][C/16][N][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradTurnedWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ transposedWeight: UnsafePointer<Scalar>,
    into transformed: UnsafeMutablePointer<Scalar>
) {
    let count = geometry.window.channels * geometry.outputChannels
    for offset in stride(from: 0, to: count, by: Channels<Scalar>.scalarCount) {
        transformFilter(
            transposedWeight + 8 * count + offset, tapStride: -count, into: transformed + offset,
            placeStride: geometry.weightStride)
    }
}

/// U = G·g·Gᵀ of some filters side by side.
@inline(__always)
private func transformFilter<Scalar: KernelScalar>(
    _ filter: UnsafePointer<Scalar>, tapStride: Int, into transformed: UnsafeMutablePointer<Scalar>, placeStride: Int
) {
    let lines = InlineArray<3, Six<Channels<Scalar>>> { j in
        let tap = filter + j * tapStride
        return filterLine(loadChannels(tap), loadChannels(tap + 3 * tapStride), loadChannels(tap + 6 * tapStride))
    }
    @inline(__always)
    func store(row i: Int, _ place: (Six<Channels<Scalar>>) -> Channels<Scalar>) {
        storeColumn(
            filterLine(place(lines[0]), place(lines[1]), place(lines[2])), to: transformed + 6 * i * placeStride,
            stride: placeStride)
    }
    store(row: 0) { $0.0 }
    store(row: 1) { $0.1 }
    store(row: 2) { $0.2 }
    store(row: 3) { $0.3 }
    store(row: 4) { $0.4 }
    store(row: 5) { $0.5 }
}

/// W' = Gᵀ·U'·G, or W' += it, and 0 for what no tap reached.
///
/// - Parameters:
///   - transformed: U', [36 places][N/16][C][16].
///   - reach: The unions that `uniteReach` made.
///   - weightGradient: Panels [N/16][9][C][16].
@inline(__always)
func weightGradientOfTransformed<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ transformed: UnsafePointer<Scalar>, reach: UnsafePointer<Scalar>,
    into weightGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let (rows, outputs) = (geometry.window.channels, geometry.outputChannels)
    let placeStride = geometry.weightStride
    let outputReach = reach + 9 * rows
    for panel in 0..<outputs / vectorWidth {
        for offset in stride(from: 0, to: rows * vectorWidth, by: Channels<Scalar>.scalarCount) {
            let (row, lane) = (offset / vectorWidth, offset % vectorWidth)
            let source = transformed + panel * rows * vectorWidth + offset
            let lines = InlineArray<6, (Channels<Scalar>, Channels<Scalar>, Channels<Scalar>)> { i in
                let place = source + 6 * i * placeStride
                return backwardFilterLine(
                    loadChannels(place), loadChannels(place + placeStride), loadChannels(place + 2 * placeStride),
                    loadChannels(place + 3 * placeStride), loadChannels(place + 4 * placeStride),
                    loadChannels(place + 5 * placeStride))
            }
            @inline(__always)
            func put(_ gradient: Channels<Scalar>, tap: Int) {
                let target = weightGradient + (panel * 9 + tap) * rows * vectorWidth + offset
                let kept = reached(
                    gradient, input: reach[tap * rows + row],
                    outputs: loadChannels(outputReach + tap * outputs + panel * vectorWidth + lane))
                storeChannels(accumulating ? loadChannels(target) + kept : kept, to: target)
            }
            @inline(__always)
            func put(
                column j: Int, _ place: ((Channels<Scalar>, Channels<Scalar>, Channels<Scalar>)) -> Channels<Scalar>
            ) {
                let column = backwardFilterLine(
                    place(lines[0]), place(lines[1]), place(lines[2]), place(lines[3]), place(lines[4]),
                    place(lines[5]))
                put(column.0, tap: j)
                put(column.1, tap: 3 + j)
                put(column.2, tap: 6 + j)
            }
            put(column: 0) { $0.0 }
            put(column: 1) { $0.1 }
            put(column: 2) { $0.2 }
        }
    }
}
