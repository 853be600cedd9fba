import LanesFiles
import LanesGraph
import LanesKernels
import TestSupport
import Testing

/// Five steps of a small network under every optimizer and its options against PyTorch: losses, parameters after each step,
/// moving averages.
@Suite struct FixtureStepTests {
    @Test(.namingCases)
    static func inDoubleCases() {
        forEach(FixtureCases.steps) { try Self().inDouble($0) }
    }

    func inDouble(_ name: String) throws { try compare(name, in: Double.self) }
    @Test(.namingCases)
    static func inFloatCases() {
        forEach(FixtureCases.steps) { try Self().inFloat($0) }
    }

    func inFloat(_ name: String) throws { try compare(name, in: Float.self) }

    private static let (steps, samples) = (5, 8)
    private static let parameters = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]

    private func compare<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(.steps, name)
        // How far two exact runs come apart whose initial numbers are a given factor apart, as a multiple of it. Roundings
        // on the way are such disturbances too: in a step those of sums of up to 8 terms in two layers, forward and
        // backward, and of two dozen operations of the optimizer.
        let disturbance = 0x1p-26
        let (plain, other) = try (
            train(fixture, in: Double.self), train(fixture, in: Double.self, disturbance: disturbance)
        )
        let apart = zip(plain.all, other.all).map { abs($0 - $1) }
        let amplification = try #require(apart.max()) / disturbance
        let roundings = Double(Self.steps * (4 * 8 + 24))
        let tolerance = amplification * roundings * Double(Scalar.ulpOfOne)
        #expect(tolerance < 1e-2)

        let found = try train(fixture, in: type)
        try expectClose(
            found.losses, fixture.tensor("loss", shape: [Self.steps]).values, within: tolerance, "losses")
        for (parameter, values) in found.parameters {
            let expected = try fixture.tensor("parameters/\(parameter)").values
            expectClose(values, expected, within: tolerance, parameter)
            guard fixture.has("average_decay") else { continue }
            let average = try fixture.tensor("average/\(parameter)").values
            expectClose(found.averages[parameter] ?? [], average, within: tolerance, "average of \(parameter)")
        }
        if fixture.has("fc1_frozen") {
            let initial = try FixtureFile.steps.content().values("initial/fc1.bias", shape: [5], as: Double.self)
            #expect(found.parameters["fc1.bias"]?.prefix(5).map { Scalar($0) } == initial.map { Scalar($0) })
        }
    }

    /// What comes of a run; the parameters after each step, one step after the other.
    private struct Course {
        var losses: [Double] = []
        var parameters: [String: [Double]] = [:]
        var averages: [String: [Double]] = [:]

        var all: [Double] {
            losses + FixtureStepTests.parameters.flatMap { (parameters[$0] ?? []) + (averages[$0] ?? []) }
        }
    }

    private func train<Scalar: FixtureScalar>(
        _ fixture: Fixture, in type: Scalar.Type, disturbance: Double = 0
    ) throws -> Course {
        var random = RandomStream(seed: 1, purpose: .initialization, index: 0)
        func disturbed(_ values: [Double]) -> [Double] {
            disturbance == 0 ? values : values.map { $0 * (1 + random.uniform(in: -disturbance...disturbance)) }
        }
        let (file, count) = (try FixtureFile.steps.content(), Self.steps * Self.samples)
        let inputs = try file.values("inputs", shape: [Self.steps, Self.samples, 6], as: Double.self)
        let targets = try file.values("targets", shape: [Self.steps, Self.samples, 3], as: Double.self)
        var initial: [String: [Double]] = [:]
        for name in Self.parameters {
            initial[name] = disturbed(try file.values("initial/\(name)", shape: nil, as: Double.self))
        }
        let output = Node.input("input", Shape(channels: 6)).linear(5, name: "fc1").tanh().linear(3, name: "fc2")
        let run = try FixtureRun<Scalar>(
            [Head("output", output, loss: .meanSquaredError)],
            inputs: ["input": FixtureTensor(shape: [count, 6], values: disturbed(inputs))],
            targets: [FixtureTensor(shape: [count, 3], values: disturbed(targets))], values: initial,
            mode: .training(optimizer(fixture)), batchSize: Self.samples)

        var course = Course()
        let rate = try fixture.number("lr")
        for step in 0..<Self.steps {
            try run.step(step, learningRate: rate)
            course.losses.append(run.losses.total)
            for name in Self.parameters { course.parameters[name, default: []] += try run.values(name) }
        }
        for name in Self.parameters {
            course.averages[name] = run.executor.averages?[name].map { $0.map { Double($0) } }
        }
        return course
    }

    private func optimizer(_ fixture: Fixture) throws -> Optimizer {
        let betas = try fixture.has("betas") ? fixture.tensor("betas", shape: [2]).values : [0.9, 0.999]
        let epsilon = try fixture.optional("eps") ?? 1e-8
        let decay = try fixture.optional("weight_decay") ?? 0
        let momentum = try fixture.optional("momentum") ?? 0
        var optimizer: Optimizer
        switch fixture.kind {
        case "adam": optimizer = .adam(beta1: betas[0], beta2: betas[1], epsilon: epsilon, weightDecay: decay)
        case "adamw":
            optimizer = .adamW(
                beta1: betas[0], beta2: betas[1], epsilon: epsilon, weightDecay: decay,
                decaysVectors: !fixture.has("matrices_only"))
        case "sgd": optimizer = .sgd(momentum: momentum, nesterov: fixture.has("nesterov"), weightDecay: decay)
        default:
            optimizer = try .rmsProp(
                alpha: fixture.optional("alpha") ?? 0.99, epsilon: epsilon, momentum: momentum, weightDecay: decay)
        }
        if let norm = try fixture.optional("max_norm") { optimizer = optimizer.clipping(norm: norm) }
        if let decay = try fixture.optional("average_decay") { optimizer = optimizer.averaging(decay: decay) }
        if let factor = try fixture.optional("fc2_factor") {
            optimizer = optimizer.scalingRate(of: "fc2.*", by: factor)
        }
        if fixture.has("fc1_frozen") { optimizer = optimizer.freezing("fc1.*") }
        return optimizer
    }
}
