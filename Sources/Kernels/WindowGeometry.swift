/// A height and a width; a literal stands for a square.
public struct Extent: Equatable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public init(integerLiteral size: Int) { self.init(height: size, width: size) }

    public var description: String { "\(height)×\(width)" }
}

/// The shape arithmetic of everything that slides a window over an image: convolution and pooling.
///
/// Images lie channels last, [height][width][channels]. A window's row of `kernel.width` taps, each of `channels`
/// numbers, is then one run of memory where the dilation is 1.
public struct WindowGeometry: Equatable, Sendable, CustomStringConvertible {
    public let input: Extent
    public let channels: Int
    public let kernel: Extent
    public let stride: Extent
    /// Rows added above and below, columns added left and right.
    public let padding: Extent
    /// Distance between neighbouring taps.
    public let dilation: Extent

    public init(
        input: Extent, channels: Int, kernel: Extent, stride: Extent = 1, padding: Extent = 0, dilation: Extent = 1
    ) {
        self.input = input
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
    }

    /// ⌊(input + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 in each direction; 0 where no window fits.
    public var output: Extent {
        func size(_ input: Int, _ padding: Int, _ reach: Int, _ stride: Int) -> Int {
            let room = input + 2 * padding - reach
            return room < 0 ? 0 : room / stride + 1
        }
        return Extent(
            height: size(input.height, padding.height, reach.height, stride.height),
            width: size(input.width, padding.width, reach.width, stride.width))
    }

    /// The extent of the input that one window covers: dilation·(kernel − 1) + 1.
    public var reach: Extent {
        Extent(
            height: dilation.height * (kernel.height - 1) + 1, width: dilation.width * (kernel.width - 1) + 1)
    }

    public var inputCount: Int { input.height * input.width * channels }
    public var outputPositions: Int { output.height * output.width }
    /// The taps of one window, without channels.
    public var taps: Int { kernel.height * kernel.width }
    /// The numbers that one window sees: taps × channels.
    public var patch: Int { taps * channels }

    public var description: String {
        var text = "\(kernel)"
        if stride != 1 { text += " stride \(stride)" }
        if padding != 0 { text += " pad \(padding)" }
        if dilation != 1 { text += " dilation \(dilation)" }
        return text
    }

    /// The taps, along one axis, that lie inside the image for the window that starts at `start`.
    @inline(__always)
    static func tapsInside(start: Int, size: Int, kernel: Int, dilation: Int) -> Range<Int> {
        // Pools and most convolutions have no dilation, and a division for every window costs as much as a small window.
        if dilation == 1 {
            let first = min(kernel, max(0, -start))
            return first..<max(first, min(kernel, size - start))
        }
        let first = start >= 0 ? 0 : min(kernel, (dilation - 1 - start) / dilation)
        let end = start >= size ? 0 : min(kernel, (size - start + dilation - 1) / dilation)
        return first..<max(first, end)
    }

    /// The columns of the output whose windows lie between the left and the right edge of the image.
    var interiorColumns: Range<Int> {
        let first = min(output.width, (padding.width + stride.width - 1) / stride.width)
        let room = input.width + padding.width - reach.width
        return first..<max(first, min(output.width, room < 0 ? 0 : room / stride.width + 1))
    }

    /// The taps of a window in row `y` of the output that lie inside the image, and the image row of tap 0.
    @inline(__always)
    func rowTaps(_ y: Int) -> (taps: Range<Int>, start: Int) {
        let start = y * stride.height - padding.height
        return (
            Self.tapsInside(start: start, size: input.height, kernel: kernel.height, dilation: dilation.height), start
        )
    }

    /// The same for a window in column `x` of the output.
    @inline(__always)
    func columnTaps(_ x: Int) -> (taps: Range<Int>, start: Int) {
        let start = x * stride.width - padding.width
        return (
            Self.tapsInside(start: start, size: input.width, kernel: kernel.width, dilation: dilation.width), start
        )
    }
}
