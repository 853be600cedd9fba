import LanesKernels
import TestSupport
import Testing

/// Functions of single numbers, and small networks of which none is a sum of products, against PyTorch.
@Suite struct FixtureFunctionTests {
    @Test(.namingCases)
    static func functionInDoubleCases() {
        forEach(FixtureCases.pointwise) { try Self().functionInDouble($0) }
    }

    func functionInDouble(_ name: String) throws {
        try function(name, in: Double.self)
    }
    @Test(.namingCases)
    static func functionInFloatCases() {
        forEach(FixtureCases.pointwise) { try Self().functionInFloat($0) }
    }

    func functionInFloat(_ name: String) throws {
        try function(name, in: Float.self)
    }

    private func function<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(layer: name)
        let network = try FixtureNetwork(fixture)
        let run = try network.run(in: type)
        let (x, upstream) = (network.input.values, network.upstream.values)
        let output = try fixture.tensor("output", shape: network.input.shape).values
        let gradient = try fixture.tensor("grad_input", shape: network.input.shape).values
        let epsilon = Double(Scalar.ulpOfOne)
        // Below the normal numbers a number may become 0.
        let tiny = Double(Scalar.leastNormalMagnitude)

        // A value is within 6 ulp (`PointwiseFunction`), and the rounding of x to Float moves it by |x·f'(x)|·ε/2.
        // PyTorch's own x·(1 + erf(x/√2))/2 loses digits where erf is near −1: up to 4 roundings of |x|.
        let tolerances = x.indices.map { index in
            let moved = abs(x[index] * gradient[index] / upstream[index]) / 2
            return (6 * abs(output[index]) + moved) * epsilon + 4 * abs(x[index]) * .ulpOfOne + tiny
        }
        expectClose(run.output(network.input.sample), output, within: tolerances, "output")

        // |f'| is at most 1.2 and made of at most two terms as great, each of 8 roundings at most; the rounding of x moves
        // it by |x·f''(x)|·ε/2, which is below ε/2 for each of these functions; and one rounding makes the product.
        try expectClose(
            run.gradient(ofInput: "input"), gradient,
            within: upstream.map { abs($0) * (2 * 1.2 * 8 / 2 + 1) * epsilon + tiny }, "input gradient")
    }

    @Test(.namingCases)
    static func networkInDoubleCases() {
        forEach(FixtureCases.networks) { try Self().networkInDouble($0) }
    }

    func networkInDouble(_ name: String) throws {
        try network(name, in: Double.self)
    }
    @Test(.namingCases)
    static func networkInFloatCases() {
        forEach(FixtureCases.networks) { try Self().networkInFloat($0) }
    }

    func networkInFloat(_ name: String) throws {
        try network(name, in: Float.self)
    }

    /// A network's results are off by what a rounding is amplified to, times the roundings of its longest path.
    private func network<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(layer: name)
        let network = try FixtureNetwork(fixture)
        let tolerance = try network.amplification() * network.roundings() * Double(Scalar.ulpOfOne)
        #expect(tolerance < 1e-3)
        let run = try network.run(in: type)
        let output = try fixture.tensor("output")
        expectClose(run.output(output.sample), output.values, within: tolerance, "output")
        try expectClose(
            run.gradient(ofInput: "input"), fixture.tensor("grad_input", shape: network.input.shape).values,
            within: tolerance, "input gradient")
        for name in network.values.keys.sorted() {
            try expectClose(
                run.gradient(of: name), network.gradient(of: name, shape: run.shape(of: name)), within: tolerance,
                "gradient of \(name)")
        }
    }
}
