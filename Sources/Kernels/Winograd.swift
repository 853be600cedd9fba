// Convolution with 3×3 filters and stride 1 by Winograd's minimal filtering F(2×2, 3×3) (Lavin and Gray, "Fast Algorithms
// for Convolutional Neural Networks", 2016): a tile of 2×2 outputs takes 16 multiplications for each pair of channels
// instead of 36.
//
//     d  4×4 of the input       g  3×3 of a filter      y  2×2 of the output      ⊙  element by element
//
//     V = Bᵀ·d·B        U = G·g·Gᵀ        M = Σ over input channels of U ⊙ V        y = Aᵀ·M·A
//
//          ⎡1  0 −1  0⎤        ⎡ 1   0   0⎤
//     Bᵀ = ⎢0  1  1  0⎥    G = ⎢ ½   ½   ½⎥    Aᵀ = ⎡1  1  1  0⎤
//          ⎢0 −1  1  0⎥        ⎢ ½  −½   ½⎥         ⎣0  1 −1 −1⎦
//          ⎣0  1  0 −1⎦        ⎣ 0   0   1⎦
//
// For each of the 16 places of a tile the sum over channels is a matrix product over all T tiles of an image, with C input
// and N output channels:
//
//     forward             M[T × N] = V[T × C] · U[C × N]
//     backward data       the forward pass from Y' to X', with the filters turned by half and the channels swapped
//     backward weights    U'[C × N] = Vᵀ[C × T] · M'[T × N]        M' = A·y'·Aᵀ        g' = Gᵀ·U'·G
//
// What is 0 because all that it is summed of is 0 comes out as exactly 0 for weights' gradients (WinogradReach.swift). An output,
// or an input's gradient, is so only if all numbers that its tile reads are 0, and is rounding noise beside others.
//
// With it a training step of `augmented` takes 0.72 of the time that it takes with im2col, one of `threehead` 0.80 (one
// thread, AVX-512).

extension ConvolutionGeometry {
    /// Whether the kernels of this file can do it, 3×3 filters side by side and channels in whole vectors, and should: every
    /// band of tiles goes over all transformed weights, so where these are larger than a second-level cache a band must
    /// have enough tiles to be worth it.
    package var isWinograd: Bool {
        groups == 1 && window.kernel == 3 && window.stride == 1 && window.dilation == 1
            && max(window.padding.top, window.padding.left, window.padding.bottom, window.padding.right) <= 2
            && window.channels % vectorWidth == 0 && outputChannels % vectorWidth == 0
            && (winogradWeightCount <= 262_144 || bandTiles(forwardTiles) >= 32)
    }

    /// The rows of tiles that are worked on at a time: what is made of them is no more than half a second-level cache,
    /// 512 KB of Floats, if one row is not.
    fileprivate func bandRows(_ grid: TileGrid) -> Int {
        let fitting = max(1, 131_072 / (16 * grid.columns * (window.channels + outputChannels)))
        // As equal as possible.
        let bands = (grid.rows + fitting - 1) / fitting
        return (grid.rows + bands - 1) / bands
    }

    private func bandTiles(_ grid: TileGrid) -> Int { bandRows(grid) * grid.columns }

    /// Scalars of transformed weights, [16 places][panels][rows][16], and of their gradient.
    package var winogradWeightCount: Int { 16 * window.channels * outputChannels }

    /// Scalars of workspace for each of the three passes.
    package var winogradWorkspaceCount: Int {
        let bands = [forwardTiles, backwardTiles].map { $0.band(0..<bandRows($0)) }
        return (bands.map { $0.tiles * 16 * (window.channels + outputChannels) }.max() ?? 0)
            + (bands.map { $0.paddedPositions }.max() ?? 0) * max(window.channels, outputChannels)
    }

    var forwardTiles: TileGrid {
        TileGrid(output: window.output, top: window.padding.top, left: window.padding.left)
    }

    /// Of the pass from the output's gradient to the input's.
    var backwardTiles: TileGrid {
        TileGrid(output: window.input, top: 2 - window.padding.top, left: 2 - window.padding.left)
    }
}

/// U, from weights in panels.
///
/// - Parameters:
///   - weight: Panels [N/16][9][C][16].
///   - transformed: [16 places][N/16][C][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ weight: UnsafePointer<Scalar>, into transformed: UnsafeMutablePointer<Scalar>
) {
    let rows = geometry.window.channels
    for panel in 0..<geometry.outputChannels / vectorWidth {
        for row in 0..<rows {
            let source = weight + (panel * 9 * rows + row) * vectorWidth
            let filter = InlineArray<9, SIMD16<Scalar>> { load(source + $0 * rows * vectorWidth) }
            storePlaces(
                transformedFilter(filter), to: transformed + (panel * rows + row) * vectorWidth,
                stride: geometry.window.channels * geometry.outputChannels)
        }
    }
}

/// U of the pass back to the input: of the filters turned by half, from outputs to inputs.
///
/// - Parameters:
///   - transposedWeight: What `transposePanels` makes of the weights: [9][C/16][N][16].
///   - transformed: [16 places][C/16][N][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradTurnedWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ transposedWeight: UnsafePointer<Scalar>,
    into transformed: UnsafeMutablePointer<Scalar>
) {
    let count = geometry.window.channels * geometry.outputChannels
    for offset in stride(from: 0, to: count, by: vectorWidth) {
        let filter = InlineArray<9, SIMD16<Scalar>> { load(transposedWeight + (8 - $0) * count + offset) }
        storePlaces(transformedFilter(filter), to: transformed + offset, stride: count)
    }
}

/// W' = Gᵀ·U'·G, and exactly 0 for a tap that reached no input but zeros, or no output's gradient but zeros.
///
/// - Parameters:
///   - transformed: What `winogradBackwardWeights` made, or a sum of such.
///   - weightGradient: Panels [N/16][9][C][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradWeightGradient<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ transformed: UnsafePointer<Scalar>,
    into weightGradient: UnsafeMutablePointer<Scalar>
) {
    let (rows, outputs) = (geometry.window.channels, geometry.outputChannels)
    let count = rows * outputs
    let inputUnions = transformed + geometry.winogradWeightCount
    let outputUnions = inputUnions + 9 * rows
    for panel in 0..<outputs / vectorWidth {
        for row in 0..<rows {
            let source = transformed + (panel * rows + row) * vectorWidth
            var columns = InlineArray<12, SIMD16<Scalar>> { _ in .zero }
            for i in 0..<4 {
                let line = backwardFilter(
                    load(source + (4 * i) * count), load(source + (4 * i + 1) * count),
                    load(source + (4 * i + 2) * count), load(source + (4 * i + 3) * count))
                (columns[i], columns[4 + i], columns[8 + i]) = line
            }
            let target = weightGradient + (panel * 9 * rows + row) * vectorWidth
            for j in 0..<3 {
                let column = backwardFilter(
                    columns[4 * j], columns[4 * j + 1], columns[4 * j + 2], columns[4 * j + 3])
                let gradients: InlineArray<3, SIMD16<Scalar>> = [column.0, column.1, column.2]
                for i in 0..<3 {
                    let tap = 3 * i + j
                    let kept = reached(
                        gradients[i], input: inputUnions[tap * rows + row],
                        outputs: load(outputUnions + tap * outputs + panel * vectorWidth))
                    store(kept, to: target + tap * rows * vectorWidth)
                }
            }
        }
    }
}

/// Y = conv(X, W) + b, or Y += conv(X, W).
///
/// - Parameters:
///   - weight: What `winogradWeights` made.
///   - bias: N numbers, or none. Only for what is not accumulated.
///   - output: [output height][output width][N].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
    bias: UnsafePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (grid, inputs, outputs) = (geometry.forwardTiles, geometry.window.channels, geometry.outputChannels)
    grid.forEachBand(of: geometry.bandRows(grid), over: geometry.window.input) { band, rows, first in
        convolve(
            band, input + rows.lowerBound * geometry.window.input.width * inputs,
            size: Extent(height: rows.count, width: geometry.window.input.width), channels: inputs, weight: weight,
            bias: bias, into: output + first * grid.output.width * outputs, channels: outputs,
            accumulating: accumulating, workspace: workspace)
    }
}

/// X' = the gradient of the input, or X' += it.
///
/// - Parameter weight: What `winogradTurnedWeights` made.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradBackwardData<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, outputGradient: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    let (grid, inputs, outputs) = (geometry.backwardTiles, geometry.window.channels, geometry.outputChannels)
    grid.forEachBand(of: geometry.bandRows(grid), over: geometry.window.output) { band, rows, first in
        convolve(
            band, outputGradient + rows.lowerBound * geometry.window.output.width * outputs,
            size: Extent(height: rows.count, width: geometry.window.output.width), channels: outputs, weight: weight,
            bias: nil, into: inputGradient + first * grid.output.width * inputs, channels: inputs,
            accumulating: accumulating, workspace: workspace)
    }
}

/// U' = the gradient of the transformed weights, or U' += it, and what its taps reached (WinogradReach.swift).
///
/// - Parameters:
///   - transformedGradient: U', [16 places][N/16][C][16], and the unions, [9][C] and [9][N].
///   - separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into transformedGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (grid, inputs, outputs) = (geometry.forwardTiles, geometry.window.channels, geometry.outputChannels)
    let width = geometry.window.input.width
    var accumulates = accumulating
    grid.forEachBand(of: geometry.bandRows(grid), over: geometry.window.input) { band, rows, first in
        let values = workspace
        let gradients = values + 16 * band.tiles * inputs
        transformInput(
            band, input + rows.lowerBound * width * inputs, size: Extent(height: rows.count, width: width),
            channels: inputs, into: values, padded: gradients + 16 * band.tiles * outputs)
        transformGradient(
            band, outputGradient + first * grid.output.width * outputs, channels: outputs, into: gradients)
        for place in 0..<16 {
            let target = Panels.packed(transformedGradient + place * inputs * outputs, rows: inputs)
            multiply(
                m: inputs, n: outputs, k: band.tiles,
                Strided(values + place * band.tiles * inputs, rowStride: 1, columnStride: inputs),
                .rowMajor(gradients + place * band.tiles * outputs, columns: outputs),
                addingTo: accumulates ? target : nil, separately: separately || grid.tiles > longestChain, into: target)
        }
        accumulates = true
    }
    uniteReach(
        geometry, input: input, outputGradient: outputGradient,
        into: transformedGradient + geometry.winogradWeightCount, accumulating: accumulating)
}

@inline(__always)
private func convolve<Scalar: KernelScalar>(
    _ grid: TileGrid, _ input: UnsafePointer<Scalar>, size: Extent, channels inputs: Int,
    weight: UnsafeMutablePointer<Scalar>, bias: UnsafePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>,
    channels outputs: Int, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    let values = workspace
    let products = values + 16 * grid.tiles * inputs
    transformInput(
        grid, input, size: size, channels: inputs, into: values, padded: products + 16 * grid.tiles * outputs)
    for place in 0..<16 {
        multiply(
            m: grid.tiles, n: outputs, k: inputs, Strided(values + place * grid.tiles * inputs, rowStride: inputs),
            .packed(weight + place * inputs * outputs, rows: inputs),
            into: .rowMajor(products + place * grid.tiles * outputs, columns: outputs))
    }
    transformOutput(grid, products, channels: outputs, bias: bias, into: output, accumulating: accumulating)
}
