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

/// The windows of an image, row by row: those over its edges alone, those between them as one run.
struct PoolRuns: Sequence, IteratorProtocol {
    private let geometry: WindowGeometry
    private let output: Extent
    private let interior: Range<Int>
    private var (x, y) = (0, 0)
    private var row: (taps: Range<Int>, start: Int)

    @inline(__always)
    init(_ geometry: WindowGeometry) {
        self.geometry = geometry
        output = geometry.output
        interior = geometry.interiorColumns
        row = geometry.rowTaps(0)
    }

    @inline(__always)
    mutating func next() -> PoolRun? {
        if x == output.width {
            (x, y) = (0, y + 1)
            row = geometry.rowTaps(y)
        }
        guard y < output.height, x < output.width else { return nil }
        let windows = x == interior.lowerBound ? Swift.max(interior.count, 1) : 1
        let position = (y * output.width + x) * geometry.channels
        defer { x += windows }
        return PoolRun(geometry, row: row, position: position, column: x, windows: windows)
    }
}

/// The vectors that cover `count` numbers, for results that may be written twice: 16 lanes each, of which the last goes back
/// over the one before. Fewer than 16 numbers are one vector, of 16 lanes where there is `room`: the numbers behind them are
/// written later.
@inline(__always)
func overlappingVectors(_ count: Int, room: Bool) -> OverlappingVectors {
    OverlappingVectors(count: room ? max(count, vectorWidth) : count, overlap: true)
}

struct OverlappingVectors: Sequence, IteratorProtocol {
    let count: Int
    let overlap: Bool
    var offset = 0

    @inline(__always)
    init(count: Int, overlap: Bool) { (self.count, self.overlap) = (count, overlap) }

    @inline(__always)
    mutating func next() -> (offset: Int, lanes: Int)? {
        guard offset < count else { return nil }
        defer { offset += vectorWidth }
        if overlap, count >= vectorWidth { return (Swift.min(offset, count - vectorWidth), vectorWidth) }
        return (offset, Swift.min(vectorWidth, count - offset))
    }
}
