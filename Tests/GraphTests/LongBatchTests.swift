import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// Inputs of 0.1 and a little, targets of −100: every term of a sum over the batch has the same sign and nearly the same size,
/// so that the sum of all is also the sum of their sizes, and roundings do not average out.
private struct AlikeBatch<Scalar: KernelScalar>: BatchSource {
    let samples: Int

    func sampleCount(ofStep step: Int) -> Int { samples }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Scalar>) {
        var random = RandomStream(seed: 1, purpose: .gradientCheck, index: sample)
        for index in values.indices { values[index] = Scalar(Float(random.uniform(in: 0.1...0.1001))) }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Scalar>) {
        values.update(repeating: -100)
    }
}

/// A layer on images, and how many roundings lie on the way of a term of its weights' gradient.
private struct LongBatchCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: Shape
    let samples: Int
    let roundings: Int
    var parameters = ["weight", "bias"]
    let layer: @Sendable (Node) -> Node
}

/// The sums that a step makes over a large batch.
@Suite struct LongBatchTests {
    private static let image = Shape(channels: 1, height: 28, width: 28)

    /// A group has 63 samples of 676 positions; a product's block at most 320, and a depthwise convolution's
    /// 1024.
    private static let cases = [
        LongBatchCase(testDescription: "im2col", input: image, samples: 1000, roundings: 320 + 3 * 63) {
            $0.conv2d(3, kernel: 3, name: "layer")
        },
        LongBatchCase(
            testDescription: "depthwise", input: Shape(channels: 2, height: 28, width: 28), samples: 1000,
            roundings: 26 + 26 + 63
        ) { $0.conv2d(2, kernel: 3, groups: 2, name: "layer") },
        LongBatchCase(
            testDescription: "depthwise, wide image", input: Shape(channels: 2, height: 3, width: 100_000), samples: 1,
            roundings: 1024 + 98
        ) { $0.conv2d(2, kernel: 3, groups: 2, name: "layer") },
        LongBatchCase(
            testDescription: "depthwise, high image", input: Shape(channels: 2, height: 100_000, width: 3), samples: 1,
            roundings: 1024 + 98
        ) { $0.conv2d(2, kernel: 3, groups: 2, name: "layer") },
        // The gradient of its weight has terms of both signs.
        LongBatchCase(
            testDescription: "batch norm", input: image, samples: 1000, roundings: 128 + 63, parameters: ["bias"]
        ) { $0.batchNorm(name: "layer") },
        LongBatchCase(testDescription: "linear", input: Shape(channels: 2), samples: 100_000, roundings: 320 + 313) {
            $0.linear(3, name: "layer")
        },
        LongBatchCase(
            testDescription: "large image", input: Shape(channels: 1, height: 500, width: 500), samples: 1,
            roundings: 320 + 900
        ) { $0.conv2d(2, kernel: 3, name: "layer") },
    ]

    /// - Returns: The gradient of the weight and of the bias.
    private func gradients<Scalar: KernelScalar>(_ test: LongBatchCase, _: Scalar.Type) throws -> [Double] {
        let output = test.layer(Node.input("x", test.input))
        let graph = try Graph(heads: [Head("y", output, loss: .meanSquaredError)])
        let parameters = try Parameters<Scalar>(graph, seed: 1)
        for index in parameters.weights.indices { parameters.weights[index] = 0 }
        let executor = try Executor(
            graph, parameters: parameters, mode: .training(nil), batchSize: test.samples, threads: 2)
        try executor.run(steps: 0..<1, from: AlikeBatch<Scalar>(samples: test.samples))
        return try test.parameters.flatMap { name in
            try #require(executor.gradient(of: "layer.\(name)")).map { Double($0) }
        }
    }

    @Test(.namingCases)
    static func gradientsKeepTheirDigitsCases() {
        forEach(cases) { try Self().gradientsKeepTheirDigits(test: $0) }
    }

    private func gradientsKeepTheirDigits(test: LongBatchCase) throws {
        let exact = try gradients(test, Double.self)
        // The upstream gradient, the groups, and for biases blocks of 128 or fewer additions than that.
        let bounds = exact.map {
            roundingBound(Float.self, roundings: test.roundings + 4 + 16, magnitude: abs($0))
        }
        expectClose(try gradients(test, Float.self), exact, within: bounds, test.testDescription)
    }

    /// Classes that all count a tenth are classes that all count one.
    @Test func weightsOfAllSamplesAddUp() throws {
        let samples = 60_000
        func gradient(_ loss: CrossEntropy) throws -> [Double] {
            let graph = try Graph(heads: [Head("y", Node.input("x", Shape(channels: 1)).linear(2), loss: loss)])
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(nil), batchSize: samples,
                threads: 1)
            try executor.run(steps: 0..<1, from: LabeledBatch(samples: samples))
            return try #require(executor.gradient(of: "linear1.bias")).map { Double($0) }
        }
        let plain = try gradient(.crossEntropy)
        // All labels are alike, so all terms have one sign. The total, the factor, and each sum in blocks of 128.
        let bounds = plain.map { 2 * roundingBound(Float.self, roundings: 128 + 8, magnitude: abs($0)) }
        expectClose(try gradient(.crossEntropy(classWeights: [0.1, 0.1])), plain, within: bounds, "weights")
    }
}

private struct LabeledBatch: BatchSource {
    let samples: Int

    func sampleCount(ofStep step: Int) -> Int { samples }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) { values[0] = 0.1 }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {
        values[0] = 1
    }
}
