import LanesKernels

/// Calls `body` for every tap of every window: the output position, the tap (row by row), and the position in the image,
/// nil where the tap lies in the padding.
@inline(__always)
package func forEachTap(
    _ geometry: WindowGeometry, _ body: (_ position: Int, _ tap: Int, _ pixel: Int?) -> Void
) {
    for outputRow in 0..<geometry.output.height {
        for outputColumn in 0..<geometry.output.width {
            for kernelRow in 0..<geometry.kernel.height {
                for kernelColumn in 0..<geometry.kernel.width {
                    let y =
                        outputRow * geometry.stride.height + kernelRow * geometry.dilation.height
                        - geometry.padding.top
                    let x =
                        outputColumn * geometry.stride.width + kernelColumn * geometry.dilation.width
                        - geometry.padding.left
                    let inside = y >= 0 && y < geometry.input.height && x >= 0 && x < geometry.input.width
                    body(
                        outputRow * geometry.output.width + outputColumn,
                        kernelRow * geometry.kernel.width + kernelColumn,
                        inside ? y * geometry.input.width + x : nil)
                }
            }
        }
    }
}

/// What every window sees, [positions][taps][C], zero in the padding.
package func referencePatches(_ geometry: WindowGeometry, image: [Double]) -> [Double] {
    let channels = geometry.channels
    var patches: [Double] = []
    forEachTap(geometry) { _, _, pixel in
        for channel in 0..<channels { patches.append(pixel.map { image[$0 * channels + channel] } ?? 0) }
    }
    return patches
}

/// Every number of the patches added to the place of the image that it belongs to, on top of `initial`.
package func referenceImage(_ geometry: WindowGeometry, patches: [Double], addingTo initial: [Double]) -> Sums {
    let channels = geometry.channels
    var image = Sums(startingWith: initial)
    forEachTap(geometry) { position, tap, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            let patch = (position * geometry.taps + tap) * channels + channel
            image.add(patches[patch], to: pixel * channels + channel)
        }
    }
    return image
}

/// The place in a weight [taps][C/groups][N] of every pair of an input and an output channel of the same group.
@inline(__always)
private func forEachPair(
    _ geometry: ConvolutionGeometry, tap: Int, _ body: (_ channel: Int, _ output: Int, _ place: Int) -> Void
) {
    let (inputs, outputs) = (geometry.window.channels / geometry.groups, geometry.outputChannels)
    for output in 0..<outputs {
        let first = output / (outputs / geometry.groups) * inputs
        for i in 0..<inputs { body(first + i, output, (tap * inputs + i) * outputs + output) }
    }
}

/// Plain convolution: image [H][W][C], weight [taps][C/groups][N], bias [N] → [positions][N].
package func referenceConvolution(
    _ geometry: ConvolutionGeometry, input: [Double], weight: [Double], bias: [Double]?
) -> Sums {
    let (channels, outputs) = (geometry.window.channels, geometry.outputChannels)
    var result = Sums(count: geometry.outputCount)
    if let bias {
        result = Sums(startingWith: (0..<geometry.outputCount).map { bias[$0 % outputs] })
    }
    forEachTap(geometry.window) { position, tap, pixel in
        guard let pixel else { return }
        forEachPair(geometry, tap: tap) { channel, output, place in
            result.add(input[pixel * channels + channel] * weight[place], to: position * outputs + output)
        }
    }
    return result
}

/// The gradient of a convolution's input, on top of `initial`.
package func referenceConvolutionInputGradient(
    _ geometry: ConvolutionGeometry, outputGradient: [Double], weight: [Double], addingTo initial: [Double]
) -> Sums {
    let (channels, outputs) = (geometry.window.channels, geometry.outputChannels)
    var result = Sums(startingWith: initial)
    forEachTap(geometry.window) { position, tap, pixel in
        guard let pixel else { return }
        forEachPair(geometry, tap: tap) { channel, output, place in
            result.add(
                outputGradient[position * outputs + output] * weight[place], to: pixel * channels + channel)
        }
    }
    return result
}

/// The gradient of a convolution's weight, [taps][C/groups][N], on top of `initial`.
package func referenceConvolutionWeightGradient(
    _ geometry: ConvolutionGeometry, input: [Double], outputGradient: [Double], addingTo initial: [Double]
) -> Sums {
    let (channels, outputs) = (geometry.window.channels, geometry.outputChannels)
    var result = Sums(startingWith: initial)
    forEachTap(geometry.window) { position, tap, pixel in
        guard let pixel else { return }
        forEachPair(geometry, tap: tap) { channel, output, place in
            result.add(input[pixel * channels + channel] * outputGradient[position * outputs + output], to: place)
        }
    }
    return result
}

/// Plain transposed convolution: every number of the image [H][W][C] spreads over the window of outputs that starts at
/// stride · its place − padding.
///
/// - Parameters:
///   - weight: In PyTorch's order, [C][N][kernel height][kernel width].
///   - output: What the caller wants: (H − 1) · stride − padding + dilation · (kernel − 1) + output padding + 1.
/// - Returns: [output height][output width][N], on top of the bias.
package func referenceTransposedConvolution(
    input: [Double], size: Extent, channels: Int, weight: [Double], bias: [Double], kernel: Extent, stride: Extent,
    padding: Padding, dilation: Extent, output: Extent
) -> Sums {
    let outputs = bias.count
    var result = Sums(startingWith: (0..<output.height * output.width * outputs).map { bias[$0 % outputs] })
    for (y, x) in (0..<size.height * size.width).map({ ($0 / size.width, $0 % size.width) }) {
        for (ky, kx) in (0..<kernel.height * kernel.width).map({ ($0 / kernel.width, $0 % kernel.width) }) {
            let row = y * stride.height - padding.top + ky * dilation.height
            let column = x * stride.width - padding.left + kx * dilation.width
            guard row >= 0, row < output.height, column >= 0, column < output.width else { continue }
            for channel in 0..<channels {
                for n in 0..<outputs {
                    let place = ((channel * outputs + n) * kernel.height + ky) * kernel.width + kx
                    result.add(
                        input[(y * size.width + x) * channels + channel] * weight[place],
                        to: (row * output.width + column) * outputs + n)
                }
            }
        }
    }
    return result
}
