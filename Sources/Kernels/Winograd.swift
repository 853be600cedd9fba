// Convolution with 3×3 filters and stride 1 by Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray, "Fast Algorithms
// for Convolutional Neural Networks", 2016): a tile of 4×4 outputs takes 36 multiplications for each pair of channels
// instead of 144.
//
//     d  6×6 of the input       g  3×3 of a filter      y  4×4 of the output      ⊙  element by element
//
//     V = Bᵀ·d·B        U = G·g·Gᵀ        M = Σ over input channels of U ⊙ V        y = Aᵀ·M·A
//
// The matrices stand in WinogradTransforms.swift. For each of the 36 places of a tile the sum over channels is a matrix
// product over all T tiles, with C input and N output channels:
//
//     forward             M[T × N] = V[T × C] · U[C × N]
//     backward data       the forward pass from Y' to X', with the filters turned by half and the channels swapped
//     backward weights    U'[C × N] = Vᵀ[C × T] · M'[T × N]        M' = A·y'·Aᵀ        g' = Gᵀ·U'·G
//
// The tiles are those of several samples where the images are small: an image of 7×7 has no more than four, and the
// transformed weights, which are four times as many as the weights, are read once for all of them.
//
// A weight's gradient whose terms are all 0 comes out as exactly 0 (WinogradReach.swift). An output or an input's
// gradient is exactly 0 only if all numbers that its tile reads are 0; otherwise rounding noise stands where a direct
// sum gives 0.

extension ConvolutionGeometry {
    /// Whether this algorithm is possible here and saves time.
    ///
    /// Possible: 3×3 filters, stride 1, no dilation, no groups, and channels in whole vectors. It saves time if on
    /// average at least six outputs of a tile lie inside the image, since a tile takes 36 multiplications and its
    /// transforms, and one output done directly takes 9. Transformed weights are read again for each group of samples;
    /// above 5 MB, where they do not stay in a core's share of the third-level cache, an image must have at least 12
    /// tiles to make up for that.
    package var isWinograd: Bool {
        groups == 1 && window.kernel == 3 && window.stride == 1 && window.dilation == 1
            && max(window.padding.top, window.padding.left, window.padding.bottom, window.padding.right) <= 2
            && window.channels % vectorWidth == 0 && outputChannels % vectorWidth == 0
            && 6 * forwardTiles.tiles <= window.outputPositions
            && (winogradWeightCount <= 1_310_720 || forwardTiles.tiles >= 12)
    }

    /// Scalars of transformed weights, [36 places][panels][rows][16], and of their gradient.
    package var winogradWeightCount: Int { winogradPlaces * weightStride }

    /// From one place of the transformed weights to the next.
    var weightStride: Int { placeStride(window.channels, outputChannels) }

    /// Scalars of workspace for each of the three passes: a band's tiles, an image with its padding, and the gradient of the
    /// transformed weights with what its taps reached.
    package var winogradWorkspaceCount: Int {
        let padded = [forwardTiles, backwardTiles].map { $0.paddedPositions(inBandsOf: mostTiles) }.max() ?? 0
        let tiles = max(mostTiles, forwardTiles.columns, backwardTiles.columns)
        return placeStride(tiles, window.channels) * winogradPlaces + placeStride(tiles, outputChannels)
            * winogradPlaces
            + padded * max(window.channels, outputChannels) + winogradWeightCount + winogradReachCount
    }

    /// The tiles that are worked on at a time, if that is at least one row of them: what is made of them is no more than half
    /// a second-level cache, 512 KB of Floats.
    fileprivate var mostTiles: Int { max(1, 131_072 / (winogradPlaces * (window.channels + outputChannels))) }

    fileprivate var forwardTiles: TileGrid {
        TileGrid(output: window.output, top: window.padding.top, left: window.padding.left)
    }

    /// Of the pass from the output's gradient to the input's.
    fileprivate var backwardTiles: TileGrid {
        TileGrid(output: window.input, top: 2 - window.padding.top, left: 2 - window.padding.left)
    }

    /// From one place to the next of what has so many rows. A vector more than their numbers, or the places would lie
    /// whole pages apart and push each other out of the first-level cache.
    func placeStride(_ rows: Int, _ channels: Int) -> Int { rows * channels + vectorWidth }
}

/// Y = conv(X, W) + b, or Y += conv(X, W).
///
/// - Parameters:
///   - samples: How many images and outputs lie one after another.
///   - weight: What `winogradWeights` made.
///   - bias: N numbers, or none. Only for what is not accumulated.
///   - output: [samples][output height][output width][N].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, samples: Int = 1, input: UnsafePointer<Scalar>,
    weight: UnsafeMutablePointer<Scalar>, bias: UnsafePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>,
    accumulating: Bool = false, workspace: UnsafeMutablePointer<Scalar>
) {
    let (inputs, outputs) = (geometry.window.channels, geometry.outputChannels)
    geometry.forwardTiles.forEachBand(of: geometry.mostTiles, samples: samples, over: geometry.window.input) { band in
        convolve(
            geometry, band, input, channels: inputs, weight: weight, bias: bias, into: output, channels: outputs,
            accumulating: accumulating, workspace: workspace)
    }
}

/// X' = the gradient of the input, or X' += it.
///
/// - Parameters:
///   - samples: How many gradients lie one after another.
///   - weight: What `winogradTurnedWeights` made.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradBackwardData<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, samples: Int = 1, outputGradient: UnsafePointer<Scalar>,
    weight: UnsafeMutablePointer<Scalar>, into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (inputs, outputs) = (geometry.window.channels, geometry.outputChannels)
    geometry.backwardTiles.forEachBand(of: geometry.mostTiles, samples: samples, over: geometry.window.output) { band in
        convolve(
            geometry, band, outputGradient, channels: outputs, weight: weight, bias: nil, into: inputGradient,
            channels: inputs, accumulating: accumulating, workspace: workspace)
    }
}

@inline(__always)
private func convolve<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, _ band: TileBand, _ input: UnsafePointer<Scalar>, channels inputs: Int,
    weight: UnsafeMutablePointer<Scalar>, bias: UnsafePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>,
    channels outputs: Int, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    let inputStride = geometry.placeStride(band.tiles, inputs)
    let outputStride = geometry.placeStride(band.tiles, outputs)
    let values = workspace
    let products = values + winogradPlaces * inputStride
    transformInput(
        band, input, channels: inputs, into: values, placeStride: inputStride,
        padded: products + winogradPlaces * outputStride)
    for place in 0..<winogradPlaces {
        multiply(
            m: band.tiles, n: outputs, k: inputs, Strided(values + place * inputStride, rowStride: inputs),
            .packed(weight + place * geometry.weightStride, rows: inputs),
            into: .rowMajor(products + place * outputStride, columns: outputs))
    }
    transformOutput(
        band, products, placeStride: outputStride, channels: outputs, bias: bias, into: output,
        accumulating: accumulating)
}

/// W' = the gradient of the weights, or W' += it; exactly 0 for a tap that reached no input but zeros, or no output's
/// gradient but zeros.
///
/// - Parameters:
///   - samples: How many images and gradients lie one after another.
///   - weightGradient: Panels [N/16][9][C][16].
///   - separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func winogradBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, samples: Int = 1, input: UnsafePointer<Scalar>,
    outputGradient: UnsafePointer<Scalar>, into weightGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool,
    separately: Bool = false, workspace: UnsafeMutablePointer<Scalar>
) {
    let (grid, inputs, outputs) = (geometry.forwardTiles, geometry.window.channels, geometry.outputChannels)
    let isCut = separately || samples > longestGroup || grid.tiles > longestChain
    let transformed = workspace
    let reach = transformed + geometry.winogradWeightCount
    let values = reach + geometry.winogradReachCount
    var accumulates = false
    grid.forEachBand(of: geometry.mostTiles, samples: samples, over: geometry.window.input) { band in
        let inputStride = geometry.placeStride(band.tiles, inputs)
        let outputStride = geometry.placeStride(band.tiles, outputs)
        let gradients = values + winogradPlaces * inputStride
        transformInput(
            band, input, channels: inputs, into: values, placeStride: inputStride,
            padded: gradients + winogradPlaces * outputStride)
        transformGradient(band, outputGradient, channels: outputs, into: gradients, placeStride: outputStride)
        for place in 0..<winogradPlaces {
            let target = Panels.packed(transformed + place * geometry.weightStride, rows: inputs)
            multiply(
                m: inputs, n: outputs, k: band.tiles,
                Strided(values + place * inputStride, rowStride: 1, columnStride: inputs),
                .rowMajor(gradients + place * outputStride, columns: outputs),
                addingTo: accumulates ? target : nil, separately: isCut, into: target)
        }
        accumulates = true
    }
    for sample in 0..<samples {
        uniteReach(
            geometry, input: input + sample * geometry.window.inputCount,
            outputGradient: outputGradient + sample * geometry.outputCount, into: reach, accumulating: sample > 0)
    }
    weightGradientOfTransformed(geometry, transformed, reach: reach, into: weightGradient, accumulating: accumulating)
}
