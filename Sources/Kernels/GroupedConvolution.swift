// Convolution in groups: group g of the outputs sees group g of the inputs alone. The channels of a group are copied
// together, and what is left is a convolution without groups:
//
//     image [H][W][C]  ─ gather ─→  [H][W][C/groups]  ─ pass ─→  [P][N/groups]  ─ scatter ─→  output [P][N]
//
// Weights, prepared or not, are those of the groups one after another.

extension ConvolutionGeometry {
    /// An image and an output of one group, and what its passes need.
    var groupedWorkspaceCount: Int { group.window.inputCount + group.outputCount + group.denseWorkspaceCount }

    /// The three parts of the workspace.
    @inline(__always)
    fileprivate func parts<Scalar>(
        _ workspace: UnsafeMutablePointer<Scalar>
    ) -> (image: UnsafeMutablePointer<Scalar>, output: UnsafeMutablePointer<Scalar>, rest: UnsafeMutablePointer<Scalar>)
    {
        let output = workspace + group.window.inputCount
        return (workspace, output, output + group.outputCount)
    }

    /// Copies the channels of group `index` of an image [H][W][C] together.
    @inline(__always)
    fileprivate func gatherInput<Scalar: KernelScalar>(
        _ input: UnsafePointer<Scalar>, _ index: Int, into image: UnsafeMutablePointer<Scalar>
    ) {
        let channels = window.channels / groups
        copyRows(
            input + index * channels, rows: window.input.height * window.input.width, columns: channels,
            rowStride: window.channels, into: image)
    }

    /// The same of an output [P][N].
    @inline(__always)
    fileprivate func gatherOutput<Scalar: KernelScalar>(
        _ output: UnsafePointer<Scalar>, _ index: Int, into gathered: UnsafeMutablePointer<Scalar>
    ) {
        let channels = outputChannels / groups
        copyRows(
            output + index * channels, rows: window.outputPositions, columns: channels, rowStride: outputChannels,
            into: gathered)
    }
}

/// Y = conv(X, W) + b, or Y += conv(X, W); the operands are those of `ConvolutionGeometry.forward`.
@inline(__always)
func groupedForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
    bias: UnsafeMutablePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let group = geometry.group
    let (image, result, rest) = geometry.parts(workspace)
    let weightCount = group.isWinograd ? group.winogradWeightCount : group.weightCount
    for index in 0..<geometry.groups {
        let first = index * group.outputChannels
        geometry.gatherInput(input, index, into: image)
        denseForward(
            group, input: image, weight: weight + index * weightCount, bias: bias.map { $0 + first }, into: result,
            accumulating: false, workspace: rest)
        scatterRows(
            UnsafePointer(result), rows: geometry.window.outputPositions, columns: group.outputChannels,
            into: output + first, rowStride: geometry.outputChannels, accumulating: accumulating)
    }
}

/// X' = the gradient of the input, or X' += it; the operands are those of `ConvolutionGeometry.backwardData`.
@inline(__always)
func groupedBackwardData<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, outputGradient: UnsafePointer<Scalar>, weight: UnsafeMutablePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    let group = geometry.group
    let (image, gradient, rest) = geometry.parts(workspace)
    let weightCount = geometry.backwardWeightCount / geometry.groups
    for index in 0..<geometry.groups {
        geometry.gatherOutput(outputGradient, index, into: gradient)
        denseBackwardData(
            group, outputGradient: gradient, weight: weight + index * weightCount, into: image, accumulating: false,
            workspace: rest)
        scatterRows(
            UnsafePointer(image), rows: geometry.window.input.height * geometry.window.input.width,
            columns: group.window.channels, into: inputGradient + index * group.window.channels,
            rowStride: geometry.window.channels, accumulating: accumulating)
    }
}

/// W' = the gradient of the weights, or W' += it; the operands are those of `ConvolutionGeometry.backwardWeights`.
@inline(__always)
func groupedBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into weightGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let group = geometry.group
    let (image, gradient, rest) = geometry.parts(workspace)
    for index in 0..<geometry.groups {
        geometry.gatherInput(input, index, into: image)
        geometry.gatherOutput(outputGradient, index, into: gradient)
        denseBackwardWeights(
            group, input: image, outputGradient: gradient, into: weightGradient + index * group.weightCount,
            accumulating: accumulating, separately: separately, workspace: rest)
    }
}

/// Writes rows that follow one another into the columns of a wider row-major matrix, or adds them to it.
@inline(__always)
private func scatterRows<Scalar: KernelScalar>(
    _ source: UnsafePointer<Scalar>, rows: Int, columns: Int, into matrix: UnsafeMutablePointer<Scalar>,
    rowStride: Int, accumulating: Bool
) {
    for row in 0..<rows {
        let (from, to) = (source + row * columns, matrix + row * rowStride)
        for (column, lanes) in vectors(columns) {
            let values = load(from + column, lanes: lanes)
            store(
                accumulating ? load(to + column, lanes: lanes) + values : values, to: to + column, lanes: lanes)
        }
    }
}
