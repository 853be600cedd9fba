// Convolution of one image without patches: the micro-kernel reads what im2col would copy from where it lies in the padded
// image (WindowMatrix.swift). The products are those of Convolution.swift,
//
//     P = output positions        K = kernel height · kernel width · input channels        N = output channels
//
//     forward             Y[P × N]  = X̂[P × K]  · W[K × N] + b        X̂ = the windows of X
//     backward weights    W'[K × N] = X̂ᵀ[K × P] · Y'[P × N]
//     backward data       the forward pass from Y' to X', with the filters turned by half and the channels swapped:
//
//                         X'[H·W × C] = Ŷ'[H·W × taps·N] · W̃[taps·N × C]        for a stride of 1
//
// with the same sums in the same order as there for the first, and for the second where it is one chain.

extension ConvolutionGeometry {
    /// Whether the forward pass and the weights' gradient work without patches, and are faster so: a window's row is
    /// one run of memory; a panel of weights, [K][16], stays in a first-level cache while all positions use it, and so
    /// does Y' of a row of the output; and that row is long enough to fill a tile.
    package var isDirect: Bool {
        window.dilation.width == 1 && window.patch <= deepest && 4...deepestSum ~= window.output.width
    }

    /// Whether the pass back to the input works without patches, and is faster so. It takes taps · N steps for each
    /// position of the input and each eight of its channels. With patches the product takes N steps for each position
    /// of the output and each eight numbers of a patch, and col2im about one more step for each number.
    package var isBackwardDirect: Bool {
        guard window.stride == 1, window.dilation.width == 1 else { return false }
        let turned = turned
        let padding = turned.window.padding
        guard turned.isDirect, min(padding.top, padding.left, padding.bottom, padding.right) >= 0 else { return false }
        let direct = turned.window.outputPositions * turned.window.patch * ((window.channels + 7) / 8)
        let scattered = window.outputPositions * (outputChannels * ((window.patch + 7) / 8) + window.patch)
        return direct < scattered
    }

    /// The convolution from Y' to X' where the stride is 1: a tap that read the input at +i now reads the output at −i.
    package var turned: ConvolutionGeometry {
        let (padding, height, width) = (window.padding, window.reach.height - 1, window.reach.width - 1)
        return ConvolutionGeometry(
            window: WindowGeometry(
                input: window.output, channels: outputChannels, kernel: window.kernel,
                padding: Padding(
                    top: height - padding.top, left: width - padding.left, bottom: height - padding.bottom,
                    right: width - padding.right),
                dilation: window.dilation),
            outputChannels: window.channels)
    }

    /// Scalars of workspace for the forward pass and the weights' gradient: a padded image, and a bias or a block of Y' padded to
    /// vectors.
    package var directWorkspaceCount: Int {
        paddedCount + directRows * window.output.width * roundedToVectors(outputChannels)
    }

    /// The rows of the output that are one chain of a weight's gradient, if that is cut.
    fileprivate var directRows: Int {
        let fitting = max(1, deepestSum / window.output.width)
        // As equal as possible.
        let blocks = (window.output.height + fitting - 1) / fitting
        return (window.output.height + blocks - 1) / blocks
    }

    /// The windows of a padded image: one row for each position of the output.
    @inline(__always)
    fileprivate func windows<Scalar>(_ image: UnsafePointer<Scalar>) -> WindowMatrix<Scalar> {
        let row = window.padded.input.width * window.channels
        return WindowMatrix(
            pointer: image, groups: window.output.height, groupStride: window.stride.height * row,
            rows: window.output.width, rowStride: window.stride.width * window.channels,
            runs: window.kernel.height, runStride: window.dilation.height * row,
            columns: window.kernel.width * window.channels, columnStride: 1)
    }
}

// 512 × 16 Floats are 32 KB.
private let deepest = 512

// Terms of a chain of a weight's gradient, and rows of a panel of Y': as of other products.
private let deepestSum = 320

/// Y = conv(X, W) + b, or Y += conv(X, W); the operands are those of `convolutionForward`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func directForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
    bias: UnsafeMutablePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let channels = geometry.outputChannels
    let (image, workspace) = geometry.padding(input, workspace: workspace)
    let windows = geometry.windows(image)
    let right = Panels.packed(weight, rows: geometry.window.patch)
    let target = Panels.rowMajor(output, columns: channels)
    let (height, row) = (geometry.window.output.height, geometry.window.output.width * channels)
    // Whole vectors, or sums that start with what the vectors would spill into.
    guard !accumulating, channels % 8 != 0, row + channels >= vectorWidth else {
        let addend = accumulating ? target : bias.map { .bias($0) }
        return multiplyBlock(windows.joined, n: channels, right, addingTo: addend, addsLast: false, into: target)
    }
    if let bias {
        for (column, lanes) in vectors(channels) { store(load(bias + column, lanes: lanes), to: workspace + column) }
    }
    let addend = bias == nil ? nil : Panels.bias(workspace)
    // The last row has nothing behind it.
    multiplySpilling(windows.groups(0..<height - 1), n: channels, right, addingTo: addend, into: target)
    multiplyBlock(
        windows.groups(height - 1..<height), n: channels, right, addingTo: addend, addsLast: false,
        into: .rowMajor(output + (height - 1) * row, columns: channels))
}

/// W' = the gradient of the weights, or W' += it; the operands are those of `convolutionBackwardWeights`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func directBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into weightGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (channels, output) = (geometry.outputChannels, geometry.window.output)
    let isCut = separately || geometry.window.outputPositions > longestChain
    let target = Panels.packed(weightGradient, rows: geometry.window.patch)
    // The columns of the product, in whole vectors of eight.
    let columns = (channels + 7) / 8 * 8
    if !accumulating, columns % vectorWidth != 0 { clear(weightGradient, count: geometry.weightCount) }
    let (image, workspace) = geometry.padding(input, workspace: workspace)
    let windows = geometry.windows(image).transposed
    for row in stride(from: 0, to: output.height, by: geometry.directRows) {
        let rows = row..<min(row + geometry.directRows, output.height)
        var gradient = Panels.rowMajor(
            UnsafeMutablePointer(mutating: outputGradient) + row * output.width * channels, columns: channels)
        if channels != columns {
            let positions = rows.count * output.width
            packWide(gradient.pointer, rows: positions, columns: channels, into: workspace)
            gradient = .packed(workspace, rows: positions)
        }
        multiplyBlock(
            windows.runs(rows), n: columns, gradient, addingTo: accumulating || row > 0 ? target : nil, addsLast: isCut,
            into: target)
    }
}

/// The weights of the pass back to the input.
///
/// - Parameters:
///   - weight: Panels [N/16][taps][C][16].
///   - turned: Panels [C/16][taps, the last one first][N][16].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func turnedWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ weight: UnsafePointer<Scalar>, into turned: UnsafeMutablePointer<Scalar>
) {
    let (inputs, outputs, taps) = (geometry.window.channels, geometry.outputChannels, geometry.window.taps)
    for tap in 0..<taps {
        for (output, width) in vectors(outputs) {
            for (input, height) in vectors(inputs) {
                packTransposed(
                    weight + (output * taps + tap * vectorWidth) * inputs + input * vectorWidth, rows: height,
                    columns: width, rowStride: vectorWidth,
                    into: turned + input * taps * outputs + ((taps - 1 - tap) * outputs + output) * vectorWidth)
            }
        }
    }
}

/// `pack`, without reading the last vector of a row in pieces: it is read with the beginning of the next row, as long as there is
/// one.
@inline(__always)
private func packWide<Scalar: KernelScalar>(
    _ matrix: UnsafePointer<Scalar>, rows: Int, columns: Int, into panels: UnsafeMutablePointer<Scalar>
) {
    for (column, lanes) in vectors(columns) {
        let panel = panels + column * rows
        let wide = wideRows(rows, columns: columns, from: column)
        let inside = keeping(SIMD16<Scalar>(repeating: 1), lanes: lanes)
        for row in 0..<wide {
            store(Scalar.gated(load(matrix + row * columns + column), by: inside), to: panel + row * vectorWidth)
        }
        for row in wide..<rows {
            store(load(matrix + row * columns + column, lanes: lanes), to: panel + row * vectorWidth)
        }
    }
}
