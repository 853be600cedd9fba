import Kernels

/// Calls `body` for every tap of every window: the output position, the tap (row by row), and the position in the image,
/// nil where the tap lies in the padding.
@inline(__always)
public func forEachTap(
    _ geometry: WindowGeometry, _ body: (_ position: Int, _ tap: Int, _ pixel: Int?) -> Void
) {
    for outputRow in 0..<geometry.output.height {
        for outputColumn in 0..<geometry.output.width {
            for kernelRow in 0..<geometry.kernel.height {
                for kernelColumn in 0..<geometry.kernel.width {
                    let y =
                        outputRow * geometry.stride.height + kernelRow * geometry.dilation.height
                        - geometry.padding.height
                    let x =
                        outputColumn * geometry.stride.width + kernelColumn * geometry.dilation.width
                        - geometry.padding.width
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
public func referencePatches(_ geometry: WindowGeometry, image: [Double]) -> [Double] {
    let channels = geometry.channels
    var patches: [Double] = []
    forEachTap(geometry) { _, _, pixel in
        for channel in 0..<channels { patches.append(pixel.map { image[$0 * channels + channel] } ?? 0) }
    }
    return patches
}

/// Every number of the patches added to the place of the image that it belongs to, on top of `initial`.
public func referenceImage(_ geometry: WindowGeometry, patches: [Double], addingTo initial: [Double]) -> Sums {
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

/// Plain convolution: image [H][W][C], weight [taps][C][N], bias [N] → [positions][N].
public func referenceConvolution(
    _ geometry: ConvolutionGeometry, input: [Double], weight: [Double], bias: [Double]?
) -> Sums {
    let (channels, outputs) = (geometry.window.channels, geometry.outputChannels)
    var result = Sums(count: geometry.outputCount)
    if let bias {
        result = Sums(startingWith: (0..<geometry.outputCount).map { bias[$0 % outputs] })
    }
    forEachTap(geometry.window) { position, tap, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            for output in 0..<outputs {
                result.add(
                    input[pixel * channels + channel] * weight[(tap * channels + channel) * outputs + output],
                    to: position * outputs + output)
            }
        }
    }
    return result
}

/// The gradient of a convolution's input, on top of `initial`.
public func referenceConvolutionInputGradient(
    _ geometry: ConvolutionGeometry, outputGradient: [Double], weight: [Double], addingTo initial: [Double]
) -> Sums {
    let (channels, outputs) = (geometry.window.channels, geometry.outputChannels)
    var result = Sums(startingWith: initial)
    forEachTap(geometry.window) { position, tap, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            for output in 0..<outputs {
                result.add(
                    outputGradient[position * outputs + output]
                        * weight[(tap * channels + channel) * outputs + output],
                    to: pixel * channels + channel)
            }
        }
    }
    return result
}

/// The gradient of a convolution's weight, [taps][C][N], on top of `initial`.
public func referenceConvolutionWeightGradient(
    _ geometry: ConvolutionGeometry, input: [Double], outputGradient: [Double], addingTo initial: [Double]
) -> Sums {
    let (channels, outputs) = (geometry.window.channels, geometry.outputChannels)
    var result = Sums(startingWith: initial)
    forEachTap(geometry.window) { position, tap, pixel in
        guard let pixel else { return }
        for channel in 0..<channels {
            for output in 0..<outputs {
                result.add(
                    input[pixel * channels + channel] * outputGradient[position * outputs + output],
                    to: (tap * channels + channel) * outputs + output)
            }
        }
    }
    return result
}
