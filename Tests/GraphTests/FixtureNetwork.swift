import LanesGraph
import LanesKernels
import Testing

/// The network of a layer's case, and how far rounding may carry its results.
///
/// A result of convolutions, linear layers, pools, ReLUs, sums and products is a sum of products along all paths, and every
/// product is rounded at most n times on its way, n being the terms of the sums that it passes through. So a result is
/// off by at most about n·ε·Σ|products| (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), and that sum is
/// what the same network makes of the absolute values of inputs, parameters and upstream gradient. Half of the n·ε is
/// for PyTorch's own rounding in float64, or in Float for the rounding of what goes in.
struct FixtureNetwork {
    let fixture: Fixture
    /// "input", and "other" and "other2" where a layer takes more than one.
    var inputs: [String: FixtureTensor] = [:]
    let input: FixtureTensor
    let upstream: FixtureTensor
    /// The fixture's parameters by the graph's names.
    var values: [String: [Double]] = [:]

    init(_ fixture: Fixture) throws {
        self.fixture = fixture
        input = try fixture.tensor("input")
        upstream = try fixture.tensor("upstream")
        for name in fixture.names where fixture.names.contains("grad_\(name)") {
            let tensor = try fixture.tensor(name)
            if name == "input" || name.hasPrefix("other") {
                inputs[name] = tensor
            } else {
                values[Self.graphName(name)] = tensor.values
            }
        }
    }

    /// The one layer of a case is called "layer"; in a network the names are PyTorch's.
    static func graphName(_ name: String) -> String { name.contains(".") ? name : "layer.\(name)" }

    /// PyTorch's gradient of a parameter of the graph.
    func gradient(of name: String, shape: [Int]) throws -> [Double] {
        let own = name.hasPrefix("layer.") ? String(name.dropFirst(6)) : name
        return try fixture.tensor("grad_\(own)", shape: shape).values
    }

    /// The network with the upstream gradient as its loss, run forward and backward.
    ///
    /// - Parameter disturbance: What all numbers are changed by, relative to themselves, at most.
    func run<Scalar: FixtureScalar>(
        in type: Scalar.Type, mode: Executor<Scalar>.Mode = .training(.sgd()), state: [String: [Double]] = [:],
        disturbance: Double = 0
    ) throws -> FixtureRun<Scalar> {
        let x = Node.input("input", input.sample)
        let head = try Head("output", output(of: x), loss: .projection)
        var random = RandomStream(seed: 1, purpose: .initialization, index: 0)
        func disturbed(_ values: [Double]) -> [Double] {
            disturbance == 0 ? values : values.map { $0 * (1 + random.uniform(in: -disturbance...disturbance)) }
        }
        func disturbed(_ tensor: FixtureTensor) -> FixtureTensor {
            FixtureTensor(shape: tensor.shape, values: disturbed(tensor.values))
        }
        let run = try FixtureRun<Scalar>(
            [head], inputs: inputs.mapValues { disturbed($0) }, targets: [disturbed(upstream)],
            values: values.merging(state) { $1 }.mapValues { disturbed($0) }, mode: mode)
        try run.step()
        return run
    }

    /// Σ|products| of every result.
    func bounds() throws -> FixtureRun<Double> {
        let x = Node.input("input", input.sample)
        let head = try Head("output", output(of: x, forBounds: true), loss: .projection)
        let run = try FixtureRun<Double>(
            [head], inputs: inputs.mapValues(\.magnitudes), targets: [upstream.magnitudes],
            values: values.mapValues { $0.map(abs) })
        try run.step()
        return run
    }

    /// All results of a run, by names: the output, and the gradients of inputs and parameters.
    func results(_ run: FixtureRun<some FixtureScalar>) throws -> [String: [Double]] {
        var results = ["output": try run.output(fixture.tensor("output").sample)]
        for name in inputs.keys { results["gradient of \(name)"] = try run.gradient(ofInput: name) }
        for name in values.keys { results["gradient of \(name)"] = try run.gradient(of: name) }
        return results
    }

    /// How far the results of exact networks come apart whose numbers are a given factor apart, as a multiple of that
    /// factor. A rounding on the way is such a disturbance too.
    func amplification() throws -> Double {
        let disturbance = 0x1p-26
        let plain = try results(run(in: Double.self))
        let other = try results(run(in: Double.self, disturbance: disturbance))
        let apart = plain.flatMap { name, values in zip(values, other[name] ?? []).map { abs($0 - $1) } }
        return try #require(apart.max()) / disturbance
    }

    /// Terms of the longest sums of forward, backward data and backward weights, one behind the other, and a few
    /// roundings more; times the taps where a mean stands for a maximum.
    func roundings() throws -> Double {
        var count = 4 + max(input.values.count / input.sample.channels, upstream.values.count / max(outputs, 1))
        for name in fixture.names where name.hasSuffix("weight") && !name.hasPrefix("grad_") {
            let shape = try fixture.tensor(name).shape
            if shape.count > 1 { count += shape.reduce(1, *) / min(shape[0], shape[1]) }
        }
        switch fixture.kind {
        case "max_pool2d":
            let reach = try reach()
            return Double(count * reach.height * reach.width)
        case "global_max_pool": return Double(count * input.sample.height * input.sample.width)
        default: return Double(count)
        }
    }

    var outputs: Int { upstream.shape.count > 1 ? upstream.shape[1] : 1 }
}
