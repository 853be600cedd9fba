import LanesKernels
import LanesGraph
import LanesTraining
import LanesFiles
import Testing

/// Twenty steps of training against PyTorch: losses before every step, the final state, inference with it.
@Suite struct FixtureCurveTests {
    @Test func inDouble() throws { try compare(in: Double.self) }
    @Test func inFloat() throws { try compare(in: Float.self) }

    /// How far two exact curves come apart when the parameters they start from are a given factor apart, as a multiple of
    /// that factor. Roundings on the way are such disturbances too, about one for each of the 20 layers, forward and
    /// backward, that a step goes through.
    private func amplification() throws -> Double {
        let disturbance = 0x1p-26
        let (curve, other) = try (Curve<Double>(), Curve<Double>(disturbance: disturbance))
        let apart = zip(curve.losses.joined(), other.losses.joined()).map { abs($0 - $1) }
        let names = curve.run.parameters.names.filter { !Curve<Double>.wanders($0) }
        let moved = try names.flatMap { try zip(curve.run.values($0), other.run.values($0)).map { abs($0 - $1) } }
        return try #require((apart + moved).max()) / disturbance
    }

    private func compare<Scalar: FixtureScalar>(in type: Scalar.Type) throws {
        let file = try FixtureFile.curve.content()
        let curve = try Curve<Scalar>()
        let steps = Curve<Scalar>.steps
        let epsilon = Double(Scalar.ulpOfOne)
        let tolerance = try amplification() * Double(20 * steps) * epsilon
        #expect(tolerance < 1e-4)
        for (index, name) in ["loss", "loss_a", "loss_b"].enumerated() {
            try expectClose(
                curve.losses.map { $0[index] }, file.values(name, shape: [steps], as: Double.self), within: tolerance,
                name)
        }

        // The true gradient of a bias that BatchNorm takes away is 0; Adam divides its noise, at most about ε, by its own
        // 1e-8, and moves no parameter by more than about the rate in a step.
        let wander = Double(steps) * Curve<Scalar>.rate * min(1, epsilon / 1e-8)
        let parameters = curve.run.parameters
        let prefix = "final/"
        let names = Set(parameters.names.map { prefix + $0 })
        #expect(Set(file.tensors.keys.filter { $0.hasPrefix(prefix) }) == names)
        for name in parameters.names where !name.hasSuffix("num_batches_tracked") {
            let expected = try file.values(prefix + name, shape: parameters.shape(of: name), as: Double.self)
            let reach = tolerance + (Curve<Scalar>.wanders(name) ? wander : 0)
            try expectClose(curve.run.values(name), expected, within: reach, name)
        }
        for name in ["bn1.num_batches_tracked", "bn2.num_batches_tracked"] {
            #expect(try curve.run.values(name) == [Double(steps)])
        }

        let logits = try Curve<Scalar>.inference()
        for (name, classes, found) in [("a", 5, logits.a), ("b", 3, logits.b)] {
            let expected = try file.values("inference/logits_\(name)", shape: [8, classes], as: Double.self)
            expectClose(found, expected, within: tolerance, "logits \(name)")
        }
    }
}

/// The run of curve.safetensors.
private struct Curve<Scalar: FixtureScalar> {
    static var steps: Int { 20 }
    static var rate: Double { 0.01 }

    let run: FixtureRun<Scalar>
    /// Of every step: the total, a, b.
    let losses: [[Double]]

    /// - Parameter disturbance: What initial weights and biases are changed by, relative to themselves, at most.
    init(disturbance: Double = 0) throws {
        run = try Self.makeRun(mode: .training(.adam()))
        try run.parameters.load(Self.state("initial/"))
        var random = RandomStream(seed: 1, purpose: .initialization, index: 0)
        for name in run.parameters.names where name.hasSuffix("weight") || name.hasSuffix("bias") {
            let values = try run.values(name).map { Scalar($0 * (1 + random.uniform(in: -disturbance...disturbance))) }
            try run.parameters.set(name, to: values)
        }
        var losses: [[Double]] = []
        for step in 0..<Self.steps {
            try run.step(step, learningRate: Self.rate)
            losses.append([run.losses.total] + run.losses.heads)
        }
        self.losses = losses
    }

    /// Whether rounding alone moves it: a bias before BatchNorm, and the mean that follows it.
    static func wanders(_ name: String) -> Bool {
        ["conv1.bias", "conv2.bias"].contains(name) || name.hasSuffix("running_mean")
    }

    /// The logits of the first batch in inference with PyTorch's final state: our own running means lag behind biases
    /// that have wandered elsewhere.
    static func inference() throws -> (a: [Double], b: [Double]) {
        let run = try makeRun(mode: .inference)
        try run.parameters.load(state("final/"))
        try run.step()
        return (run.output(head: 0, Shape(channels: 5)), run.output(head: 1, Shape(channels: 3)))
    }

    /// The network's tensors of this prefix, as PyTorch names them.
    private static func state(_ prefix: String) throws -> Safetensors {
        var state = Safetensors()
        for (name, tensor) in try FixtureFile.curve.content().tensors where name.hasPrefix(prefix) {
            state.tensors[String(name.dropFirst(prefix.count))] = tensor
        }
        return state
    }

    private static func makeRun(mode: Executor<Scalar>.Mode) throws -> FixtureRun<Scalar> {
        let file = try FixtureFile.curve.content()
        let images = try file.values("inputs", shape: [steps, 8, 2, 10, 10], as: Double.self)
        let labels = try ["labels_a", "labels_b"].map { name in
            let numbers = try file.values(name, shape: [steps, 8], as: Int64.self)
            return FixtureTensor(shape: [steps * 8], values: numbers.map { Double($0) })
        }
        let body = Node.input("image", Shape(channels: 2, height: 10, width: 10))
            .conv2d(6, kernel: 3, padding: 1, name: "conv1").batchNorm(name: "bn1").relu().maxPool(2)
            .conv2d(8, kernel: 3, stride: 2, padding: 1, name: "conv2").batchNorm(name: "bn2").relu()
            .globalAveragePool().linear(12, name: "fc1").relu()
        let heads = [
            Head("a", body.linear(5, name: "fc_a"), loss: .crossEntropy, weight: 2),
            Head("b", body.linear(3, name: "fc_b"), loss: .crossEntropy),
        ]
        return try FixtureRun(
            heads, inputs: ["image": FixtureTensor(shape: [steps * 8, 2, 10, 10], values: images)], targets: labels,
            mode: mode, batchSize: 8)
    }
}
