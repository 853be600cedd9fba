// Convolution of one image as three matrix products over its im2col patches:
//
//     P = output positions        K = kernel height · kernel width · input channels        N = output channels
//
//     forward             Y[P × N]  = X̂[P × K]  · W[K × N] + b      X̂ = im2col(X)
//     backward data       X̂'[P × K] = Y'[P × N] · Wᵀ[N × K]          X' = col2im(X̂')
//     backward weights    W'[K × N] = X̂ᵀ[K × P] · Y'[P × N]
//
// The patches are made for some rows of the output at a time, few enough to stay in the second-level cache between
// being written and being read. Weights lie in panels, [N/16][K][16], which is the product's right operand.

/// A convolution's sizes and the sizes of its operands. What is to be done by whichever kernels suit is in
/// ConvolutionPasses.swift; the products of this file are for one group.
package struct ConvolutionGeometry: Equatable, Sendable {
    /// Not in ceil mode.
    package let window: WindowGeometry
    package let outputChannels: Int
    /// Input and output channels are cut into so many groups; each group of outputs sees one group of inputs. Divides
    /// both.
    package let groups: Int

    package init(window: WindowGeometry, outputChannels: Int, groups: Int = 1) {
        self.window = window
        self.outputChannels = outputChannels
        self.groups = groups
    }

    /// One group by itself.
    package var group: ConvolutionGeometry {
        ConvolutionGeometry(
            window: window.withChannels(window.channels / groups), outputChannels: outputChannels / groups)
    }

    package var multiplyAdds: Int { outputCount * window.patch / groups }

    /// Scalars of the weights as a layer keeps them.
    ///
    /// PyTorch's [N][C/groups][kernel height][kernel width] becomes
    ///
    ///     depthwise    [taps][N]
    ///     otherwise    [groups][n/16][taps][C/groups][16]        n = N/groups, padded with zeros to whole vectors
    package var weightCount: Int {
        isDepthwise
            ? window.taps * outputChannels : window.patch * roundedToVectors(outputChannels / groups)
    }
    /// Transposed weights in panels: [K/16][N rounded up to 16][16].
    package var transposedWeightCount: Int {
        roundedToVectors(window.patch) * roundedToVectors(outputChannels)
    }
    package var outputCount: Int { window.outputPositions * outputChannels }

    // 32 K Floats are 128 KB, a quarter of a small second-level cache.
    var rowsPerBlock: Int {
        max(1, min(window.output.height, 32_768 / max(1, window.patch * window.output.width)))
    }

    /// Scalars of workspace that each of the three products needs: a padded image, a block of patches, and of Y' padded to
    /// vectors.
    package var workspaceCount: Int {
        paddedCount + rowsPerBlock * window.output.width * (window.patch + roundedToVectors(outputChannels))
    }
    /// Of the padded image; none where there is no padding.
    var paddedCount: Int { window.padding == 0 ? 0 : window.padded.inputCount }

    /// The image with its padding, which lies in the workspace if there is any, and what is left of the workspace.
    @inline(__always)
    func padding<Scalar: KernelScalar>(
        _ input: UnsafePointer<Scalar>, workspace: UnsafeMutablePointer<Scalar>
    ) -> (image: UnsafePointer<Scalar>, workspace: UnsafeMutablePointer<Scalar>) {
        guard window.padding != 0 else { return (input, workspace) }
        pad(input, window, into: workspace)
        return (UnsafePointer(workspace), workspace + paddedCount)
    }

    @inline(__always)
    func forEachBlock(_ body: (_ rows: Range<Int>, _ positions: Range<Int>) -> Void) {
        var row = 0
        let (height, width) = (window.output.height, window.output.width)
        while row < height {
            let rows = row..<min(row + rowsPerBlock, height)
            body(rows, rows.lowerBound * width..<rows.upperBound * width)
            row = rows.upperBound
        }
    }
}

/// Y = conv(X, W) + b, or Y += conv(X, W).
///
/// - Parameters:
///   - input: One image [H][W][C].
///   - weight: Panels [N/16][K][16].
///   - bias: N numbers, or none. Only for what is not accumulated.
///   - output: [output height][output width][N].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func convolutionForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
    bias: UnsafeMutablePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (patch, channels) = (geometry.window.patch, geometry.outputChannels)
    let window = geometry.window.padded
    let (image, workspace) = geometry.padding(input, workspace: workspace)
    geometry.forEachBlock { rows, positions in
        im2col(image, window, rows: rows, into: workspace)
        let target = Panels.rowMajor(output + positions.lowerBound * channels, columns: channels)
        multiply(
            m: positions.count, n: channels, k: patch, Strided(workspace, rowStride: patch),
            .packed(weight, rows: patch), addingTo: accumulating ? target : bias.map { .bias($0) }, into: target)
    }
}

/// X' = the gradient of the input, or X' += it.
///
/// - Parameters:
///   - transposedWeight: What `transposePanels` makes of the weights: [K/16][N rounded up][16].
///   - inputGradient: [H][W][C].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func convolutionBackwardData<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, outputGradient: UnsafePointer<Scalar>,
    transposedWeight: UnsafeMutablePointer<Scalar>, into inputGradient: UnsafeMutablePointer<Scalar>,
    accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    if !accumulating { clear(inputGradient, count: geometry.window.inputCount) }
    let (patch, channels) = (geometry.window.patch, geometry.outputChannels)
    let (window, padding) = (geometry.window.padded, geometry.window.padding)
    let paddedGradient = padding == 0 ? inputGradient : workspace
    let workspace = padding == 0 ? workspace : workspace + window.inputCount
    if padding != 0 { clear(paddedGradient, count: window.inputCount) }
    geometry.forEachBlock { rows, positions in
        multiply(
            m: positions.count, n: patch, k: channels,
            Strided(outputGradient + positions.lowerBound * channels, rowStride: channels),
            .packed(transposedWeight, rows: roundedToVectors(channels)),
            into: .rowMajor(workspace, columns: patch))
        col2im(workspace, window, rows: rows, addingTo: paddedGradient)
    }
    if padding != 0 { unpad(paddedGradient, geometry.window, addingTo: inputGradient) }
}

/// W' = the gradient of the weights, or W' += it.
///
/// - Parameters:
///   - weightGradient: Panels [N/16][K][16]; the padding is written as zero.
///   - separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func convolutionBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into weightGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (patch, channels) = (geometry.window.patch, geometry.outputChannels)
    let isCut = separately || geometry.window.outputPositions > longestChain
    let target = Panels.packed(weightGradient, rows: patch)
    // The columns of the product, in whole vectors of eight.
    let columns = (channels + 7) / 8 * 8
    if !accumulating, columns % vectorWidth != 0 { clear(weightGradient, count: geometry.weightCount) }
    var accumulates = accumulating
    let window = geometry.window.padded
    let (image, workspace) = geometry.padding(input, workspace: workspace)
    geometry.forEachBlock { rows, positions in
        im2col(image, window, rows: rows, into: workspace)
        var gradient = Panels.rowMajor(
            UnsafeMutablePointer(mutating: outputGradient) + positions.lowerBound * channels, columns: channels)
        if channels != columns {
            let packed = workspace + positions.count * patch
            pack(gradient.pointer, rows: positions.count, columns: channels, rowStride: channels, into: packed)
            gradient = .packed(packed, rows: positions.count)
        }
        multiply(
            m: patch, n: columns, k: positions.count,
            Strided(workspace, rowStride: 1, columnStride: patch), gradient,
            addingTo: accumulates ? target : nil, separately: isCut, into: target)
        accumulates = true
    }
}

/// Adds up the columns of a row-major [rows × columns] matrix: the gradient of a bias.
///
/// - Parameter separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func sumRows<Scalar: KernelScalar>(
    _ matrix: UnsafePointer<Scalar>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<Scalar>,
    accumulating: Bool, separately: Bool = false
) {
    apart {
        let isCut = separately || rows > longestChain
        for (column, lanes) in vectors(columns) {
            let start = accumulating ? load(sums + column, lanes: lanes) : .zero
            let wide = wideRows(rows, columns: columns, from: column)
            let first = matrix + column
            var totals = BlockSum<Scalar>()
            var sum = SIMD16<Scalar>.zero
            for block in blocks(rows, isCut: isCut) {
                // Four sums, since one would wait for each addition.
                var parts = InlineArray<4, SIMD16<Scalar>> { _ in .zero }
                let fours = max(0, min(wide, block.upperBound) - block.lowerBound) / 4
                for four in 0..<fours {
                    let row = first + (block.lowerBound + 4 &* four) &* columns
                    for i in 0..<4 { parts[i] += load(row + i &* columns) }
                }
                for row in block.lowerBound + 4 * fours..<block.upperBound {
                    parts[0] += load(first + row &* columns, lanes: row < wide ? vectorWidth : lanes)
                }
                sum = (parts[0] + parts[1]) + (parts[2] + parts[3])
                if isCut { totals.take(&sum) }
            }
            store(start + (isCut ? totals.value : sum), to: sums + column, lanes: lanes)
        }
    }
}

/// How many rows of a row-major matrix can be read in a whole vector from a column on, which reaches into the next rows, without
/// reading behind the matrix.
@inline(__always)
func wideRows(_ rows: Int, columns: Int, from column: Int) -> Int {
    let last = rows * columns - column - vectorWidth
    return last < 0 ? 0 : min(rows, last / columns + 1)
}

/// Writes one row of numbers into every row of a [rows × columns] matrix: the bias under a transposed convolution.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func repeatRow<Scalar: KernelScalar>(
    _ row: UnsafePointer<Scalar>, rows: Int, columns: Int, into matrix: UnsafeMutablePointer<Scalar>
) {
    for i in 0..<rows { (matrix + i * columns).update(from: row, count: columns) }
}
