import LanesKernels
import TestSupport
import Testing

/// Normalizations of single samples against PyTorch: layer and group normalization.
@Suite struct FixtureNormalizationTests {
    @Test(.namingCases)
    static func inDoubleCases() {
        forEach(FixtureCases.sampleNorms) { try Self().inDouble($0) }
    }

    func inDouble(_ name: String) throws {
        try compare(name, in: Double.self)
    }
    @Test(.namingCases)
    static func inFloatCases() {
        forEach(FixtureCases.sampleNorms) { try Self().inFloat($0) }
    }

    func inFloat(_ name: String) throws { try compare(name, in: Float.self) }

    private func compare<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(layer: name)
        let network = try FixtureNetwork(fixture)
        let (input, epsilon) = (network.input, Double(Scalar.ulpOfOne))
        let run = try network.run(in: type)
        // In PyTorch's order a sample's group of channels is one piece.
        let groups = try fixture.kind == "group_norm" ? fixture.integer("groups") : 1
        let size = input.sample.count / groups
        let bounds = NormalizationBounds(
            stride(from: 0, to: input.values.count, by: size).map { Array(input.values[$0..<$0 + size]) })

        let isAffine = fixture.has("weight")
        let weight = try isAffine ? fixture.tensor("weight").values.map(abs).max() ?? 0 : 1
        let bias = try isAffine ? fixture.tensor("bias").values.map(abs).max() ?? 0 : 0
        try expectClose(
            run.output(input.sample), fixture.tensor("output", shape: input.shape).values,
            within: (weight * bounds.normalizedError + bias) * epsilon, "output")
        let greatest = network.upstream.values.map(abs).max() ?? 0
        try expectClose(
            run.gradient(ofInput: "input"), fixture.tensor("grad_input", shape: input.shape).values,
            within: bounds.inputGradientError(weight: weight, upstream: greatest) * epsilon, "input gradient")
        guard isAffine else { return }

        // Σ y' and Σ y'·x̂ over all that a number of γ and β is for.
        let shape = try run.shape(of: "layer.weight")
        let terms = Double(input.values.count / shape.reduce(1, *))
        let sum = terms * greatest
        try expectClose(
            run.gradient(of: "layer.bias"), network.gradient(of: "layer.bias", shape: shape),
            within: terms * sum * epsilon, "grad_bias")
        try expectClose(
            run.gradient(of: "layer.weight"), network.gradient(of: "layer.weight", shape: shape),
            within: sum * (bounds.normalizedError + terms * bounds.normalized) * epsilon, "grad_weight")
    }
}
