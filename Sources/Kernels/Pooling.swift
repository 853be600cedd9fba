// Pooling of one image [H][W][C]. Numbers go side by side that are neighbours in input and output: the channels of one
// window, and with stride 1 those of all windows of a row that lie between the image's edges.

/// The greatest value of each window, and which tap it came from.
///
/// A window with a NaN gives NaN. Of equal values the first wins, of NaNs the last, as in PyTorch. Padding counts as −∞.
///
/// - Parameter taps: [output positions][C]: kernel row · kernel width + kernel column, as scalars: Swift widens and
///   compares vectors of bytes lane by lane, which made the backward pass ten times as slow.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func maxPoolForward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, input: UnsafePointer<Scalar>, into output: UnsafeMutablePointer<Scalar>,
    taps: UnsafeMutablePointer<Scalar>
) {
    for window in Windows(geometry) {
        let position = window.position
        let first = Scalar(window.rows.lowerBound * geometry.kernel.width + window.columns.lowerBound)
        for (channel, lanes) in vectors(window.count) {
            var best = SIMD16<Scalar>(repeating: -.infinity)
            var winners = SIMD16(repeating: first)
            for (tap, place) in Taps(window, geometry) {
                Scalar.raise(&best, &winners, to: load(input + place + channel, lanes: lanes), at: Scalar(tap))
            }
            store(best, to: output + position + channel, lanes: lanes)
            store(winners, to: taps + position + channel, lanes: lanes)
        }
    }
}

/// Gives each window's gradient to the place that its greatest value came from, and zero to all others.
///
/// - Parameters:
///   - inputGradient: [H][W][C].
///   - accumulating: Whether to add all this to what is there.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func maxPoolBackward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, outputGradient: UnsafePointer<Scalar>, taps: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    if !accumulating { clear(inputGradient, count: geometry.inputCount) }
    // Windows that do not overlap are read once for all their taps: 0.9 of the time for 32×28×28, 2×2 stride 2.
    let overlaps = geometry.stride.width < geometry.reach.width
    for window in Windows(geometry) {
        let position = window.position
        guard overlaps else {
            for (channel, lanes) in vectors(window.count) {
                let gradient = load(outputGradient + position + channel, lanes: lanes)
                let winners = load(taps + position + channel, lanes: lanes)
                for (tap, place) in Taps(window, geometry) {
                    let target = inputGradient + place + channel
                    let kept = Scalar.kept(gradient, where: winners, is: Scalar(tap))
                    store(load(target, lanes: lanes) + kept, to: target, lanes: lanes)
                }
            }
            continue
        }
        // Tap by tap along the whole run: neighbouring taps overlap, and a load must wait long for a store that it
        // overlaps in part.
        for (tap, place) in Taps(window, geometry) {
            for (channel, lanes) in vectors(window.count) {
                let gradient = load(outputGradient + position + channel, lanes: lanes)
                let winners = load(taps + position + channel, lanes: lanes)
                let target = inputGradient + place + channel
                let kept = Scalar.kept(gradient, where: winners, is: Scalar(tap))
                store(load(target, lanes: lanes) + kept, to: target, lanes: lanes)
            }
        }
    }
}

/// The mean of each window.
///
/// - Parameter countIncludePad: Whether padding counts as zeros, PyTorch's default, or not at all. What lies behind the
///   padding, in ceil mode, never counts. A window that nothing counts in gives 0.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func averagePoolForward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, countIncludePad: Bool = true, input: UnsafePointer<Scalar>,
    into output: UnsafeMutablePointer<Scalar>
) {
    let share = 1 / Scalar(geometry.taps)
    let isUniform = countIncludePad && !geometry.ceilMode
    for window in Windows(geometry) {
        let scale = SIMD16(repeating: isUniform ? share : window.share(geometry, countIncludePad))
        let position = window.position
        for (channel, lanes) in vectors(window.count) {
            var total = SIMD16<Scalar>.zero
            if geometry.taps <= longestChain {
                for (_, place) in Taps(window, geometry) { total += load(input + place + channel, lanes: lanes) }
            } else {
                total = longSum(input + channel, window, geometry, lanes: lanes)
            }
            store(total * scale, to: output + position + channel, lanes: lanes)
        }
    }
}

/// The sum of a window of many taps, in blocks.
private func longSum<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, _ window: Window, _ geometry: WindowGeometry, lanes: Int
) -> SIMD16<Scalar> {
    var (total, totals, terms) = (SIMD16<Scalar>.zero, BlockSum<Scalar>(), 0)
    for (_, place) in Taps(window, geometry) {
        total += load(input + place, lanes: lanes)
        terms += 1
        if terms % chainBlock == 0 { totals.take(&total) }
    }
    totals.take(&total)
    return totals.value
}

/// Gives each window's gradient, divided by the number of taps that count, to every place that the window covers.
///
/// - Parameters:
///   - countIncludePad: As in the forward pass.
///   - inputGradient: [H][W][C].
///   - accumulating: Whether to add to what is there.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func averagePoolBackward<Scalar: KernelScalar>(
    _ geometry: WindowGeometry, countIncludePad: Bool = true, outputGradient: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    if !accumulating { clear(inputGradient, count: geometry.inputCount) }
    let share = 1 / Scalar(geometry.taps)
    let isUniform = countIncludePad && !geometry.ceilMode
    for window in Windows(geometry) {
        let scale = SIMD16(repeating: isUniform ? share : window.share(geometry, countIncludePad))
        let position = window.position
        for (_, place) in Taps(window, geometry) {
            for (channel, lanes) in vectors(window.count) {
                let part = load(outputGradient + position + channel, lanes: lanes) * scale
                let target = inputGradient + place + channel
                store(load(target, lanes: lanes) + part, to: target, lanes: lanes)
            }
        }
    }
}

/// The windows of an image, row by row, those with common taps in runs. Sequences, here and in `Taps`, so that the loops'
/// bodies are inlined.
private struct Windows: Sequence, IteratorProtocol {
    private let geometry: WindowGeometry
    private let output: Extent
    /// The columns that make one run.
    private let together: Range<Int>
    private var (x, y, position) = (0, 0, 0)
    private var rows: Range<Int>
    private var top: Int

    @inline(__always)
    init(_ geometry: WindowGeometry) {
        self.geometry = geometry
        output = geometry.output
        together = geometry.stride.width == 1 ? geometry.interiorColumns : 0..<0
        (rows, top) = geometry.rowTaps(0)
    }

    @inline(__always)
    mutating func next() -> Window? {
        if x == output.width {
            (x, y) = (0, y + 1)
            (rows, top) = geometry.rowTaps(y)
        }
        guard y < output.height, x < output.width else { return nil }
        let (columns, left) = geometry.columnTaps(x)
        let windows = x == together.lowerBound ? Swift.max(together.count, 1) : 1
        let count = windows * geometry.channels
        defer {
            x += windows
            position += count
        }
        return Window(rows: rows, columns: columns, top: top, left: left, position: position, count: count)
    }
}

/// One window, or several side by side: the taps that lie inside the image, placed as the first window has them.
private struct Window {
    let rows: Range<Int>
    let columns: Range<Int>
    /// Where tap (0, 0) lies, as a row and a column of the image; may be outside.
    let top: Int
    let left: Int
    /// Where the first window's first channel goes in the output.
    let position: Int
    /// Windows times channels.
    let count: Int

    /// One by the number of taps inside the image, or inside the padded image.
    @inline(__always)
    func share<Scalar: KernelScalar>(_ geometry: WindowGeometry, _ countIncludePad: Bool) -> Scalar {
        guard countIncludePad else { return 1 / Scalar(max(1, rows.count * columns.count)) }
        let (padded, kernel, dilation) = (geometry.padded.input, geometry.kernel, geometry.dilation)
        let rows = WindowGeometry.tapsInside(
            start: top + geometry.padding.top, size: padded.height, kernel: kernel.height, dilation: dilation.height)
        let columns = WindowGeometry.tapsInside(
            start: left + geometry.padding.left, size: padded.width, kernel: kernel.width, dilation: dilation.width)
        return 1 / Scalar(max(1, rows.count * columns.count))
    }
}

/// The number of each tap of a window, and where its first channel lies in the image.
private struct Taps: Sequence, IteratorProtocol {
    private let window: Window
    private let geometry: WindowGeometry
    private var ky: Int
    private var kx: Int

    @inline(__always)
    init(_ window: Window, _ geometry: WindowGeometry) {
        (self.window, self.geometry) = (window, geometry)
        (ky, kx) = (window.rows.lowerBound, window.columns.lowerBound)
    }

    @inline(__always)
    mutating func next() -> (tap: Int, place: Int)? {
        if kx == window.columns.upperBound { (ky, kx) = (ky + 1, window.columns.lowerBound) }
        guard ky < window.rows.upperBound, kx < window.columns.upperBound else { return nil }
        defer { kx += 1 }
        let row = (window.top + ky * geometry.dilation.height) * geometry.input.width
        return (
            ky * geometry.kernel.width + kx, (row + window.left + kx * geometry.dilation.width) * geometry.channels
        )
    }
}
