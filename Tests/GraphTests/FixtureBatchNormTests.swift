import LanesKernels
import LanesGraph
import LanesFiles
import TestSupport
import Testing

/// BatchNorm against PyTorch: both passes and the running averages after a training step, and inference.
@Suite struct FixtureBatchNormTests {
    @Test(.namingCases)
    static func inDoubleCases() {
        forEach(FixtureCases.batchNorm) { try Self().inDouble($0) }
    }

    func inDouble(_ name: String) throws { try compare(name, in: Double.self) }
    @Test(.namingCases)
    static func inFloatCases() {
        forEach(FixtureCases.batchNorm) { try Self().inFloat($0) }
    }

    func inFloat(_ name: String) throws { try compare(name, in: Float.self) }

    private func compare<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(.layers, name)
        let network = try FixtureNetwork(fixture)
        let (input, epsilon) = (network.input, Double(Scalar.ulpOfOne))
        let isTraining = name.contains("/training")
        let channels = [input.sample.channels]
        let mean = try fixture.tensor("running_mean", shape: channels).values
        let variance = try fixture.tensor("running_var", shape: channels).values
        let run = try network.run(
            in: type, mode: isTraining ? .training(.sgd()) : .inference,
            state: ["layer.running_mean": mean, "layer.running_var": variance])
        let (count, positions) = (input.sample.channels, input.sample.height * input.sample.width)
        let sets = (0..<count).map { channel in
            input.values.indices.filter { $0 / positions % count == channel }.map { input.values[$0] }
        }
        let bounds = NormalizationBounds(
            sets, means: isTraining ? nil : mean, variances: isTraining ? nil : variance)

        let weight = try fixture.tensor("weight", shape: channels).values.map(abs).max() ?? 0
        let bias = try fixture.tensor("bias", shape: channels).values.map(abs).max() ?? 0
        try expectClose(
            run.output(input.sample), fixture.tensor("output", shape: input.shape).values,
            within: (weight * bounds.normalizedError + bias) * epsilon, "output")

        let after = try ["running_mean_after", "running_var_after"].map {
            try fixture.tensor($0, shape: channels).values
        }
        let scale = (mean + after[0]).map(abs).max() ?? 0
        try expectClose(
            run.values("layer.running_mean"), after[0], within: (0.3 * bounds.greatest + 4 * scale) * epsilon,
            "running mean")
        try expectClose(
            run.values("layer.running_var"), after[1],
            within: after[1].map { ($0 + 0.2 * bounds.variance * bounds.relativeError + 4 * $0) * epsilon },
            "running variance")
        #expect(try run.values("layer.num_batches_tracked") == [isTraining ? 1 : 0])
        guard isTraining else { return }

        // Σ y' and Σ y'·x̂ have n terms.
        let upstream = network.upstream.values.map(abs)
        let greatest = upstream.max() ?? 0
        let sum = bounds.count * greatest
        try expectClose(
            run.gradient(of: "layer.bias"), fixture.tensor("grad_bias", shape: channels).values,
            within: bounds.count * sum * epsilon, "grad_bias")
        try expectClose(
            run.gradient(of: "layer.weight"), fixture.tensor("grad_weight", shape: channels).values,
            within: sum * (bounds.normalizedError + bounds.count * bounds.normalized) * epsilon, "grad_weight")
        try expectClose(
            run.gradient(ofInput: "input"), fixture.tensor("grad_input", shape: input.shape).values,
            within: bounds.inputGradientError(weight: weight, upstream: greatest) * epsilon, "input gradient")
    }
}
