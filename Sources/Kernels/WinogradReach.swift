// Which weights' gradients are exactly zero. Winograd's sums go over whole tiles, so they contain numbers that a tap
// does not reach, which cancel up to rounding. Where a gradient should be zero only that noise would be left, and Adam,
// which divides by the gradient's size, would turn it into full steps.
//
// A tap reads a rectangle of the input while its window moves over the output, and it is inside the image for a rectangle of
// the output. Three taps have three ranges of rows, which differ at the image's edges alone, and likewise of columns:
//
//     tap  0  1  2           ┌┬────────┬┐
//          ├─────────┤       ├┼────────┼┤
//           ├────────┤       ││ common ││       the middle is read once for all nine taps
//           ├─────────┤      ├┼────────┼┤
//                            └┴────────┴┘
//
// For every channel and tap the union of all bits in the rectangle is kept, [9][C] of the input and [9][N] of the output's
// gradient, over the samples of a pass: it is 0 only where all those numbers are. What they add to a weight's gradient is then 0
// if the union of its input's channel, or that of its output's, is; but a gradient that is no finite number is not hidden.
//
// It follows for every kernel of convolution, since the others sum only what a tap reaches: a weight all of whose inputs in the
// batch are 0, or all of whose outputs' gradients are where its tap is inside the image, has a gradient of exactly 0.

extension ConvolutionGeometry {
    /// Scalars of the unions, [9][C] and [9][N].
    var winogradReachCount: Int { 9 * (window.channels + outputChannels) }

    /// The rectangles of the input that the taps read.
    fileprivate var inputReach: TapReach {
        let (from, to, padding) = (window.input, window.output, window.padding)
        return TapReach(
            rows: InlineArray { TapReach.range(from.height, to.height, shift: $0 - padding.top) },
            columns: InlineArray { TapReach.range(from.width, to.width, shift: $0 - padding.left) })
    }

    /// The rectangles of the output where the taps are inside the image.
    fileprivate var outputReach: TapReach {
        let (from, to, padding) = (window.output, window.input, window.padding)
        return TapReach(
            rows: InlineArray { TapReach.range(from.height, to.height, shift: padding.top - $0) },
            columns: InlineArray { TapReach.range(from.width, to.width, shift: padding.left - $0) })
    }
}

private struct TapReach {
    let rows: InlineArray<3, Range<Int>>
    let columns: InlineArray<3, Range<Int>>

    /// The places of a line of `size` that meet the places of another line of `other`, moved by `shift`.
    @inline(__always)
    static func range(_ size: Int, _ other: Int, shift: Int) -> Range<Int> {
        let first = min(max(shift, 0), size)
        return first..<max(first, min(size, other + shift))
    }

    /// What all three ranges have in common.
    @inline(__always)
    static func common(_ ranges: InlineArray<3, Range<Int>>) -> Range<Int> {
        let first = max(ranges[0].lowerBound, ranges[1].lowerBound, ranges[2].lowerBound)
        let last = min(ranges[0].upperBound, ranges[1].upperBound, ranges[2].upperBound)
        return first..<max(first, last)
    }
}

/// Adds a sample to the unions.
///
/// - Parameter unions: [9][C], then [9][N].
@inline(__always)
func uniteReach<Scalar: KernelScalar>(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    into unions: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let channels = geometry.window.channels
    unite(
        input, size: geometry.window.input, channels: channels, geometry.inputReach, into: unions,
        accumulating: accumulating)
    unite(
        outputGradient, size: geometry.window.output, channels: geometry.outputChannels, geometry.outputReach,
        into: unions + 9 * channels, accumulating: accumulating)
}

@inline(__always)
private func unite<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, size: Extent, channels: Int, _ reach: TapReach,
    into unions: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let (rows, columns) = (TapReach.common(reach.rows), TapReach.common(reach.columns))
    for channel in stride(from: 0, to: channels, by: vectorWidth) {
        var all = InlineArray<9, SIMD16<Scalar>> {
            accumulating ? load(unions + $0 &* channels + channel) : .zero
        }
        // Of the rows that all taps read, for each tap's columns.
        var middle = InlineArray<3, SIMD16<Scalar>> { _ in .zero }
        for y in 0..<size.height {
            let row = image + y * size.width * channels + channel
            var shared = SIMD16<Scalar>.zero
            for x in columns { shared = Scalar.united(shared, load(row + x &* channels)) }
            var line = InlineArray<3, SIMD16<Scalar>> { _ in shared }
            for x in 0..<size.width - columns.count {
                let column = x < columns.lowerBound ? x : x + columns.count
                let value = load(row + column &* channels)
                for kx in 0..<3 where reach.columns[kx].contains(column) { line[kx] = Scalar.united(line[kx], value) }
            }
            if rows.contains(y) {
                for kx in 0..<3 { middle[kx] = Scalar.united(middle[kx], line[kx]) }
            } else {
                for ky in 0..<3 where reach.rows[ky].contains(y) {
                    for kx in 0..<3 { all[3 * ky + kx] = Scalar.united(all[3 * ky + kx], line[kx]) }
                }
            }
        }
        for tap in 0..<9 {
            // Without the sign, −0 is 0.
            let union = Scalar.magnitude(Scalar.united(all[tap], middle[tap % 3]))
            store(union, to: unions + tap &* channels + channel)
        }
    }
}

/// A tap's gradients from one channel to sixteen, with 0 for what was not reached.
///
/// - Parameters:
///   - input, outputs: The unions of the tap and the input channel, and of the tap and the output channels.
@inline(__always)
func reached<Scalar: KernelScalar>(
    _ gradient: SIMD16<Scalar>, input: Scalar, outputs: SIMD16<Scalar>
) -> SIMD16<Scalar> {
    // The last term is 0, or NaN where the gradient is infinite or NaN.
    Scalar.gated(Scalar.gated(gradient, by: outputs), by: SIMD16(repeating: input)) + gradient * 0
}
