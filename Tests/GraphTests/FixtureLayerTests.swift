import LanesKernels
import LanesGraph
import LanesFiles
import TestSupport
import Testing

/// The layers against PyTorch: output, input gradient and parameter gradients under a random upstream gradient.
@Suite struct FixtureLayerTests {
    @Test(.namingCases)
    static func sumsOfProductsInDoubleCases() {
        forEach(FixtureCases.sumsOfProducts) { try Self().sumsOfProductsInDouble($0) }
    }

    func sumsOfProductsInDouble(_ name: String) throws {
        try sumsOfProducts(name, in: Double.self)
    }

    @Test(.namingCases)
    static func sumsOfProductsInFloatCases() {
        forEach(FixtureCases.sumsOfProducts) { try Self().sumsOfProductsInFloat($0) }
    }

    func sumsOfProductsInFloat(_ name: String) throws {
        try sumsOfProducts(name, in: Float.self)
    }

    private func sumsOfProducts<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(layer: name)
        let network = try FixtureNetwork(fixture)
        let (run, bounds) = try (network.run(in: type), network.bounds())
        let factor = try network.roundings() * Double(Scalar.ulpOfOne)
        let output = try fixture.tensor("output")
        expectClose(
            run.output(output.sample), output.values, within: bounds.output(output.sample).map { $0 * factor },
            "output")
        for name in network.inputs.keys.sorted() {
            try expectClose(
                run.gradient(ofInput: name), fixture.tensor("grad_\(name)", shape: network.inputs[name]?.shape).values,
                within: bounds.gradient(ofInput: name).map { $0 * factor }, "gradient of \(name)")
        }
        for name in network.values.keys.sorted() {
            try expectClose(
                run.gradient(of: name), network.gradient(of: name, shape: run.shape(of: name)),
                within: bounds.gradient(of: name).map { $0 * factor }, "gradient of \(name)")
        }
    }

    /// Two losses on one trunk, one of which counts twice.
    @Test func twoHeadsInDouble() throws { try twoHeads(in: Double.self) }
    @Test func twoHeadsInFloat() throws { try twoHeads(in: Float.self) }

    private func twoHeads<Scalar: FixtureScalar>(in type: Scalar.Type) throws {
        let fixture = try Fixture(.layers, "two_heads/weights_2_to_1")
        let network = try FixtureNetwork(fixture)
        let input = network.input
        let samples = input.shape[0]

        let trunk = try network.output(of: .input("input", input.sample))
        let labels = try [fixture.labels("labels_a", shape: [samples]), fixture.labels("labels_b", shape: [samples])]
        let run = try FixtureRun<Scalar>(
            [
                Head("a", trunk.linear(5, name: "fc_a"), loss: .crossEntropy, weight: 2),
                Head("b", trunk.linear(3, name: "fc_b"), loss: .crossEntropy),
            ], inputs: ["input": input], targets: labels, values: network.values)
        try run.step()

        // The gradient of a logit is at most weight/samples, so that as upstream gradient bounds all others.
        let bounded = try network.output(of: .input("input", input.sample), forBounds: true)
        let heads = [("a", 5, 2.0), ("b", 3, 1.0)].map { name, classes, weight in
            Head(
                name, bounded.linear(classes, name: "fc_\(name)"),
                loss: .projection, weight: weight / Double(samples))
        }
        let ones = { FixtureTensor(shape: [samples, $0], values: [Double](repeating: 1, count: samples * $0)) }
        let bounds = try FixtureRun<Double>(
            heads, inputs: ["input": input.magnitudes], targets: [ones(5), ones(3)],
            values: network.values.mapValues { $0.map(abs) })
        try bounds.step()
        // A pool's mean stands for the greatest of 4 once in every sum.
        let (a, b) = (bounds.output(head: 0, Shape(channels: 5)), bounds.output(head: 1, Shape(channels: 3)))
        let logits = try 4 * #require((a + b).max())
        let n = try 4 * network.roundings()
        // What the logits are off by moves their gradient by at most twice as much, of weight/samples.
        let factor = (n + 2 * n * logits) * Double(Scalar.ulpOfOne)

        let losses = try ["loss_a", "loss_b", "output"].map { try fixture.number($0) }
        expectClose(run.losses.heads + [run.losses.total], losses, within: 3 * factor, "losses")
        try expectClose(
            run.gradient(ofInput: "input"), fixture.tensor("grad_input", shape: input.shape).values,
            within: bounds.gradient(ofInput: "input").map { $0 * factor }, "input gradient")
        for name in network.values.keys.sorted() {
            try expectClose(
                run.gradient(of: name),
                fixture.tensor("grad_\(name)", shape: run.shape(of: name)).values,
                within: bounds.gradient(of: name).map { $0 * factor }, name)
        }
    }
}
