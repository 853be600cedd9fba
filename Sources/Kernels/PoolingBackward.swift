// The backward pass of all pools: each place of the image gets x' = the sum of the parts of all windows that cover it.
// So that the bits agree, the three functions below add the parts in one order: row by row of the output, and within a
// row first the windows over the image's left edge, then those between the edges, then those over the right edge. Each
// of these goes from left to right, except that with stride 1 the windows between the edges, which are one run, go from
// right to left.

/// What a window's gradient gives to the place under one of its taps.
protocol PoolGradient<Scalar> {
    associatedtype Scalar: KernelScalar

    /// Whether parts are the same for all windows, so that none needs to be entered.
    var isUniform: Bool { get }
    /// For the window (and channels) at `position` of the output gradient.
    func part(_ position: Int, tap: Int, lanes: Int) -> SIMD16<Scalar>
    /// Parts are now those of this run's windows.
    mutating func enter(_ run: PoolRun)
}

@inline(__always)
func poolBackward<Scalar: KernelScalar, Parts: PoolGradient<Scalar>>(
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let isPlain = !accumulating && parts.isUniform && geometry.dilation == 1 && geometry.outputPositions > 0
    // Of the time of clearing and adding: 28×28×16, 2×2 stride 2: 0.28 (average 0.15); 29×29×16, stride 1: 0.25 (0.2).
    if isPlain, geometry.stride == geometry.kernel {
        spread(geometry, parts, into: inputGradient)
    } else if isPlain, geometry.stride == 1 {
        gather(geometry, parts, into: inputGradient)
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
        if !parts.isUniform { parts.enter(run) }
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
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>
) {
    let (input, kernel, channels) = (geometry.input, geometry.kernel, geometry.channels)
    let covered = Extent(
        height: min(input.height, geometry.output.height * kernel.height - geometry.padding.top),
        width: min(input.width, geometry.output.width * kernel.width - geometry.padding.left))

    /// For the part of the windows that lies under row `ky` of their taps.
    @inline(__always)
    func write(_ run: PoolRun, ky: Int, columns: Int) {
        let tap = (run.rows.lowerBound + ky) * kernel.width + run.columns.lowerBound

        @inline(__always)
        func piece(_ place: Int, _ position: Int, lanes: Int) {
            for column in 0..<columns {
                // From zero, so that −0 becomes 0 as in every sum.
                let part = parts.part(position, tap: tap + column, lanes: lanes)
                store(.zero + part, to: inputGradient + (place + column * channels), lanes: lanes)
            }
        }
        run.forEachVector(geometry, from: run.place + ky * run.rowStep) {
            piece($0, $1, lanes: vectorWidth)
        } rest: {
            piece($0, $1, lanes: run.count)
        }
    }

    for y in 0..<geometry.output.height {
        let (rows, top) = geometry.rowTaps(y)
        for ky in 0..<rows.count {
            for run in PoolRuns(geometry, row: y) {
                // Windows of two columns without a loop.
                if run.columns.count == 2 {
                    write(run, ky: ky, columns: 2)
                } else {
                    write(run, ky: ky, columns: run.columns.count)
                }
            }
            if covered.width < input.width {
                let place = ((top + rows.lowerBound + ky) * input.width + covered.width) * channels
                clear(inputGradient + place, count: (input.width - covered.width) * channels)
            }
        }
    }
    if covered.height < input.height {
        let place = covered.height * input.width * channels
        clear(inputGradient + place, count: geometry.inputCount - place)
    }
}

/// Windows of stride 1: each place sums up the parts of all its windows.
@inline(__always)
private func gather<Scalar: KernelScalar, Parts: PoolGradient<Scalar>>(
    _ geometry: WindowGeometry, _ parts: Parts, into inputGradient: UnsafeMutablePointer<Scalar>
) {
    let (input, output, kernel, channels) = (geometry.input, geometry.output, geometry.kernel, geometry.channels)
    let (inputs, outputs) = (geometry.inputCount, geometry.outputPositions * channels)
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

        @inline(__always)
        func piece(_ offset: Int, lanes: Int) {
            var sum = SIMD16<Scalar>.zero
            for row in 0..<rows {
                for column in 0..<columns {
                    sum += parts.part(
                        position + row * rowStep - column * channels + offset,
                        tap: (ky - row) * kernel.width + column, lanes: lanes)
                }
            }
            store(sum, to: inputGradient + (place + offset), lanes: lanes)
        }
        if hasRoom(count, place, position + (rows - 1) * rowStep) {
            for offset in OverlappingVectors(count) { piece(offset, lanes: vectorWidth) }
        } else {
            piece(0, lanes: count)
        }
    }

    /// For one place near an edge.
    @inline(__always)
    func writeOuter(row: Int, column: Int, y: Int, ky: Int, rows: Int) {
        let place = (row * input.width + column) * channels
        let start = column + geometry.padding.left
        let windows = max(0, start - kernel.width + 1)..<min(output.width, start + 1)

        @inline(__always)
        func piece(_ channel: Int, lanes: Int) {
            var sum = SIMD16<Scalar>.zero
            for row in 0..<rows {
                let (position, tap) = ((y + row) * rowStep + channel, (ky - row) * kernel.width + start)
                for window in 0..<windows.count {
                    // Those of the run from the right, the others from the left.
                    let x = windows.lowerBound + window
                    let run = windows.clamped(to: interior)
                    let next = run.contains(x) ? run.upperBound - 1 - (x - run.lowerBound) : x
                    sum += parts.part(position + next * channels, tap: tap - next, lanes: lanes)
                }
            }
            store(sum, to: inputGradient + (place + channel), lanes: lanes)
        }
        if hasRoom(channels, place, ((y + rows - 1) * output.width + windows.upperBound - 1) * channels) {
            for channel in OverlappingVectors(channels) { piece(channel, lanes: vectorWidth) }
        } else {
            piece(0, lanes: channels)
        }
    }

    /// Whether `count` numbers, at that place and at that last position, can be vectors of 16 lanes.
    @inline(__always)
    func hasRoom(_ count: Int, _ place: Int, _ position: Int) -> Bool {
        count >= vectorWidth || (place + vectorWidth <= inputs && position + vectorWidth <= outputs)
    }

    for row in 0..<input.height {
        let start = row + geometry.padding.top
        let y = max(0, start - kernel.height + 1)
        let (ky, rows) = (start - y, max(0, min(output.height, start + 1) - y))
        for column in 0..<inner.lowerBound { writeOuter(row: row, column: column, y: y, ky: ky, rows: rows) }
        // Windows of 2×2 without loops.
        if rows == 2, kernel.width == 2, !inner.isEmpty {
            writeInner(row: row, y: y, ky: ky, rows: 2, columns: 2)
        } else if !inner.isEmpty {
            writeInner(row: row, y: y, ky: ky, rows: rows, columns: kernel.width)
        }
        for column in inner.upperBound..<input.width { writeOuter(row: row, column: column, y: y, ky: ky, rows: rows) }
    }
}
