// Images of [height][width][channels] made larger or smaller, as PyTorch's `interpolate` does with align_corners=False and
// without antialiasing, and the adjoint of that.
//
//     nearest:    pixel i comes from ⌊i·from/to⌋, worked out in Float
//     bilinear:   pixel i's centre is at (i + ½)·from/to − ½, between two pixels; below 0 it is 0, and the last pixel has
//                 itself for its right neighbour

/// Writes the image at its new size.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func resizeForward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, from: Extent, to: Extent, channels: Int, interpolation: Interpolation,
    into output: UnsafeMutablePointer<Scalar>
) {
    for row in 0..<to.height {
        let vertical = Source<Scalar>(row, from: from.height, to: to.height, interpolation)
        let (upper, lower) = (
            input + vertical.first * from.width * channels, input + vertical.second * from.width * channels
        )
        for column in 0..<to.width {
            let horizontal = Source<Scalar>(column, from: from.width, to: to.width, interpolation)
            let (left, right) = (horizontal.first * channels, horizontal.second * channels)
            let target = output + (row * to.width + column) * channels
            for (channel, lanes) in vectors(channels) {
                var value = load(upper + left + channel, lanes: lanes)
                if interpolation == .bilinear {
                    let above = between(value, load(upper + right + channel, lanes: lanes), horizontal.share)
                    let below = between(
                        load(lower + left + channel, lanes: lanes), load(lower + right + channel, lanes: lanes),
                        horizontal.share)
                    value = between(above, below, vertical.share)
                }
                store(value, to: target + channel, lanes: lanes)
            }
        }
    }
}

/// Adds each output pixel's gradient to the pixels that it came from, by their shares.
///
/// - Parameter inputGradient: Overwritten, or added to if `accumulating`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func resizeBackward<Scalar: KernelScalar>(
    outputGradient: UnsafePointer<Scalar>, from: Extent, to: Extent, channels: Int, interpolation: Interpolation,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    if !accumulating { clear(inputGradient, count: from.height * from.width * channels) }
    for row in 0..<to.height {
        let vertical = Source<Scalar>(row, from: from.height, to: to.height, interpolation)
        let (upper, lower) = (
            inputGradient + vertical.first * from.width * channels,
            inputGradient + vertical.second * from.width * channels
        )
        for column in 0..<to.width {
            let horizontal = Source<Scalar>(column, from: from.width, to: to.width, interpolation)
            let (left, right) = (horizontal.first * channels, horizontal.second * channels)
            let source = outputGradient + (row * to.width + column) * channels
            for (channel, lanes) in vectors(channels) {
                let gradient = load(source + channel, lanes: lanes)
                guard interpolation == .bilinear else {
                    add(gradient, to: upper + left + channel, lanes: lanes)
                    continue
                }
                let (above, below) = (gradient * (1 - vertical.share), gradient * vertical.share)
                add(above * (1 - horizontal.share), to: upper + left + channel, lanes: lanes)
                add(above * horizontal.share, to: upper + right + channel, lanes: lanes)
                add(below * (1 - horizontal.share), to: lower + left + channel, lanes: lanes)
                add(below * horizontal.share, to: lower + right + channel, lanes: lanes)
            }
        }
    }
}

/// Where a row or a column comes from: two neighbours and the share of the second.
private struct Source<Scalar: KernelScalar> {
    var first: Int
    var second: Int
    var share: Scalar

    @inline(__always)
    init(_ index: Int, from: Int, to: Int, _ interpolation: Interpolation) {
        switch interpolation {
        case .nearest:
            first = min(Int((Float(index) * (Float(from) / Float(to))).rounded(.down)), from - 1)
            (second, share) = (first, 0)
        case .bilinear:
            let center = max((Double(index) + 0.5) * (Double(from) / Double(to)) - 0.5, 0)
            first = min(Int(center), from - 1)
            second = min(first + 1, from - 1)
            share = Scalar(center - Double(first))
        }
    }
}

/// a·(1 − share) + b·share.
@inline(__always)
private func between<Scalar: KernelScalar>(
    _ a: SIMD16<Scalar>, _ b: SIMD16<Scalar>, _ share: Scalar
) -> SIMD16<Scalar> { multiplyAdd(a * (1 - share), b, SIMD16(repeating: share)) }

@inline(__always)
private func add<Scalar: KernelScalar>(
    _ vector: SIMD16<Scalar>, to target: UnsafeMutablePointer<Scalar>, lanes: Int
) {
    store(load(target, lanes: lanes) + vector, to: target, lanes: lanes)
}
