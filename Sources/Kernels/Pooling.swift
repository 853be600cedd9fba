// What pools of all kinds have in common, for one image [H][W][C]. Numbers go side by side that are neighbours in input and
// output: the channels of one window, and with stride 1 those of all windows of a row that lie between the image's edges.

/// Windows next to each other in one row of the output that have the same taps inside the image.
struct PoolRun {
    /// The taps inside the image.
    let rows: Range<Int>
    let columns: Range<Int>
    /// Where tap (0, 0) of the first window lies, as a row and a column of the image; may be outside.
    let top: Int
    let left: Int
    /// How many go one after the other.
    let windows: Int
    /// The numbers of each that lie side by side: channels, or, with stride 1, those of all windows of the run, as one.
    let count: Int
    /// Where the first window's first channel goes in the output.
    let position: Int
    /// Where the first tap inside the image has its first channel, from one window to the next, one row of taps to the next,
    /// and one column of taps to the next.
    let place: Int
    let windowStep: Int
    let rowStep: Int
    let columnStep: Int

    @inline(__always)
    init(_ geometry: WindowGeometry, row: (taps: Range<Int>, start: Int), position: Int, column x: Int, windows: Int) {
        let (channels, width, dilation) = (geometry.channels, geometry.input.width, geometry.dilation)
        (rows, top) = row
        (columns, left) = geometry.columnTaps(x)
        let isOne = geometry.stride.width == 1
        (self.windows, count) = isOne ? (1, windows * channels) : (windows, channels)
        self.position = position
        let (firstRow, firstColumn) = (
            top + rows.lowerBound * dilation.height, left + columns.lowerBound * dilation.width
        )
        place = (firstRow * width + firstColumn) * channels
        windowStep = geometry.stride.width * channels
        rowStep = dilation.height * width * channels
        columnStep = dilation.width * channels
    }

    /// The number of the first tap inside the image.
    @inline(__always)
    func firstTap(_ geometry: WindowGeometry) -> Int { rows.lowerBound * geometry.kernel.width + columns.lowerBound }

    /// From the first tap inside the image to the last.
    var span: Int {
        @inline(__always)
        get { (rows.count - 1) * rowStep + (columns.count - 1) * columnStep }
    }

    /// Goes over the windows in order: `whole` gets the vectors of 16 lanes, `rest` the windows of fewer numbers that have no
    /// room for one.
    ///
    /// - Parameters:
    ///   - start: Where the first window's numbers begin in the image: `place`, or under another tap.
    ///   - whole, rest: Get where numbers begin in the image, and in the output.
    @inline(__always)
    func forEachVector(
        _ geometry: WindowGeometry, from start: Int, _ whole: (_ place: Int, _ position: Int) -> Void,
        rest: (_ place: Int, _ position: Int) -> Void
    ) {
        let withRoom = windowsWithRoom(geometry)
        var (place, position) = (start, position)
        for _ in 0..<withRoom {
            for offset in OverlappingVectors(count) { whole(place + offset, position + offset) }
            place += windowStep
            position += count
        }
        for _ in withRoom..<windows {
            rest(place, position)
            place += windowStep
            position += count
        }
    }

    /// How many of the windows can be read and written in vectors of 16 lanes, as the last ones of an image cannot.
    @inline(__always)
    private func windowsWithRoom(_ geometry: WindowGeometry) -> Int {
        guard count < vectorWidth else { return windows }
        let (inputs, outputs) = (geometry.inputCount, geometry.outputPositions * geometry.channels)
        var window = windows
        while window > 0,
            place + (window - 1) * windowStep + span + vectorWidth > inputs
                || position + (window - 1) * count + vectorWidth > outputs
        {
            window -= 1
        }
        return window
    }

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

/// The windows of an image, or of one row of the output, row by row: those over its edges alone, those between them as one
/// run.
struct PoolRuns: Sequence, IteratorProtocol {
    private let geometry: WindowGeometry
    private let width: Int
    private let interior: Range<Int>
    private let end: Int
    private var (x, y) = (0, 0)
    private var row: (taps: Range<Int>, start: Int)

    @inline(__always)
    init(_ geometry: WindowGeometry) { self.init(geometry, rows: 0..<geometry.output.height) }

    @inline(__always)
    init(_ geometry: WindowGeometry, row: Int) { self.init(geometry, rows: row..<row + 1) }

    @inline(__always)
    private init(_ geometry: WindowGeometry, rows: Range<Int>) {
        self.geometry = geometry
        width = geometry.output.width
        interior = geometry.interiorColumns
        (y, end) = (rows.lowerBound, rows.upperBound)
        row = geometry.rowTaps(y)
    }

    @inline(__always)
    mutating func next() -> PoolRun? {
        if x == width {
            (x, y) = (0, y + 1)
            row = geometry.rowTaps(y)
        }
        guard y < end, x < width else { return nil }
        let windows = x == interior.lowerBound ? Swift.max(interior.count, 1) : 1
        let position = (y * width + x) * geometry.channels
        defer { x += windows }
        return PoolRun(geometry, row: row, position: position, column: x, windows: windows)
    }
}

/// Numbers that lie side by side as vectors of 16 lanes, for results that are written in order: the last vector goes back over
/// the one before, and the only one of fewer than 16 numbers reaches over what is written later. 6 channels take a quarter
/// of the time that vectors of 6 lanes take.
struct OverlappingVectors: Sequence, IteratorProtocol {
    private let last: Int
    private var offset = 0

    @inline(__always)
    init(_ count: Int) { last = Swift.max(0, count - vectorWidth) }

    /// Where the next vector's first lane is.
    @inline(__always)
    mutating func next() -> Int? {
        guard offset < last + vectorWidth else { return nil }
        defer { offset += vectorWidth }
        return Swift.min(offset, last)
    }
}
