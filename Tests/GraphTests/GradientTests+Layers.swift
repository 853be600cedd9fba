import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// A layer with the input that it is checked on.
struct LayerCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: Shape
    var samples = 3
    let layer: @Sendable (Node) -> Node

    init(_ name: String, _ input: Shape, samples: Int = 3, layer: @escaping @Sendable (Node) -> Node) {
        testDescription = "\(name) of \(samples) × \(input)"
        (self.input, self.samples, self.layer) = (input, samples, layer)
    }

    func expectCorrectGradients() throws {
        let output = layer(Node.input("x", input))
        try GraphTests.expectCorrectGradients([output.projected()], samples: samples)
    }
}

private func image(_ channels: Int, _ height: Int, _ width: Int) -> Shape {
    Shape(channels: channels, height: height, width: width)
}

private func extent(_ height: Int, _ width: Int) -> Extent { Extent(height: height, width: width) }

/// Every layer on its own, under a random upstream gradient.
@Suite struct LayerGradientTests {
    private static let windows: [(name: String, input: Shape, kernel: Extent, stride: Extent, padding: Padding)] = [
        ("stride below kernel", image(3, 7, 5), 3, 1, 0),
        ("stride below kernel, padded", image(5, 5, 6), 3, 2, 1),
        ("stride at kernel", image(3, 6, 4), 2, 2, 0),
        ("stride at kernel, rest of the image unread", image(1, 7, 5), 2, 2, 0),
        ("stride above kernel", image(3, 8, 7), 2, 3, 0),
        ("stride above kernel, padded", image(3, 7, 8), extent(2, 3), extent(3, 4), 1),
        ("non-square", image(5, 4, 7), extent(3, 2), extent(1, 2), Padding(height: 1, width: 0)),
        ("non-square, other way", image(3, 7, 4), extent(2, 4), extent(2, 1), Padding(height: 0, width: 2)),
        ("one channel", image(1, 5, 5), 3, 1, 1),
        ("17 channels", image(17, 4, 3), 2, 1, 0),
        ("kernel 1", image(3, 4, 5), 1, 1, 0),
        ("kernel 1, stride 2", image(3, 4, 5), 1, 2, 0),
        ("window of the whole image", image(3, 4, 5), extent(4, 5), 1, 0),
    ]

    static let convolutions: [LayerCase] =
        windows.flatMap { name, input, kernel, stride, padding in
            [1, 5, 17].filter { $0 < 17 || input.channels < 17 }.map { channels in
                LayerCase("\(name) to \(channels)", input, samples: 2) {
                    $0.conv2d(channels, kernel: kernel, stride: stride, padding: padding)
                }
            }
        } + [
            LayerCase("dilation", image(3, 7, 6), samples: 2) { $0.conv2d(5, kernel: 3, padding: 1, dilation: 2) },
            LayerCase("dilation and stride", image(1, 9, 8), samples: 2) {
                $0.conv2d(
                    3, kernel: extent(2, 3), stride: extent(2, 1), padding: Padding(height: 1, width: 3),
                    dilation: extent(3, 2))
            },
            LayerCase("dilation above the image's half", image(3, 5, 5), samples: 2) {
                $0.conv2d(3, kernel: 3, padding: 3, dilation: 3)
            },
            LayerCase("padding above the kernel", image(3, 3, 2), samples: 2) { $0.conv2d(3, kernel: 2, padding: 4) },
            LayerCase("no bias", image(3, 5, 4), samples: 2) { $0.conv2d(3, kernel: 3, bias: false) },
            LayerCase("one sample", image(3, 5, 4), samples: 1) { $0.conv2d(5, kernel: 3) },
            LayerCase("groups of several samples", image(1, 4, 4), samples: 20) { $0.conv2d(3, kernel: 3) },
        ]

    /// Output channels, groups and stride.
    private static let grouped: [(name: String, input: Shape, channels: Int, groups: Int, stride: Extent)] = [
        ("2 groups", image(4, 5, 4), 6, 2, 1), ("3 groups", image(6, 5, 5), 9, 3, 2),
        ("2 groups to 1 each", image(4, 4, 4), 2, 2, 1), ("depthwise", image(5, 6, 5), 5, 5, 1),
        ("depthwise", image(17, 4, 3), 17, 17, 2), ("depthwise, multiplier 2", image(5, 4, 5), 10, 5, 1),
        ("depthwise, multiplier 3", image(3, 5, 6), 9, 3, 2),
    ]

    static let groupedConvolutions: [LayerCase] =
        grouped.flatMap { name, input, channels, groups, stride in
            [
                LayerCase("\(name), stride \(stride)", input, samples: 2) {
                    $0.conv2d(channels, kernel: 3, stride: stride, padding: 1, groups: groups)
                },
                LayerCase("\(name), kernel 2×3, dilated", input, samples: 1) {
                    $0.conv2d(
                        channels, kernel: extent(2, 3), padding: Padding(top: 2, left: 1, bottom: 0, right: 3),
                        dilation: extent(1, 2), groups: groups, bias: false)
                },
            ]
        } + [
            LayerCase("2 groups of 17, kernel 1", image(34, 2, 2), samples: 1) {
                $0.conv2d(34, kernel: 1, groups: 2)
            }
        ]

    private static let sides: [(name: String, padding: Padding)] = [
        ("unsymmetric", Padding(top: 1, left: 0, bottom: 2, right: 3)),
        ("right alone", Padding(top: 0, left: 0, bottom: 0, right: 1)), ("same of 2×4", .same(kernel: extent(2, 4))),
        ("same of 2×4, dilated", .same(kernel: extent(2, 4), dilation: 2)),
    ]

    static let paddings: [LayerCase] = sides.flatMap { name, padding in
        [
            LayerCase("padding \(name)", image(3, 5, 6), samples: 2) {
                $0.conv2d(3, kernel: extent(2, 4), padding: padding, dilation: name.hasSuffix("dilated") ? 2 : 1)
            },
            LayerCase("padding \(name), stride", image(3, 5, 6), samples: 2) {
                $0.conv2d(3, kernel: 3, stride: extent(2, 3), padding: padding)
            },
        ]
    }

    static let transposedConvolutions: [LayerCase] = [
        LayerCase("kernel 2, stride 2", image(3, 3, 4), samples: 2) { $0.convTranspose2d(5, kernel: 2, stride: 2) },
        LayerCase("stride 2, padding, output padding", image(3, 3, 4), samples: 2) {
            $0.convTranspose2d(4, kernel: 3, stride: 2, padding: 1, outputPadding: 1)
        },
        LayerCase("stride 1", image(3, 4, 3), samples: 2) { $0.convTranspose2d(2, kernel: 3, padding: 1) },
        LayerCase("stride above kernel", image(2, 3, 2)) {
            $0.convTranspose2d(3, kernel: extent(1, 2), stride: 3, outputPadding: extent(2, 0))
        },
        LayerCase("padding unsymmetric", image(3, 4, 4), samples: 2) {
            $0.convTranspose2d(
                2, kernel: 4, stride: 2, padding: Padding(top: 0, left: 2, bottom: 3, right: 1),
                outputPadding: extent(1, 0))
        },
        LayerCase("dilation", image(2, 4, 3), samples: 2) {
            $0.convTranspose2d(3, kernel: extent(3, 2), stride: extent(1, 2), padding: 1, dilation: extent(2, 3))
        },
        LayerCase("2 groups", image(4, 3, 3), samples: 2) {
            $0.convTranspose2d(6, kernel: 3, stride: 2, groups: 2)
        },
        LayerCase("as many groups as channels", image(4, 3, 3), samples: 2) {
            $0.convTranspose2d(4, kernel: 3, stride: 2, padding: 1, groups: 4)
        },
        LayerCase("17 channels, no bias", image(17, 2, 3), samples: 1) {
            $0.convTranspose2d(3, kernel: 2, stride: 2, bias: false)
        },
        LayerCase("to 17 channels", image(1, 3, 3), samples: 20) { $0.convTranspose2d(17, kernel: 2) },
        LayerCase("kernel 1", image(3, 3, 2)) { $0.convTranspose2d(4, kernel: 1) },
    ]

    static let pools: [LayerCase] =
        windows.flatMap { name, input, kernel, stride, padding in
            // A pool's window must touch the image, so padding is at most half of the kernel.
            let half = Padding(
                height: min(padding.top, kernel.height / 2), width: min(padding.left, kernel.width / 2))
            return [
                LayerCase("max, \(name)", input) { $0.maxPool(kernel, stride: stride, padding: half) },
                LayerCase("average, \(name)", input) { $0.averagePool(kernel, stride: stride, padding: half) },
            ]
        } + [
            LayerCase("max, one sample", image(3, 5, 5), samples: 1) { $0.maxPool(2) },
            LayerCase("average, groups", image(1, 4, 4), samples: 19) { $0.averagePool(2) },
            LayerCase("max, 272 taps", image(1, 17, 18), samples: 1) { $0.maxPool(extent(16, 17), stride: 1) },
            LayerCase("global average", image(5, 3, 4)) { $0.globalAveragePool() },
            LayerCase("global average", image(17, 5, 2), samples: 1) { $0.globalAveragePool() },
            LayerCase("global max", image(5, 3, 4)) { $0.globalMaxPool() },
            LayerCase("global max", image(17, 5, 2), samples: 1) { $0.globalMaxPool() },
            LayerCase("max, dilation", image(3, 7, 6)) { $0.maxPool(2, stride: 1, dilation: extent(3, 2)) },
            LayerCase("max, dilation, padding", image(2, 5, 5)) {
                $0.maxPool(3, stride: 2, padding: 2, dilation: 2, ceilMode: true)
            },
            LayerCase("max, ceil", image(3, 5, 6)) { $0.maxPool(2, ceilMode: true) },
            LayerCase("max, ceil, padding", image(3, 6, 7)) { $0.maxPool(3, padding: 1, ceilMode: true) },
            LayerCase("average, ceil", image(3, 5, 6)) { $0.averagePool(2, ceilMode: true) },
            LayerCase("average, ceil, padding", image(3, 6, 7)) { $0.averagePool(3, padding: 1, ceilMode: true) },
            LayerCase("average, padding left out", image(3, 6, 7)) {
                $0.averagePool(3, stride: 2, padding: 1, countIncludePad: false)
            },
            LayerCase("average, ceil, padding left out", image(3, 6, 7)) {
                $0.averagePool(
                    3, stride: 2, padding: Padding(top: 1, left: 0, bottom: 0, right: 1), ceilMode: true,
                    countIncludePad: false)
            },
        ]

    static let others: [LayerCase] = [
        LayerCase("linear", Shape(channels: 7)) { $0.linear(5) },
        LayerCase("linear to 1", Shape(channels: 17), samples: 1) { $0.linear(1) },
        LayerCase("linear to 17, no bias", Shape(channels: 1)) { $0.linear(17, bias: false) },
        LayerCase("linear of several panels", Shape(channels: 35), samples: 5) { $0.linear(33) },
        LayerCase("linear to many", Shape(channels: 3), samples: 5) { $0.linear(300) },
        LayerCase("linear in chunks", Shape(channels: 2048), samples: 2) { $0.linear(1) },
        LayerCase("linear in uneven chunks, no bias", Shape(channels: 2305), samples: 1) { $0.linear(2, bias: false) },
        LayerCase("flatten, linear", image(3, 2, 5)) { $0.flatten().linear(4) },
        LayerCase("flatten, linear", image(17, 3, 1), samples: 1) { $0.flatten().linear(3) },
        LayerCase("flatten", image(3, 2, 5)) { $0.flatten() },
        LayerCase("flatten twice", image(3, 2, 5)) { $0.flatten().flatten().linear(4) },
        LayerCase("relu", image(3, 4, 5)) { $0.relu() },
        LayerCase("relu", Shape(channels: 1), samples: 1) { $0.relu() },
        LayerCase("batchNorm", image(3, 4, 5)) { $0.batchNorm() },
        LayerCase("batchNorm", image(17, 2, 3), samples: 2) { $0.batchNorm() },
        LayerCase("batchNorm", image(1, 3, 3), samples: 1) { $0.batchNorm() },
        LayerCase("batchNorm of vectors", Shape(channels: 5), samples: 7) { $0.batchNorm() },
        LayerCase("batchNorm of groups", Shape(channels: 3), samples: 35) { $0.batchNorm() },
        LayerCase("batchNorm, great epsilon", image(3, 2, 2)) { $0.batchNorm(epsilon: 0.5, momentum: 0.3) },
        LayerCase("dropout", image(3, 4, 5)) { $0.dropout(0.4) },
        LayerCase("dropout of nothing", Shape(channels: 17), samples: 1) { $0.dropout(0) },
        LayerCase("leakyReLU", image(3, 4, 5)) { $0.leakyReLU() },
        LayerCase("leakyReLU, negative slope", image(3, 4, 5)) { $0.leakyReLU(slope: -0.3) },
        LayerCase("sigmoid", image(3, 4, 5)) { $0.sigmoid() },
        LayerCase("tanh", Shape(channels: 19)) { $0.tanh() },
        LayerCase("gelu", image(3, 4, 5)) { $0.gelu() },
        LayerCase("silu", Shape(channels: 33), samples: 1) { $0.silu() },
        LayerCase("elu", image(3, 4, 5)) { $0.elu() },
        LayerCase("elu, negative alpha", image(3, 4, 5)) { $0.elu(alpha: -0.7) },
        LayerCase("scaled", image(3, 4, 5)) { $0.scaled(by: -1.5, plus: 0.25) },
        LayerCase("softmax of an image", image(5, 2, 3)) { $0.softmax() },
        LayerCase("softmax", Shape(channels: 10)) { $0.softmax() },
        LayerCase("softmax", Shape(channels: 17), samples: 1) { $0.softmax() },
        LayerCase("softmax of one class", Shape(channels: 1)) { $0.softmax() },
        LayerCase("logSoftmax of an image", image(17, 3, 2)) { $0.logSoftmax() },
        LayerCase("logSoftmax", Shape(channels: 10)) { $0.logSoftmax() },
        LayerCase("logSoftmax", Shape(channels: 35), samples: 1) { $0.logSoftmax() },
        LayerCase("add", image(3, 4, 5)) { $0.add($0.relu()) },
        LayerCase("add", Shape(channels: 17), samples: 1) { $0.linear(17).add($0) },
        LayerCase("add to itself", image(3, 4, 5)) { $0.add($0) },
        LayerCase("multiply", image(3, 4, 5)) { $0.multiply($0.sigmoid()) },
        LayerCase("multiply, linear", Shape(channels: 17), samples: 1) { $0.linear(17).multiply($0) },
        LayerCase("square", image(3, 4, 5)) { $0.multiply($0) },
        LayerCase("concat", image(3, 2, 3)) { $0.concat($0.conv2d(2, kernel: 1)) },
        LayerCase("concat of 3", image(3, 2, 3)) { $0.tanh().concat($0.conv2d(17, kernel: 1), $0) },
        LayerCase("concat of vectors", Shape(channels: 5)) { $0.linear(3).concat($0) },
        LayerCase("concat with itself", image(3, 2, 3)) { $0.concat($0) },
        LayerCase("concat of one", image(3, 2, 3)) { $0.concat() },
        LayerCase("layerNorm", image(3, 4, 5)) { $0.layerNorm() },
        LayerCase("layerNorm", Shape(channels: 17), samples: 1) { $0.layerNorm(epsilon: 0.1) },
        LayerCase("layerNorm of groups of samples", Shape(channels: 5), samples: 20) { $0.layerNorm() },
        LayerCase("layerNorm, not affine", image(2, 3, 3)) { $0.layerNorm(affine: false) },
        LayerCase("groupNorm, 2", image(6, 3, 2)) { $0.groupNorm(2) },
        LayerCase("groupNorm, 1", image(5, 3, 2)) { $0.groupNorm(1) },
        LayerCase("groupNorm, each channel", image(3, 3, 4), samples: 1) { $0.groupNorm(3, epsilon: 0.1) },
        LayerCase("groupNorm, 17 of 2", image(34, 2, 2), samples: 2) { $0.groupNorm(17) },
        LayerCase("groupNorm of vectors", Shape(channels: 12), samples: 20) { $0.groupNorm(3) },
        LayerCase("groupNorm, not affine", image(4, 2, 3)) { $0.groupNorm(2, affine: false) },
        LayerCase("upsample, nearest", image(3, 3, 4)) { $0.upsample(by: extent(2, 3)) },
        LayerCase("upsample, bilinear", image(3, 3, 4)) { $0.upsample(by: extent(3, 2), interpolation: .bilinear) },
        LayerCase("upsample to a size, nearest", image(17, 3, 4), samples: 1) { $0.upsample(to: extent(5, 3)) },
        LayerCase("upsample to a size, bilinear", image(17, 3, 4), samples: 1) {
            $0.upsample(to: extent(2, 7), interpolation: .bilinear)
        },
        LayerCase("upsample of one pixel", image(5, 1, 1)) { $0.upsample(by: 2, interpolation: .bilinear) },
        LayerCase("reshape", image(3, 4, 5)) { $0.reshape(image(5, 6, 2)) },
        LayerCase("reshape to a vector", image(3, 2, 5)) { $0.reshape(Shape(channels: 30)) },
        LayerCase("reshape of a vector", Shape(channels: 30)) { $0.reshape(image(5, 2, 3)) },
        LayerCase("reshape that moves nothing", image(1, 4, 5)) { $0.reshape(image(1, 5, 4)) },
        LayerCase("flatten, batchNorm", image(3, 2, 3)) { $0.flatten().batchNorm() },
        LayerCase("flatten, layerNorm", image(3, 2, 3)) { $0.flatten().layerNorm() },
        LayerCase("flatten, softmax", image(3, 2, 3)) { $0.flatten().softmax() },
        LayerCase("flatten, add", image(3, 2, 3)) { $0.flatten().add($0.tanh().flatten()) },
        LayerCase("flatten, relu, add, linear", image(3, 2, 3)) { $0.flatten().relu().add($0.flatten()).linear(2) },
        LayerCase("flatten, reshape", image(3, 2, 3)) { $0.flatten().reshape(image(2, 3, 3)) },
        LayerCase("flatten, sigmoid, scaled, linear", image(3, 2, 3)) {
            $0.flatten().sigmoid().scaled(by: 2).linear(3)
        },
    ]

    @Test(.namingCases)
    static func convolutionCases() {
        forEach(convolutions) { try Self().convolution($0) }
    }

    func convolution(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
    @Test(.namingCases)
    static func groupedCases() {
        forEach(groupedConvolutions) { try Self().grouped($0) }
    }

    func grouped(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
    @Test(.namingCases)
    static func paddedCases() {
        forEach(paddings) { try Self().padded($0) }
    }

    func padded(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
    @Test(.namingCases)
    static func transposedCases() {
        forEach(transposedConvolutions) { try Self().transposed($0) }
    }

    func transposed(_ layer: LayerCase) throws {
        try layer.expectCorrectGradients()
    }
    @Test(.namingCases)
    static func poolingCases() {
        forEach(pools) { try Self().pooling($0) }
    }

    func pooling(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
    @Test(.namingCases)
    static func otherCases() {
        forEach(others) { try Self().other($0) }
    }

    func other(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
}
