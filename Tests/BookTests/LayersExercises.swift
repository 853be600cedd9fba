import Lanes
import Testing

/// Answers to the exercises of "Forward and backward".
@Suite struct LayersExercises {
    private let image = Node.input("image", Shape(channels: 2, height: 5, width: 4))

    /// Exercise 1: the plain loops are the engine's convolution, and their gradients are right.
    @Test func plainConvolutionIsTheEngines() throws {
        let ours = image.conv2d(3, kernel: 3, padding: 1, name: "conv")
        let plain = image.apply(PlainConvolution(channels: 3), name: "conv")
        let sample = (0..<40).map { Float(($0 * 7) % 11) / 11 - 0.5 }
        let outputs = try [ours, plain].map { output in
            let graph = try Graph(heads: [Head("y", output, loss: .meanSquaredError)])
            let model = try Model(graph, Parameters(graph, seed: 1), normalization: [.none], classes: [[]])
            return try model.predict(sample).output
        }
        #expect(outputs[0].count == 60)
        for (one, two) in zip(outputs[0], outputs[1]) { #expect(abs(one - two) < 1e-5) }

        let report = try gradientCheck(Graph(heads: [Head("y", plain.flatten().linear(3), loss: .crossEntropy)]))
        #expect(report.worstRelativeError < 1e-6, "\(report)")
    }

    /// Exercise 2: a value that two layers read gets the sum of both gradients.
    @Test func gradientsMeetWhereAValueIsReadTwice() throws {
        let x = image.flatten().linear(5)
        let report = try gradientCheck(Graph(heads: [Head("y", x.add(x.tanh()), loss: .meanSquaredError)]))
        #expect(report.worstRelativeError < 1e-6, "\(report)")
    }

    /// Exercise 3: batch normalization in front of a ReLU makes the bias of the layer before it useless, since the mean
    /// takes it away again: its gradient is 0 but for rounding.
    @Test func biasBeforeBatchNormHasNoGradient() throws {
        let hidden = image.flatten().linear(4, name: "before").batchNorm().linear(2)
        let report = try gradientCheck(Graph(heads: [Head("y", hidden, loss: .crossEntropy)]), samples: 6)
        let bias = try #require(report.tensors.first { $0.name == "before.bias" })
        let weight = try #require(report.tensors.first { $0.name == "before.weight" })
        #expect(abs(bias.gradient) < 1e-12)
        #expect(abs(weight.gradient) > 1e-6)
    }
}
