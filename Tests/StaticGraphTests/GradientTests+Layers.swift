import Kernels
import Testing

@testable import StaticGraph

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
        try StaticGraphTests.expectCorrectGradients([try output.projected()], samples: samples)
    }
}

private func image(_ channels: Int, _ height: Int, _ width: Int) -> Shape {
    Shape(channels: channels, height: height, width: width)
}

private func extent(_ height: Int, _ width: Int) -> Extent { Extent(height: height, width: width) }

/// Every layer on its own, under a random upstream gradient.
@Suite struct LayerGradientTests {
    private static let windows: [(name: String, input: Shape, kernel: Extent, stride: Extent, padding: Extent)] = [
        ("stride below kernel", image(3, 7, 5), 3, 1, 0),
        ("stride below kernel, padded", image(5, 5, 6), 3, 2, 1),
        ("stride at kernel", image(3, 6, 4), 2, 2, 0),
        ("stride at kernel, rest of the image unread", image(1, 7, 5), 2, 2, 0),
        ("stride above kernel", image(3, 8, 7), 2, 3, 0),
        ("stride above kernel, padded", image(3, 7, 8), extent(2, 3), extent(3, 4), 1),
        ("non-square", image(5, 4, 7), extent(3, 2), extent(1, 2), extent(1, 0)),
        ("non-square, other way", image(3, 7, 4), extent(2, 4), extent(2, 1), extent(0, 2)),
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
                $0.conv2d(3, kernel: extent(2, 3), stride: extent(2, 1), padding: extent(1, 3), dilation: extent(3, 2))
            },
            LayerCase("dilation above the image's half", image(3, 5, 5), samples: 2) {
                $0.conv2d(3, kernel: 3, padding: 3, dilation: 3)
            },
            LayerCase("padding above the kernel", image(3, 3, 2), samples: 2) { $0.conv2d(3, kernel: 2, padding: 4) },
            LayerCase("no bias", image(3, 5, 4), samples: 2) { $0.conv2d(3, kernel: 3, bias: false) },
            LayerCase("one sample", image(3, 5, 4), samples: 1) { $0.conv2d(5, kernel: 3) },
            LayerCase("groups of several samples", image(1, 4, 4), samples: 20) { $0.conv2d(3, kernel: 3) },
        ]

    static let pools: [LayerCase] =
        windows.flatMap { name, input, kernel, stride, padding in
            // A pool's window must touch the image, so padding is at most half of the kernel.
            let half = extent(min(padding.height, kernel.height / 2), min(padding.width, kernel.width / 2))
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
        LayerCase("softmax", Shape(channels: 10)) { $0.softmax() },
        LayerCase("softmax", Shape(channels: 17), samples: 1) { $0.softmax() },
        LayerCase("softmax of one class", Shape(channels: 1)) { $0.softmax() },
        LayerCase("logSoftmax", Shape(channels: 10)) { $0.logSoftmax() },
        LayerCase("logSoftmax", Shape(channels: 35), samples: 1) { $0.logSoftmax() },
        LayerCase("add", image(3, 4, 5)) { $0.add($0.relu()) },
        LayerCase("add", Shape(channels: 17), samples: 1) { $0.linear(17).add($0) },
        LayerCase("add to itself", image(3, 4, 5)) { $0.add($0) },
    ]

    @Test(arguments: convolutions) func convolution(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
    @Test(arguments: pools) func pooling(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }
    @Test(arguments: others) func other(_ layer: LayerCase) throws { try layer.expectCorrectGradients() }

    @Test(arguments: [(1, 2), (3, 5), (4, 17), (20, 10)]) func crossEntropy(samples: Int, classes: Int) throws {
        let x = Node.input("x", Shape(channels: classes))
        try expectCorrectGradients([Head("class", x, loss: .crossEntropy)], samples: samples)
    }

    @Test(arguments: [(1, 2), (3, 5), (4, 17), (20, 10)])
    func negativeLogLikelihood(samples: Int, classes: Int) throws {
        let x = Node.input("x", Shape(channels: classes))
        try expectCorrectGradients([Head("class", x, loss: .negativeLogLikelihood)], samples: samples)
        try expectCorrectGradients([Head("class", x.logSoftmax(), loss: .negativeLogLikelihood)], samples: samples)
    }
}
