import Kernels
import TestSupport
import Testing

@Suite("Window geometry")
struct WindowGeometryTests {
    @Test("The output counts the windows that fit", arguments: windowGeometries)
    func output(geometry: WindowGeometry) {
        /// Windows are put down one after another as long as their last tap is inside the padded image.
        func windows(input: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) -> Int {
            var count = 0
            while count * stride + (kernel - 1) * dilation < input + 2 * padding { count += 1 }
            return count
        }
        #expect(
            geometry.output.height
                == windows(
                    input: geometry.input.height, kernel: geometry.kernel.height, stride: geometry.stride.height,
                    padding: geometry.padding.height, dilation: geometry.dilation.height))
        #expect(
            geometry.output.width
                == windows(
                    input: geometry.input.width, kernel: geometry.kernel.width, stride: geometry.stride.width,
                    padding: geometry.padding.width, dilation: geometry.dilation.width))
        #expect(geometry.outputPositions > 0)
    }

    @Test("No window fits in an image smaller than its reach")
    func tooSmall() {
        #expect(WindowGeometry(input: 4, channels: 1, kernel: 3, dilation: 2).output == 0)
        #expect(WindowGeometry(input: 5, channels: 1, kernel: 3, dilation: 2).output == 1)
        #expect(WindowGeometry(input: 1, channels: 1, kernel: 4, padding: 1).output == 0)
    }

    @Test("Counts and description")
    func counts() {
        let geometry = WindowGeometry(
            input: Extent(height: 5, width: 6), channels: 7, kernel: Extent(height: 3, width: 2), stride: 2,
            padding: Extent(height: 1, width: 0))
        #expect(geometry.inputCount == 210)
        #expect(geometry.taps == 6)
        #expect(geometry.patch == 42)
        #expect(geometry.description == "3×2 stride 2×2 pad 1×0")
    }
}
