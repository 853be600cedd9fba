// Convolution of every channel by itself, with N/C filters for each:
//
//     forward             y[p][n] = Σ over taps t of x[p + t][n / (N/C)] · w[t][n] + b[n]
//     backward data       x'[p + t][n / (N/C)] += y'[p][n] · w[t][n]
//     backward weights    w'[t][n] = Σ over positions p of x[p + t][n / (N/C)] · y'[p][n]
//
// Channels go side by side in vectors. Where a channel has several filters the image is spread first, each channel
// repeated for its filters, so that there are N channels with one filter each.

extension ConvolutionGeometry {
    /// Whether every channel is a group.
    package var isDepthwise: Bool { groups > 1 && groups == window.channels }

    /// The windows over the image with N channels.
    fileprivate var spread: WindowGeometry { window.withChannels(outputChannels) }
    private var filters: Int { outputChannels / window.channels }
    fileprivate var isSpread: Bool { filters > 1 || window.padding != 0 }

    /// Scalars of workspace for each of the three passes: an image of N channels, padded.
    package var depthwiseWorkspaceCount: Int { spreadCount + weightCount }
    private var spreadCount: Int { isSpread ? spread.padded.inputCount : 0 }

    /// Room for a gradient of the weights beside the image.
    @inline(__always)
    fileprivate func partial<Scalar>(_ workspace: UnsafeMutablePointer<Scalar>) -> UnsafeMutablePointer<Scalar> {
        workspace + spreadCount
    }

    /// The image with its padding and N channels, which lies in the workspace unless that is the image itself.
    @inline(__always)
    fileprivate func spreading<Scalar: KernelScalar>(
        _ input: UnsafePointer<Scalar>, workspace: UnsafeMutablePointer<Scalar>
    ) -> (image: UnsafePointer<Scalar>, window: WindowGeometry) {
        let padded = spread.padded
        guard isSpread else { return (input, padded) }
        if filters == 1 {
            pad(input, window, into: workspace)
        } else {
            clear(workspace, count: padded.inputCount)
            forEachChannel { channel, copy in
                for filter in 0..<filters { workspace[copy + filter] = input[channel] }
            }
        }
        return (UnsafePointer(workspace), padded)
    }

    /// The adjoint of `spreading`.
    @inline(__always)
    fileprivate func gather<Scalar: KernelScalar>(
        _ spread: UnsafePointer<Scalar>, addingTo image: UnsafeMutablePointer<Scalar>
    ) {
        guard isSpread else { return }
        if filters == 1 { return unpad(spread, window, addingTo: image) }
        forEachChannel { channel, copy in
            for filter in 0..<filters { image[channel] += spread[copy + filter] }
        }
    }

    /// Every number of the image, and the first of its copies in the spread one.
    @inline(__always)
    private func forEachChannel(_ body: (_ channel: Int, _ copy: Int) -> Void) {
        let row = window.input.width * window.channels
        let paddedRow = window.padded.input.width * outputChannels
        for y in 0..<window.input.height {
            let start = (y + window.padding.top) * paddedRow + window.padding.left * outputChannels
            for i in 0..<row { body(y * row + i, start + i * filters) }
        }
    }
}

/// Y = conv(X, W) + b, or Y += conv(X, W).
///
/// - Parameters:
///   - input: One image [H][W][C].
///   - weight: [taps][N].
///   - bias: N numbers, or none. Only for what is not accumulated.
///   - output: [output height][output width][N].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func depthwiseForward<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>,
    bias: UnsafePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    let (image, window) = geometry.spreading(input, workspace: workspace)
    let (channels, width) = (window.channels, window.output.width)
    for y in 0..<window.output.height {
        for (channel, lanes) in vectors(channels) {
            let source = image + y * window.stride.height * window.input.width * channels + channel
            let target = output + y * width * channels + channel
            let start = bias.map { load($0 + channel, lanes: lanes) } ?? .zero
            // A number of lanes that is known is a load; one that is not is a choice before every load.
            if lanes == vectorWidth {
                forwardRow(
                    window, source, weight + channel, lanes: vectorWidth, start: start, into: target,
                    accumulating: accumulating)
            } else {
                forwardRow(
                    window, source, weight + channel, lanes: lanes, start: start, into: target,
                    accumulating: accumulating)
            }
        }
    }
}

/// A row of outputs of one vector of channels, four outputs at a time, so that each weight is read once for four and four
/// sums hide the multiply-add's latency.
@inline(__always)
private func forwardRow<Scalar: KernelScalar>(
    _ window: WindowGeometry, _ image: UnsafePointer<Scalar>, _ weight: UnsafePointer<Scalar>, lanes: Int,
    start: SIMD16<Scalar>, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let step = window.stride.width * window.channels
    let width = window.output.width
    for x in stride(from: 0, to: width - 3, by: 4) {
        forwardOutputs(
            InlineArray<4, SIMD16<Scalar>>.self, window, image + x * step, weight, lanes: lanes, start: start,
            into: output + x * window.channels, accumulating: accumulating)
    }
    for x in width / 4 * 4..<width {
        forwardOutputs(
            InlineArray<1, SIMD16<Scalar>>.self, window, image + x * step, weight, lanes: lanes, start: start,
            into: output + x * window.channels, accumulating: accumulating)
    }
}

@inline(__always)
private func forwardOutputs<Scalar: KernelScalar, let count: Int>(
    _: InlineArray<count, SIMD16<Scalar>>.Type, _ window: WindowGeometry, _ image: UnsafePointer<Scalar>,
    _ weight: UnsafePointer<Scalar>, lanes: Int, start: SIMD16<Scalar>, into output: UnsafeMutablePointer<Scalar>,
    accumulating: Bool
) {
    let (channels, step) = (window.channels, window.stride.width * window.channels)
    var sums = InlineArray<count, SIMD16<Scalar>> {
        accumulating ? load(output + $0 &* channels, lanes: lanes) : start
    }
    for ky in 0..<window.kernel.height {
        for kx in 0..<window.kernel.width {
            let factor = load(weight + (ky * window.kernel.width + kx) * channels, lanes: lanes)
            let source = image + window.offset(ky, kx)
            for i in 0..<count {
                sums[i] = multiplyAdd(sums[i], load(source + i &* step, lanes: lanes), factor)
            }
        }
    }
    for i in 0..<count { store(sums[i], to: output + i &* channels, lanes: lanes) }
}

/// X' = the gradient of the input, or X' += it.
///
/// - Parameters:
///   - weight: [taps][N].
///   - inputGradient: [H][W][C].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func depthwiseBackwardData<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, outputGradient: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) {
    if !accumulating { clear(inputGradient, count: geometry.window.inputCount) }
    let window = geometry.spread.padded
    let image = geometry.isSpread ? workspace : inputGradient
    if geometry.isSpread { clear(image, count: window.inputCount) }
    let (channels, width) = (window.channels, window.output.width)
    for y in 0..<window.output.height {
        let source = outputGradient + y * width * channels
        let row = image + y * window.stride.height * window.input.width * channels
        // Tap by tap along the row: windows overlap, and a load must wait for a store just before it.
        for tap in 0..<window.taps {
            let (ky, kx) = tap.quotientAndRemainder(dividingBy: window.kernel.width)
            let target = row + window.offset(ky, kx)
            for (channel, lanes) in vectors(channels) {
                let factor = load(weight + tap * channels + channel, lanes: lanes)
                if lanes == vectorWidth {
                    backwardRow(
                        window, source + channel, factor, lanes: vectorWidth, addingTo: target + channel)
                } else {
                    backwardRow(window, source + channel, factor, lanes: lanes, addingTo: target + channel)
                }
            }
        }
    }
    geometry.gather(UnsafePointer(image), addingTo: inputGradient)
}

/// Adds a row's gradients of one vector of channels, times the weight of one tap, to the image.
@inline(__always)
private func backwardRow<Scalar: KernelScalar>(
    _ window: WindowGeometry, _ gradient: UnsafePointer<Scalar>, _ factor: SIMD16<Scalar>, lanes: Int,
    addingTo image: UnsafeMutablePointer<Scalar>
) {
    let step = window.stride.width * window.channels
    for x in 0..<window.output.width {
        let place = image + x * step
        let product = load(gradient + x * window.channels, lanes: lanes)
        store(multiplyAdd(load(place, lanes: lanes), product, factor), to: place, lanes: lanes)
    }
}

/// W' = the gradient of the weights, or W' += it.
///
/// - Parameters:
///   - weightGradient: [taps][N].
///   - separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func depthwiseBackwardWeights<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into weightGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool, separately: Bool = false,
    workspace: UnsafeMutablePointer<Scalar>
) {
    if !accumulating { clear(weightGradient, count: geometry.weightCount) }
    let (image, window) = geometry.spreading(input, workspace: workspace)
    let channels = window.channels
    let isCut = separately || window.outputPositions > longestChain
    let (height, width) = (window.output.height, window.output.width)
    // A block is some rows, or a part of a long one.
    let (rows, columns) = isCut ? (max(1, longestChain / width), longestChain) : (height, width)
    let target = isCut ? geometry.partial(workspace) : weightGradient
    for first in stride(from: 0, to: height, by: rows) {
        if isCut { clear(target, count: geometry.weightCount) }
        for y in first..<min(first + rows, height) {
            for x in stride(from: 0, to: width, by: columns) {
                let part = x..<min(x + columns, width)
                let row = image + y * window.stride.height * window.input.width * channels
                let gradient = outputGradient + y * width * channels
                for (channel, lanes) in vectors(channels) {
                    if lanes == vectorWidth {
                        weightRow(
                            window, row + channel, gradient + channel, part, lanes: vectorWidth, isCut: isCut,
                            addingTo: target + channel)
                    } else {
                        weightRow(
                            window, row + channel, gradient + channel, part, lanes: lanes, isCut: isCut,
                            addingTo: target + channel)
                    }
                }
            }
        }
        guard isCut else { return }
        for (offset, lanes) in vectors(geometry.weightCount) {
            let sum = load(weightGradient + offset, lanes: lanes) + load(target + offset, lanes: lanes)
            store(sum, to: weightGradient + offset, lanes: lanes)
        }
    }
}

/// What a part of a row of outputs adds to the weights of one vector of channels, four taps at a time.
@inline(__always)
private func weightRow<Scalar: KernelScalar>(
    _ window: WindowGeometry, _ image: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ columns: Range<Int>,
    lanes: Int, isCut: Bool, addingTo weightGradient: UnsafeMutablePointer<Scalar>
) {
    for tap in stride(from: 0, to: window.taps - 3, by: 4) {
        addTaps(
            InlineArray<4, SIMD16<Scalar>>.self, from: tap, window, image, gradient, columns, lanes: lanes,
            isCut: isCut,
            addingTo: weightGradient)
    }
    for tap in window.taps / 4 * 4..<window.taps {
        addTaps(
            InlineArray<1, SIMD16<Scalar>>.self, from: tap, window, image, gradient, columns, lanes: lanes,
            isCut: isCut,
            addingTo: weightGradient)
    }
}

@inline(__always)
private func addTaps<Scalar: KernelScalar, let count: Int>(
    _: InlineArray<count, SIMD16<Scalar>>.Type, from first: Int, _ window: WindowGeometry,
    _ image: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ columns: Range<Int>, lanes: Int, isCut: Bool,
    addingTo weightGradient: UnsafeMutablePointer<Scalar>
) {
    let (channels, step) = (window.channels, window.stride.width * window.channels)
    let sources = InlineArray<count, UnsafePointer<Scalar>> {
        let (ky, kx) = (first + $0).quotientAndRemainder(dividingBy: window.kernel.width)
        return image + window.offset(ky, kx)
    }
    let target = weightGradient + first * channels
    var sums = InlineArray<count, SIMD16<Scalar>> { isCut ? .zero : load(target + $0 &* channels, lanes: lanes) }
    for x in columns {
        let factor = load(gradient + x &* channels, lanes: lanes)
        for i in 0..<count { sums[i] = multiplyAdd(sums[i], load(sources[i] + x &* step, lanes: lanes), factor) }
    }
    for i in 0..<count {
        let place = target + i &* channels
        store(isCut ? load(place, lanes: lanes) + sums[i] : sums[i], to: place, lanes: lanes)
    }
}

extension WindowGeometry {
    /// From the first channel of a window's first tap to that of the given one.
    @inline(__always)
    fileprivate func offset(_ ky: Int, _ kx: Int) -> Int {
        (ky * dilation.height * input.width + kx * dilation.width) * channels
    }
}
