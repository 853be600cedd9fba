/// The shape arithmetic of everything that slides a window over an image: convolution and pooling.
///
/// Images lie channels last, [height][width][channels]. A window's row of `kernel.width` taps, each of `channels`
/// numbers, is then one run of memory where the dilation is 1.
package struct WindowGeometry: Equatable, Sendable, CustomStringConvertible {
    package let input: Extent
    package let channels: Int
    package let kernel: Extent
    package let stride: Extent
    package let padding: Padding
    /// Distance between neighbouring taps.
    package let dilation: Extent
    /// Whether a last window that reaches over the bottom or right edge counts, as long as it starts inside the image or
    /// the padding before it. For pools alone: a convolution's windows lie inside the padded image.
    package let ceilMode: Bool

    /// The most taps of a max-pool, whose indices it keeps as Floats; these are exact up to 2²⁴. A layer refuses more.
    package static let mostTaps = 1 << 24

    package init(
        input: Extent, channels: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0, dilation: Extent = 1,
        ceilMode: Bool = false
    ) {
        self.input = input
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.ceilMode = ceilMode
    }

    /// The same windows over an image of `count` channels.
    package func withChannels(_ count: Int) -> WindowGeometry {
        WindowGeometry(
            input: input, channels: count, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
            ceilMode: ceilMode)
    }

    /// ⌊(input + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 in each direction, with the padding of both sides; 0
    /// where no window fits. In ceil mode rounded up, but without a window that starts behind the image.
    package var output: Extent {
        Extent(
            height: outputSize(input.height, padding.top, padding.bottom, reach.height, stride.height),
            width: outputSize(input.width, padding.left, padding.right, reach.width, stride.width))
    }

    private func outputSize(_ input: Int, _ before: Int, _ after: Int, _ reach: Int, _ stride: Int) -> Int {
        let room = input + before + after - reach
        guard ceilMode else { return room < 0 ? 0 : room / stride + 1 }
        let windows = room <= -stride ? 0 : (room + stride - 1) / stride + 1
        return (windows - 1) * stride >= input + before ? windows - 1 : windows
    }

    /// The extent of the input that one window covers: dilation·(kernel − 1) + 1.
    package var reach: Extent {
        Extent(
            height: dilation.height * (kernel.height - 1) + 1, width: dilation.width * (kernel.width - 1) + 1)
    }

    package var inputCount: Int { input.height * input.width * channels }
    package var outputPositions: Int { output.height * output.width }
    /// The taps of one window, without channels.
    package var taps: Int { kernel.height * kernel.width }
    /// The numbers that one window sees: taps × channels.
    package var patch: Int { taps * channels }

    package var description: String {
        var text = "\(kernel)"
        if stride != 1 { text += " stride \(stride)" }
        if padding != 0 { text += " pad \(padding)" }
        if dilation != 1 { text += " dilation \(dilation)" }
        if ceilMode { text += " ceil" }
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
        let first = min(output.width, (padding.left + stride.width - 1) / stride.width)
        let room = input.width + padding.left - reach.width
        return first..<max(first, min(output.width, room < 0 ? 0 : room / stride.width + 1))
    }

    /// The taps of a window in row `y` of the output that lie inside the image, and the image row of tap 0.
    @inline(__always)
    func rowTaps(_ y: Int) -> (taps: Range<Int>, start: Int) {
        let start = y * stride.height - padding.top
        return (
            Self.tapsInside(start: start, size: input.height, kernel: kernel.height, dilation: dilation.height), start
        )
    }

    /// The same for a window in column `x` of the output.
    @inline(__always)
    func columnTaps(_ x: Int) -> (taps: Range<Int>, start: Int) {
        let start = x * stride.width - padding.left
        return (
            Self.tapsInside(start: start, size: input.width, kernel: kernel.width, dilation: dilation.width), start
        )
    }
}
