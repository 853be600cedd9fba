// The way back of all pools: x' = the sum of the parts that the windows over a place give it. Their order is the same in all
// three ways: by rows of the output; within one those windows over the image's left edge, from the left; the ones between the
// edges, from the left too, but with stride 1, where they are a run, from the right; those over the right edge, from the left.

/// What a window's gradient gives to the place under one of its taps.
protocol PoolGradient<Scalar> {
    associatedtype Scalar: KernelScalar

    /// For the window (and channels) at `position` of the output gradient.
    func part(_ position: Int, tap: Int, lanes: Int) -> SIMD16<Scalar>
    /// Parts are now those of this run's windows. Called only where windows differ.
    mutating func enter(_ run: PoolRun)
}

/// - Parameter isUniform: Whether parts are the same for all windows, so that none needs to be entered.
@inline(__always)
func poolBackward<Scalar: KernelScalar, Parts: PoolGradient<Scalar>>(
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool,
    isUniform: Bool
) {
    let isPlain = isUniform && geometry.dilation == 1 && geometry.outputPositions > 0
    if isPlain, geometry.stride == geometry.kernel {
        spread(geometry, parts, into: inputGradient, accumulating: accumulating)
    } else if isPlain, geometry.stride == 1 {
        gather(geometry, parts, into: inputGradient, accumulating: accumulating)
    } else {
        scatter(geometry, parts, into: inputGradient, accumulating: accumulating)
    }
}

/// Any windows: adds each one's parts to what is there.
@inline(__always)
private func scatter<Scalar: KernelScalar, Parts: PoolGradient<Scalar>>(
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    if !accumulating { clear(inputGradient, count: geometry.inputCount) }
    var parts = parts
    for run in PoolRuns(geometry) {
        parts.enter(run)
        for window in 0..<run.windows {
            let (place, position) = (run.place + window * run.windowStep, run.position + window * run.count)
            // Tap by tap along the whole run: neighbouring taps overlap, and a load must wait long for a store that it
            // overlaps in part.
            for row in 0..<run.rows.count {
                for column in 0..<run.columns.count {
                    let tap = run.firstTap(geometry) + row * geometry.kernel.width + column
                    let target = inputGradient + (place + row * run.rowStep + column * run.columnStep)
                    for (channel, lanes) in vectors(run.count) {
                        let part = parts.part(position + channel, tap: tap, lanes: lanes)
                        store(load(target + channel, lanes: lanes) + part, to: target + channel, lanes: lanes)
                    }
                }
            }
        }
    }
}

/// Windows side by side, as large as their stride: each place has one window at most, so its sum is one part, written row by
/// row of the image. What lies behind the last window becomes zero.
@inline(__always)
private func spread<Scalar: KernelScalar, Parts: PoolGradient<Scalar>>(
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let (input, output, kernel, channels) = (geometry.input, geometry.output, geometry.kernel, geometry.channels)
    let sums = PlaceSums(geometry, inputGradient, accumulating: accumulating)
    let interior = geometry.interiorColumns
    let covered = Extent(
        height: min(input.height, output.height * kernel.height - geometry.padding.top),
        width: min(input.width, output.width * kernel.width - geometry.padding.left))

    /// For windows of one row: their taps `first` and the ones after it of kernel row `ky`, in row `row` of the image.
    @inline(__always)
    func write(_ windows: Range<Int>, y: Int, ky: Int, row: Int, first: Int, columns: Int) {
        let tap = ky * kernel.width + first
        for x in windows {
            let position = (y * output.width + x) * channels
            let place = (row * input.width + x * kernel.width - geometry.padding.left + first) * channels
            let pieces = sums.vectors(channels, lastPlace: place + (columns - 1) * channels, lastPosition: position)
            for (channel, lanes) in pieces {
                for column in 0..<columns {
                    sums.write(place + column * channels + channel, lanes: lanes) { sum, lanes in
                        sum += parts.part(position + channel, tap: tap + column, lanes: lanes)
                    }
                }
            }
        }
    }

    for y in 0..<output.height {
        let (rows, top) = geometry.rowTaps(y)
        for ky in rows {
            let row = top + ky
            for x in 0..<interior.lowerBound {
                let (columns, _) = geometry.columnTaps(x)
                write(x..<x + 1, y: y, ky: ky, row: row, first: columns.lowerBound, columns: columns.count)
            }
            // Windows of two columns without a loop.
            if kernel.width == 2 {
                write(interior, y: y, ky: ky, row: row, first: 0, columns: 2)
            } else {
                write(interior, y: y, ky: ky, row: row, first: 0, columns: kernel.width)
            }
            for x in interior.upperBound..<output.width {
                let (columns, _) = geometry.columnTaps(x)
                write(x..<x + 1, y: y, ky: ky, row: row, first: columns.lowerBound, columns: columns.count)
            }
            if !accumulating, covered.width < input.width {
                let place = (row * input.width + covered.width) * channels
                clear(inputGradient + place, count: (input.width - covered.width) * channels)
            }
        }
    }
    if !accumulating, covered.height < input.height {
        let place = covered.height * input.width * channels
        clear(inputGradient + place, count: geometry.inputCount - place)
    }
}

/// Windows of stride 1: each place sums up the parts of all its windows.
@inline(__always)
private func gather<Scalar: KernelScalar, Parts: PoolGradient<Scalar>>(
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let (input, output, kernel, channels) = (geometry.input, geometry.output, geometry.kernel, geometry.channels)
    let sums = PlaceSums(geometry, inputGradient, accumulating: accumulating)
    let interior = geometry.interiorColumns
    let rowStep = output.width * channels
    // The places that only windows between the edges cover.
    let firstInner = min(kernel.width - 1, input.width)
    let inner = firstInner..<max(firstInner, input.width - kernel.width + 1)

    /// For all places of `inner`, whose windows in `rows` rows from `y` have them under kernel row `ky` and the ones above.
    @inline(__always)
    func writeInner(row: Int, y: Int, ky: Int, rows: Int, columns: Int) {
        let place = (row * input.width + inner.lowerBound) * channels
        let position = (y * output.width + inner.lowerBound + geometry.padding.left) * channels
        let count = inner.count * channels
        let pieces = sums.vectors(count, lastPlace: place, lastPosition: position + (rows - 1) * rowStep)
        for (offset, lanes) in pieces {
            sums.write(place + offset, lanes: lanes) { sum, lanes in
                for row in 0..<rows {
                    for column in 0..<columns {
                        sum += parts.part(
                            position + row * rowStep - column * channels + offset,
                            tap: (ky - row) * kernel.width + column, lanes: lanes)
                    }
                }
            }
        }
    }

    /// For one place near an edge.
    func writeOuter(row: Int, column: Int, y: Int, ky: Int, rows: Int) {
        let place = (row * input.width + column) * channels
        let start = column + geometry.padding.left
        let windows = max(0, start - kernel.width + 1)..<min(output.width, start + 1)
        let lastPosition = ((y + rows - 1) * output.width + windows.upperBound - 1) * channels
        for (channel, lanes) in sums.vectors(channels, lastPlace: place, lastPosition: lastPosition) {
            sums.write(place + channel, lanes: lanes) { sum, lanes in
                for row in 0..<rows {
                    let position = (y + row) * rowStep + channel
                    let tap = (ky - row) * kernel.width + start
                    for x in windows.clamped(to: 0..<interior.lowerBound) {
                        sum += parts.part(position + x * channels, tap: tap - x, lanes: lanes)
                    }
                    for x in windows.clamped(to: interior).reversed() {
                        sum += parts.part(position + x * channels, tap: tap - x, lanes: lanes)
                    }
                    for x in windows.clamped(to: interior.upperBound..<output.width) {
                        sum += parts.part(position + x * channels, tap: tap - x, lanes: lanes)
                    }
                }
            }
        }
    }

    for row in 0..<input.height {
        let start = row + geometry.padding.top
        let y = max(0, start - kernel.height + 1)
        let (ky, rows) = (start - y, max(0, min(output.height, start + 1) - y))
        for column in 0..<inner.lowerBound {
            writeOuter(row: row, column: column, y: y, ky: ky, rows: rows)
        }
        // Windows of 2×2 without loops.
        if rows == 2, kernel.width == 2 {
            writeInner(row: row, y: y, ky: ky, rows: 2, columns: 2)
        } else {
            writeInner(row: row, y: y, ky: ky, rows: rows, columns: kernel.width)
        }
        for column in inner.upperBound..<input.width {
            writeOuter(row: row, column: column, y: y, ky: ky, rows: rows)
        }
    }
}

/// The sums of the places of an image, each written once, from the first to the last.
private struct PlaceSums<Scalar: KernelScalar> {
    private let inputGradient: UnsafeMutablePointer<Scalar>
    private let accumulating: Bool
    private let inputs: Int
    private let outputs: Int

    @inline(__always)
    init(_ geometry: WindowGeometry, _ inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool) {
        (self.inputGradient, self.accumulating) = (inputGradient, accumulating)
        (inputs, outputs) = (geometry.inputCount, geometry.outputPositions * geometry.channels)
    }

    /// The vectors that `count` numbers are. They overlap each other and what comes next, unless sums are added to.
    ///
    /// - Parameters:
    ///   - lastPlace: The last place that the first number's sums go to.
    ///   - lastPosition: The last position that its parts come from.
    @inline(__always)
    func vectors(_ count: Int, lastPlace: Int, lastPosition: Int) -> OverlappingVectors {
        let room = lastPlace + vectorWidth <= inputs && lastPosition + vectorWidth <= outputs
        return OverlappingVectors(
            count: room && !accumulating ? max(count, vectorWidth) : count, overlap: !accumulating)
    }

    @inline(__always)
    func write(_ place: Int, lanes: Int, _ add: (inout SIMD16<Scalar>, Int) -> Void) {
        if lanes == vectorWidth {
            var sum = accumulating ? load(inputGradient + place) : .zero
            add(&sum, vectorWidth)
            store(sum, to: inputGradient + place)
        } else {
            var sum = accumulating ? load(inputGradient + place, lanes: lanes) : .zero
            add(&sum, lanes)
            store(sum, to: inputGradient + place, lanes: lanes)
        }
    }
}
