import Foundation
import LanesKernels
import TestSupport
import Testing

@Suite("Window geometry")
struct WindowGeometryTests {
    @Test("The output counts the windows that fit", .namingCases)
    static func outputCases() {
        forEach(poolGeometries) { Self().output(geometry: $0) }
    }

    func output(geometry: WindowGeometry) {
        /// Windows are put down one after another as long as their last tap is inside the padded image; in ceil mode as long
        /// as something of the padded image was left over by the one before, but none behind the image.
        func windows(input: Int, reach: Int, stride: Int, before: Int, after: Int) -> Int {
            var count = 0
            while count * stride + reach <= before + input + after { count += 1 }
            let end = (count - 1) * stride + reach
            let isMore = count == 0 || end < before + input + after
            return geometry.ceilMode && isMore && count * stride < before + input ? count + 1 : count
        }
        let padding = geometry.padding
        #expect(
            geometry.output.height
                == windows(
                    input: geometry.input.height, reach: geometry.reach.height, stride: geometry.stride.height,
                    before: padding.top, after: padding.bottom))
        #expect(
            geometry.output.width
                == windows(
                    input: geometry.input.width, reach: geometry.reach.width, stride: geometry.stride.width,
                    before: padding.left, after: padding.right))
        #expect(geometry.outputPositions > 0)
    }

    // Worked out by hand from PyTorch's pooling_output_shape.
    @Test("Ceil mode", .namingCases)
    static func ceilCases() {
        forEach([
            (5, 2, 2, 0, 3), (7, 3, 2, 0, 3), (8, 3, 2, 0, 4), (6, 2, 3, 1, 3), (4, 2, 3, 1, 2), (2, 3, 2, 0, 1),
            (2, 4, 2, 0, 0),
        ]) { Self().ceil(input: $0, kernel: $1, stride: $2, padding: $3, output: $4) }
    }

    func ceil(input: Int, kernel: Int, stride: Int, padding: Int, output: Int) {
        func square(_ size: Int) -> Extent { Extent(height: size, width: size) }
        let geometry = WindowGeometry(
            input: square(input), channels: 1, kernel: square(kernel), stride: square(stride),
            padding: Padding(padding), ceilMode: true)
        #expect(geometry.output == square(output))
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
            padding: Padding(height: 1, width: 0))
        #expect(geometry.inputCount == 210)
        #expect(geometry.taps == 6)
        #expect(geometry.patch == 42)
        #expect(geometry.description == "3×2 stride 2×2 pad 1×0")
    }

    @Test("Every part that is not the default is in the description")
    func description() {
        let geometry = WindowGeometry(
            input: 5, channels: 1, kernel: 3, padding: Padding(top: 0, left: 1, bottom: 2, right: 3),
            dilation: Extent(height: 1, width: 2), ceilMode: true)
        #expect(geometry.description == "3×3 pad 0 1 2 3 dilation 1×2 ceil")
        #expect(WindowGeometry(input: 5, channels: 1, kernel: 3, padding: 1).description == "3×3 pad 1×1")
    }

    @Test("Padding that keeps the size, an odd one at the bottom and on the right", .namingCases)
    static func sameCases() {
        forEach(1...4, 1...3) { Self().same(kernel: $0, dilation: $1) }
    }

    func same(kernel: Int, dilation: Int) {
        let (kernel, dilation) = (Extent(height: kernel, width: 5), Extent(height: dilation, width: 2))
        let padding = Padding.same(kernel: kernel, dilation: dilation)
        let geometry = WindowGeometry(input: 9, channels: 1, kernel: kernel, padding: padding, dilation: dilation)
        #expect(geometry.output == 9)
        #expect(padding.left == 4 && padding.right == 4)
        #expect(padding.bottom - padding.top == dilation.height * (kernel.height - 1) % 2)
    }

    @Test("Extent and padding as lists of numbers")
    func coding() throws {
        let padding = Padding(top: 1, left: 2, bottom: 3, right: 4)
        #expect(String(decoding: try JSONEncoder().encode(padding), as: UTF8.self) == "[1,2,3,4]")
        #expect(try JSONDecoder().decode(Padding.self, from: Data("[1,2,3,4]".utf8)) == padding)
        let extent = Extent(height: 5, width: 6)
        #expect(String(decoding: try JSONEncoder().encode(extent), as: UTF8.self) == "[5,6]")
        #expect(try JSONDecoder().decode(Extent.self, from: Data("[5,6]".utf8)) == extent)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Extent.self, from: Data("[1,2,3]".utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Padding.self, from: Data("[1,2]".utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Padding.self, from: Data("1".utf8)) }
    }
}
