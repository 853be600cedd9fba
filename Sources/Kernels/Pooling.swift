// Pooling of one image [H][W][C]. Sixteen channels go side by side; a window's taps are visited row by row.

/// The greatest value of each window, and which tap it came from.
///
/// A window with a NaN gives NaN. Of equal values the first wins, of NaNs the last, as in PyTorch. Padding counts as −∞.
///
/// - Parameter taps: [output positions][C]: kernel row · kernel width + kernel column, as scalars: Swift widens and
///   compares vectors of bytes lane by lane, which made the backward pass ten times as slow.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func maxPoolForward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, input: UnsafePointer<Scalar>, into output: UnsafeMutablePointer<Scalar>,
    taps: UnsafeMutablePointer<Scalar>
) {
    forEachWindow(geometry) { position, window in
        for (channel, lanes) in vectors(geometry.channels) {
            var best = SIMD16<Scalar>(repeating: -.infinity)
            var winners = SIMD16(repeating: Scalar(window.first))
            window.forEachTap(geometry) { tap, place in
                Scalar.raise(&best, &winners, to: load(input + place + channel, lanes: lanes), at: Scalar(tap))
            }
            store(best, to: output + position + channel, lanes: lanes)
            store(winners, to: taps + position + channel, lanes: lanes)
        }
    }
}

/// Adds each window's gradient to the place that its greatest value came from.
///
/// - Parameter inputGradient: [H][W][C], added to: windows may overlap.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func maxPoolBackward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, outputGradient: UnsafePointer<Scalar>, taps: UnsafePointer<Scalar>,
    addingTo inputGradient: UnsafeMutablePointer<Scalar>
) {
    forEachWindow(geometry) { position, window in
        for (channel, lanes) in vectors(geometry.channels) {
            let gradient = load(outputGradient + position + channel, lanes: lanes)
            let winners = load(taps + position + channel, lanes: lanes)
            window.forEachTap(geometry) { tap, place in
                let target = inputGradient + place + channel
                let kept = Scalar.kept(gradient, where: winners, is: Scalar(tap))
                store(load(target, lanes: lanes) + kept, to: target, lanes: lanes)
            }
        }
    }
}

/// The mean of each window; padding counts as zeros, as PyTorch's default does.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func averagePoolForward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, input: UnsafePointer<Scalar>, into output: UnsafeMutablePointer<Scalar>
) {
    let scale = SIMD16<Scalar>(repeating: 1 / Scalar(geometry.taps))
    forEachWindow(geometry) { position, window in
        for (channel, lanes) in vectors(geometry.channels) {
            var total = SIMD16<Scalar>.zero
            window.forEachTap(geometry) { _, place in total += load(input + place + channel, lanes: lanes) }
            store(total * scale, to: output + position + channel, lanes: lanes)
        }
    }
}

/// Adds each window's gradient, divided by the number of taps, to every place that the window covers.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func averagePoolBackward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, outputGradient: UnsafePointer<Scalar>,
    addingTo inputGradient: UnsafeMutablePointer<Scalar>
) {
    let scale = SIMD16<Scalar>(repeating: 1 / Scalar(geometry.taps))
    forEachWindow(geometry) { position, window in
        for (channel, lanes) in vectors(geometry.channels) {
            let share = load(outputGradient + position + channel, lanes: lanes) * scale
            window.forEachTap(geometry) { _, place in
                let target = inputGradient + place + channel
                store(load(target, lanes: lanes) + share, to: target, lanes: lanes)
            }
        }
    }
}

/// The taps of one window that lie inside the image.
private struct Window {
    let rows: Range<Int>
    let columns: Range<Int>
    /// Where tap (0, 0) lies, as a row and a column of the image; may be outside.
    let top: Int
    let left: Int
    let kernelWidth: Int

    var first: Int { rows.lowerBound * kernelWidth + columns.lowerBound }

    @inline(__always)
    func forEachTap(_ geometry: WindowGeometry, _ body: (_ tap: Int, _ place: Int) -> Void) {
        for ky in rows {
            let row = (top + ky * geometry.dilation.height) * geometry.input.width + left
            for kx in columns {
                body(ky * kernelWidth + kx, (row + kx * geometry.dilation.width) * geometry.channels)
            }
        }
    }
}

/// Calls `body(offset of the window's first channel in the output, window)` row by row.
@inline(__always)
private func forEachWindow(_ geometry: WindowGeometry, _ body: (_ position: Int, _ window: Window) -> Void) {
    let output = geometry.output
    var position = 0
    for y in 0..<output.height {
        let (rows, top) = geometry.rowTaps(y)
        for x in 0..<output.width {
            let (columns, left) = geometry.columnTaps(x)
            body(
                position,
                Window(rows: rows, columns: columns, top: top, left: left, kernelWidth: geometry.kernel.width))
            position += geometry.channels
        }
    }
}
