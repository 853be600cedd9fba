import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// What a graph of one input, the given layers and one head makes of one sample; both lie channels last.
func output(
    of node: Node, input: [Double], parameters change: (Parameters<Double>) throws -> Void = { _ in }
) throws -> [Double] {
    let graph = try Graph(heads: [node.projected()])
    let parameters = try Parameters<Double>(graph, seed: 1)
    try change(parameters)
    let executor = try Executor(graph, parameters: parameters, mode: .prediction, batchSize: 1, threads: 1)
    try executor.run(steps: 0..<1, from: FixedBatch(input: input, target: []))
    return executor.output(ofHead: 0)
}

/// What layers compute that put kernels together, number by number; the kernels' own tests do the rest.
@Suite struct ForwardTests {
    private static let numbers = (0..<240).map { Double(($0 * 37 + 11) % 101) / 16 - 3 }

    private func input(_ channels: Int, _ height: Int, _ width: Int) -> (Node, [Double]) {
        let shape = Shape(channels: channels, height: height, width: width)
        return (.input("x", shape), Array(Self.numbers.prefix(shape.count)))
    }

    @Test func concatHasTheChannelsOneAfterTheOther() throws {
        let (x, numbers) = input(3, 2, 2)
        let found = try output(of: x.concat(x.scaled(by: 2), x.conv2d(1, kernel: 1, name: "c")), input: numbers) {
            try $0.set("c.weight", to: [0, 1, 0])
            try $0.set("c.bias", to: [0])
        }
        let expected = stride(from: 0, to: 12, by: 3).flatMap { start in
            let pixel = numbers[start..<start + 3]
            return pixel + pixel.map { 2 * $0 } + [numbers[start + 1]]
        }
        #expect(found == expected)
    }

    @Test func numberByNumber() throws {
        let (x, numbers) = input(3, 2, 2)
        #expect(try output(of: x.scaled(by: -2, plus: 0.5), input: numbers) == numbers.map { -2 * $0 + 0.5 })
        #expect(try output(of: x.multiply(x.scaled(by: 3)), input: numbers) == numbers.map { $0 * (3 * $0) })
        #expect(try output(of: x.add(x.scaled(by: 3)), input: numbers) == numbers.map { $0 + 3 * $0 })
        #expect(try output(of: x.leakyReLU(slope: 0.25), input: numbers) == numbers.map { $0 > 0 ? $0 : 0.25 * $0 })
    }

    @Test func overTheWholeImage() throws {
        let (x, numbers) = input(3, 2, 2)
        let channels = (0..<3).map { channel in stride(from: channel, to: 12, by: 3).map { numbers[$0] } }
        #expect(try output(of: x.globalMaxPool(), input: numbers) == channels.map { $0.max() })
        #expect(try output(of: x.globalAveragePool(), input: numbers) == channels.map { $0.reduce(0, +) / 4 })
    }

    @Test func softmaxIsOverChannels() throws {
        let (x, numbers) = input(5, 2, 3)
        let image = try output(of: x.softmax(), input: numbers)
        let logarithms = try output(of: x.logSoftmax(), input: numbers)
        for position in 0..<6 {
            let pixel = Array(numbers[position * 5..<position * 5 + 5])
            let vector = Node.input("v", Shape(channels: 5))
            #expect(try output(of: vector.softmax(), input: pixel) == Array(image[position * 5..<position * 5 + 5]))
            #expect(
                try output(of: vector.logSoftmax(), input: pixel)
                    == Array(logarithms[position * 5..<position * 5 + 5]))
        }
    }

    @Test(.namingCases)
    func groupsOfChannelsAreNormalized() {
        forEach([1, 2, 3, 6]) { groups in
            let (x, numbers) = input(6, 2, 3)
            let found = try output(of: x.groupNorm(groups, epsilon: 0.5, affine: false), input: numbers)
            let width = 6 / groups
            for group in 0..<groups {
                let places = numbers.indices.filter { $0 % 6 / width == group }
                let mean = places.reduce(0) { $0 + numbers[$1] } / Double(places.count)
                let variance =
                    places.reduce(0) { $0 + (numbers[$1] - mean) * (numbers[$1] - mean) } / Double(places.count)
                for place in places {
                    #expect(abs(found[place] - (numbers[place] - mean) / (variance + 0.5).squareRoot()) < 64 * 0x1p-52)
                }
            }
            if groups == 1 {
                #expect(try output(of: x.layerNorm(epsilon: 0.5, affine: false), input: numbers) == found)
            }
        }
    }

    @Test func upsampledByAFactorOrToASize() throws {
        let (x, numbers) = input(2, 2, 3)
        let found = try output(of: x.upsample(by: Extent(height: 3, width: 2)), input: numbers)
        for row in 0..<6 {
            for column in 0..<6 {
                for channel in 0..<2 {
                    #expect(
                        found[(row * 6 + column) * 2 + channel] == numbers[(row / 3 * 3 + column / 2) * 2 + channel])
                }
            }
        }
        #expect(try output(of: x.upsample(to: 6), input: numbers) == found)
        let line = Node.input("l", Shape(channels: 1, height: 1, width: 2))
        let smooth = try output(
            of: line.upsample(by: Extent(height: 1, width: 2), interpolation: .bilinear), input: [0, 4])
        #expect(smooth == [0, 1, 3, 4])
    }

    struct Transposed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var channels = 4
        var groups = 1
        var kernel: Extent = 3
        var stride: Extent = 1
        var padding: Padding = 0
        var more: Extent = 0
        var dilation: Extent = 1
    }

    static let transposed: [Transposed] = [
        Transposed(testDescription: "plain"),
        Transposed(testDescription: "kernel 2, stride 2", kernel: 2, stride: 2),
        Transposed(testDescription: "stride 2, output padding", stride: 2, padding: 1, more: 1),
        Transposed(
            testDescription: "unsymmetric", channels: 17, kernel: Extent(height: 4, width: 3),
            stride: Extent(height: 2, width: 3), padding: Padding(top: 0, left: 2, bottom: 3, right: 1),
            more: Extent(height: 0, width: 2)),
        Transposed(
            testDescription: "dilated, 2 groups", channels: 6, groups: 2, padding: 1,
            dilation: Extent(height: 2, width: 3)),
        Transposed(testDescription: "4 groups", channels: 8, groups: 4, stride: 2),
        Transposed(testDescription: "depthwise", channels: 4, groups: 4, stride: 2, padding: 1),
    ]

    /// Each input pixel adds its multiple of the kernel, as PyTorch's `ConvTranspose2d` is defined.
    @Test(.namingCases)
    static func transposedConvolutionCases() {
        forEach(transposed) { try Self().transposedConvolution($0) }
    }

    func transposedConvolution(_ t: Transposed) throws {
        let (channels, height, width) = (4, 3, 4)
        let (x, numbers) = input(channels, height, width)
        let (outputs, taps) = (t.channels / t.groups, t.kernel.height * t.kernel.width)
        let weights = (0..<channels * outputs * taps).map { Double(($0 * 29 + 5) % 67) / 32 - 1 }
        let bias = (0..<t.channels).map { Double($0) / 4 }
        let node = x.convTranspose2d(
            t.channels, kernel: t.kernel, stride: t.stride, padding: t.padding, outputPadding: t.more,
            dilation: t.dilation, groups: t.groups, name: "t")
        let found = try output(of: node, input: numbers) {
            #expect($0.shape(of: "t.weight") == [channels, outputs, t.kernel.height, t.kernel.width])
            try $0.set("t.weight", to: weights)
            try $0.set("t.bias", to: bias)
        }
        let rows =
            (height - 1) * t.stride.height - t.padding.top - t.padding.bottom
            + t.dilation.height * (t.kernel.height - 1) + t.more.height + 1
        let columns =
            (width - 1) * t.stride.width - t.padding.left - t.padding.right + t.dilation.width * (t.kernel.width - 1)
            + t.more.width + 1
        var expected = (0..<rows * columns).flatMap { _ in bias }
        for place in numbers.indices {
            let (pixel, channel) = (place / channels, place % channels)
            let group = channel / (channels / t.groups)
            for output in 0..<outputs {
                for tap in 0..<taps {
                    let (i, j) = (tap / t.kernel.width, tap % t.kernel.width)
                    let row = pixel / width * t.stride.height + i * t.dilation.height - t.padding.top
                    let column = pixel % width * t.stride.width + j * t.dilation.width - t.padding.left
                    guard (0..<rows).contains(row), (0..<columns).contains(column) else { continue }
                    expected[(row * columns + column) * t.channels + group * outputs + output] +=
                        numbers[place] * weights[(channel * outputs + output) * taps + tap]
                }
            }
        }
        #expect(found.count == expected.count)
        // At most 36 products of numbers below 4 and 2.
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 37 * 37 * 8 * 0x1p-53 })
    }
}
