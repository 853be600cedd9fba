import LanesGraph
import LanesKernels

// Pools and sizes. Of a pool that rounds its size up the padding is written out, since programs differ in what `ceil_mode`
// does at the edge.

extension ONNXNetwork {
    mutating func maxPool(_ window: WindowGeometry, _ x: Value, name: String) -> Value {
        var padding = window.ceilMode ? window.paddingToLastWindow : window.padding
        var x = x
        let (kernel, sides) = (window.kernel, padding.sides)
        // onnxruntime refuses as much padding as the kernel has taps, which a dilated window may have.
        if zip(sides, [kernel.height, kernel.width, kernel.height, kernel.width]).contains(where: { $0 >= $1 }) {
            x = padded(x, padding, with: -.infinity, name)
            padding = 0
        }
        let dilations: Attributes = [("dilations", .ints([window.dilation.height, window.dilation.width]))]
        return add("MaxPool", [x.name], attributes(window, padding) + dilations, name: name, isImage: true)
    }

    mutating func averagePool(_ window: WindowGeometry, _ countIncludePad: Bool, _ x: Value, name: String) -> Value {
        if countIncludePad, window.paddingBehind != 0 {
            // Zeros count, and what lies behind them does not.
            let zeros = padded(x, window.padding, with: 0, name)
            return averagePool(zeros, attributes(window, window.paddingBehind), countIncludePad: false, name: name)
        }
        let padding = window.ceilMode ? window.paddingToLastWindow : window.padding
        return averagePool(x, attributes(window, padding), countIncludePad: countIncludePad, name: name)
    }

    private mutating func averagePool(
        _ x: Value, _ attributes: Attributes, countIncludePad: Bool, name: String
    ) -> Value {
        let counts: Attributes = [("count_include_pad", .int(countIncludePad ? 1 : 0))]
        return add("AveragePool", [x.name], attributes + counts, name: name, isImage: true)
    }

    private mutating func padded(_ x: Value, _ padding: Padding, with number: Float, _ name: String) -> Value {
        guard padding != 0 else { return x }
        let pads = integers(
            [0, 0, padding.top, padding.left, 0, 0, padding.bottom, padding.right], "\(name)/pads")
        let number = constant([number], "\(name)/padding")
        let mode: Attributes = [("mode", .text("constant"))]
        return add("Pad", [x.name, pads, number], mode, name: "\(name)/padded", isImage: true)
    }

    private func attributes(_ window: WindowGeometry, _ padding: Padding) -> Attributes {
        [
            ("kernel_shape", .ints([window.kernel.height, window.kernel.width])), ("pads", .ints(padding.sides)),
            ("strides", .ints([window.stride.height, window.stride.width])),
        ]
    }

    mutating func upsample(
        _ interpolation: Interpolation, from: Shape, to: Shape, _ x: Value, name: String
    ) -> Value {
        switch interpolation {
        case .bilinear:
            return resize(
                x, scales: [Self.scale(from.height, to.height), Self.scale(from.width, to.width)],
                [("coordinate_transformation_mode", .text("half_pixel")), ("mode", .text("linear"))], name: name)
        case .nearest where to.height % from.height == 0 && to.width % from.width == 0:
            return resize(
                x, scales: [Float(to.height / from.height), Float(to.width / from.width)],
                [
                    ("coordinate_transformation_mode", .text("asymmetric")), ("mode", .text("nearest")),
                    ("nearest_mode", .text("floor")),
                ], name: name)
        case .nearest:
            // Where a pixel's place is rounded, programs differ: its row and its column are named.
            let rows = integers(sources(from.height, to.height, .nearest).map(\.first), "\(name)/row numbers")
            let columns = integers(sources(from.width, to.width, .nearest).map(\.first), "\(name)/column numbers")
            let chosen = add("Gather", [x.name, rows], [("axis", .int(2))], name: "\(name)/rows", isImage: true)
            return add("Gather", [chosen.name, columns], [("axis", .int(3))], name: name, isImage: true)
        }
    }

    private mutating func resize(_ x: Value, scales: [Float], _ attributes: Attributes, name: String) -> Value {
        let scales = constant([1, 1] + scales, shape: [4], "\(name)/scales")
        return add("Resize", [x.name, "", scales], attributes, name: name, isImage: true)
    }

    /// A factor that makes `to` of `from`, also when the product is rounded down.
    private static func scale(_ from: Int, _ to: Int) -> Float {
        let scale = Float(to) / Float(from)
        return Double(from) * Double(scale) < Double(to) ? scale.nextUp : scale
    }
}

extension Padding {
    /// As ONNX has it.
    var sides: [Int] { [top, left, bottom, right] }
}
