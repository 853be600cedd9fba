import Kernels
import StaticGraph
import Testing

/// The network of a layer's case, and how far rounding may carry its results.
///
/// A result of convolutions, linear layers, pools, ReLUs and additions is a sum of products along all paths, and every
/// product is rounded at most n times on its way, n being the terms of the sums that it passes through. So a result is
/// off by at most about n·ε·Σ|products| (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), and that sum is
/// what the same network makes of the absolute values of inputs, parameters and upstream gradient. Half of the n·ε is
/// for PyTorch's own rounding in float64, or in Float for the rounding of what goes in.
struct FixtureNetwork {
    let fixture: Fixture
    let input: FixtureTensor
    let upstream: FixtureTensor
    /// The fixture's parameters by the graph's names.
    var values: [String: [Double]] = [:]

    init(_ fixture: Fixture) throws {
        self.fixture = fixture
        input = try fixture.tensor("input")
        upstream = try fixture.tensor("upstream")
        for name in fixture.names where fixture.names.contains("grad_\(name)") && name != "input" {
            values[Self.graphName(name)] = try fixture.tensor(name).values
        }
    }

    /// The one layer of a case is called "layer"; in a network the names are PyTorch's.
    static func graphName(_ name: String) -> String { name.contains(".") ? name : "layer.\(name)" }

    /// - Parameter forBounds: Puts an average in the place of a maximum, whose gradient follows the values' signs: n times
    ///   the average of n absolute values bounds the greatest, and n times its gradient that of any one.
    func output(of x: Node, forBounds: Bool = false) throws -> Node {
        switch fixture.kind {
        case "conv2d":
            return try x.conv2d(
                outputs, kernel: extent("kernel"), stride: extent("stride"), padding: extent("padding"),
                dilation: extent("dilation"), name: "layer")
        case "max_pool2d" where !forBounds:
            return try x.maxPool(extent("kernel"), stride: extent("stride"), padding: extent("padding"))
        case "max_pool2d", "avg_pool2d":
            return try x.averagePool(extent("kernel"), stride: extent("stride"), padding: extent("padding"))
        case "global_average_pool": return x.globalAveragePool()
        case "relu": return x.relu()
        case "linear": return x.linear(outputs, name: "layer")
        case "flatten_linear": return x.flatten().linear(outputs, name: "layer")
        case "batch_norm": return x.batchNorm(name: "layer")
        case "softmax": return x.softmax()
        case "log_softmax": return x.logSoftmax()
        case "add" where fixture.name == "add/input_and_conv":
            return x.add(x.conv2d(3, kernel: 3, padding: 1, name: "conv"))
        case "add":
            let trunk = x.conv2d(4, kernel: 3, padding: 1, name: "conv1").relu()
            return trunk.add(trunk.conv2d(4, kernel: 3, padding: 1, name: "conv2")).relu()
        case "two_heads":
            let top = x.conv2d(3, kernel: 3, padding: 1, name: "conv").relu()
            return (forBounds ? top.averagePool(2) : top.maxPool(2)).flatten()
        default:
            Issue.record("no test knows how to build \(fixture.name)")
            return x
        }
    }

    /// The network with the upstream gradient as its loss, run forward and backward.
    func run<Scalar: FixtureScalar>(
        in type: Scalar.Type, mode: Executor<Scalar>.Mode = .training(.sgd()), state: [String: [Double]] = [:]
    ) throws -> FixtureRun<Scalar> {
        let direction = Node.input("upstream", upstream.sample)
        let head = try Head("output", output(of: .input("input", input.sample)), loss: .projection(direction: direction))
        let run = try FixtureRun<Scalar>(
            [head], inputs: ["input": input, "upstream": upstream], values: values.merging(state) { $1 }, mode: mode)
        try run.step()
        return run
    }

    /// Σ|products| of every result.
    func bounds() throws -> FixtureRun<Double> {
        let direction = Node.input("upstream", upstream.sample)
        let x = Node.input("input", input.sample)
        let head = try Head("output", output(of: x, forBounds: true), loss: .projection(direction: direction))
        let run = try FixtureRun<Double>(
            [head], inputs: ["input": input.magnitudes, "upstream": upstream.magnitudes],
            values: values.mapValues { $0.map(abs) })
        try run.step()
        return run
    }

    /// Terms of the longest sums of forward, backward data and backward weights, one behind the other, and a few
    /// roundings more; times the taps where a mean stands for a maximum.
    func roundings() throws -> Double {
        var count = 4 + max(input.values.count / input.sample.channels, upstream.values.count / max(outputs, 1))
        for name in fixture.names where name.hasSuffix("weight") && !name.hasPrefix("grad_") {
            let shape = try fixture.tensor(name).shape
            if shape.count > 1 { count += shape.reduce(1, *) / min(shape[0], shape[1]) }
        }
        guard fixture.kind == "max_pool2d" else { return Double(count) }
        let kernel = try extent("kernel")
        return Double(count * kernel.height * kernel.width)
    }

    private var outputs: Int { upstream.shape.count > 1 ? upstream.shape[1] : 1 }

    private func extent(_ name: String) throws -> Extent {
        let (height, width) = try fixture.extent(name)
        return Extent(height: height, width: width)
    }
}
