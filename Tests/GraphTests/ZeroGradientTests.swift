import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// Images in which the first pixel alone is set, in all channels.
private struct CornerBatch: BatchSource {
    func sampleCount(ofStep step: Int) -> Int { 4 }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
        var random = RandomStream(seed: 1, purpose: .gradientCheck, index: sample)
        for index in values.indices { values[index] = index < 16 ? Float(random.uniform(in: -1...1)) : 0 }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {
        var random = RandomStream(seed: 2, purpose: .gradientCheck, index: sample)
        for index in values.indices { values[index] = Float(random.uniform(in: -1...1)) }
    }
}

/// A weight that multiplied nothing but zeros in a batch has no gradient, so no optimizer moves it: rounding noise in its
/// place would move it by Adam's whole step.
@Suite struct ZeroGradientTests {
    /// By Winograd's kernels, by im2col, in groups of both, and depthwise.
    @Test(.namingCases)
    static func whatReachesNoPixelStandsCases() {
        forEach([(16, 1), (8, 1), (32, 2), (4, 2), (4, 4)]) {
            try Self().whatReachesNoPixelStands(channels: $0, groups: $1)
        }
    }

    func whatReachesNoPixelStands(
        channels: Int, groups: Int
    ) throws {
        let image = Node.input("x", Shape(channels: 16, height: 2, width: 2)).conv2d(channels, kernel: 1, bias: false)
        let output = image.conv2d(channels, kernel: 3, padding: 1, groups: groups, name: "conv")
        let graph = try Graph(heads: [Head("y", output, loss: .meanSquaredError)])
        let parameters = try Parameters<Float>(graph, seed: 1)
        let before = try #require(parameters["conv.weight"])
        let executor = try Executor(
            graph, parameters: parameters, mode: .training(.adam()), batchSize: 4, threads: 1)
        try executor.run(steps: 0..<1, from: CornerBatch(), learningRate: .constant(0.001))
        let after = try #require(parameters["conv.weight"])
        let gradient = try #require(executor.gradient(of: "conv.weight"))
        // The taps at the top and on the left, and the middle, see the first pixel.
        let wrong = gradient.indices.filter { index in
            let reaches = index % 9 / 3 < 2 && index % 3 < 2
            return (gradient[index] != 0) != reaches || (before[index] != after[index]) != reaches
        }
        #expect(wrong.isEmpty)
    }
}
