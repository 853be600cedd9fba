import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// Optimizers against their rules written down number by number, with the gradients that the executor itself found.
@Suite struct OptimizerTests {
    /// What a rule remembers of one weight.
    struct Memory {
        var first = 0.0
        var second = 0.0
    }

    /// Returns the new weight: (weight, gradient, memory, rate, update number from 1, whether the parameter is a vector).
    typealias Rule = @Sendable (Double, Double, inout Memory, Double, Int, Bool) -> Double

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let optimizer: Optimizer
        let rule: Rule
        var norm = Double.infinity
        var factors: [String: Double] = [:]
        var averageDecay: Double?
    }

    private static func adam(
        _ beta1: Double, _ beta2: Double, _ epsilon: Double, decay: Double = 0, decoupled: Double = 0,
        decoupledOfVectors: Double = 0
    ) -> Rule {
        { weight, gradient, memory, rate, update, isVector in
            let gradient = gradient + decay * weight
            memory.first = beta1 * memory.first + (1 - beta1) * gradient
            memory.second = beta2 * memory.second + (1 - beta2) * gradient * gradient
            var (power1, power2) = (1.0, 1.0)
            for _ in 0..<update { (power1, power2) = (power1 * beta1, power2 * beta2) }
            let mean = memory.first / (1 - power1)
            let root = (memory.second / (1 - power2)).squareRoot()
            let shrunk = weight - rate * (isVector ? decoupledOfVectors : decoupled) * weight
            return shrunk - rate * mean / (root + epsilon)
        }
    }

    private static func sgd(_ momentum: Double = 0, nesterov: Bool = false, decay: Double = 0) -> Rule {
        { weight, gradient, memory, rate, _, _ in
            let gradient = gradient + decay * weight
            memory.first = momentum * memory.first + gradient
            return weight - rate * (nesterov ? gradient + momentum * memory.first : memory.first)
        }
    }

    private static func rmsProp(
        _ alpha: Double, _ epsilon: Double, momentum: Double = 0, decay: Double = 0
    ) -> Rule {
        { weight, gradient, memory, rate, _, _ in
            let gradient = gradient + decay * weight
            memory.first = alpha * memory.first + (1 - alpha) * gradient * gradient
            memory.second = momentum * memory.second + gradient / (memory.first.squareRoot() + epsilon)
            return weight - rate * memory.second
        }
    }

    static let cases: [Case] = [
        Case(testDescription: "Adam", optimizer: .adam(), rule: adam(0.9, 0.999, 1e-8)),
        Case(
            testDescription: "Adam, L2", optimizer: .adam(beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.2),
            rule: adam(0.8, 0.9, 1e-3, decay: 0.2)),
        Case(
            testDescription: "AdamW", optimizer: .adamW(weightDecay: 0.3),
            rule: adam(0.9, 0.999, 1e-8, decoupled: 0.3)),
        Case(
            testDescription: "AdamW of vectors too", optimizer: .adamW(weightDecay: 0.3, decaysVectors: true),
            rule: adam(0.9, 0.999, 1e-8, decoupled: 0.3, decoupledOfVectors: 0.3)),
        Case(testDescription: "SGD", optimizer: .sgd(), rule: sgd()),
        Case(
            testDescription: "momentum, L2", optimizer: .sgd(momentum: 0.9, weightDecay: 0.1),
            rule: sgd(0.9, decay: 0.1)),
        Case(
            testDescription: "Nesterov", optimizer: .sgd(momentum: 0.7, nesterov: true, weightDecay: 0.1),
            rule: sgd(0.7, nesterov: true, decay: 0.1)),
        Case(testDescription: "RMSprop", optimizer: .rmsProp(), rule: rmsProp(0.99, 1e-8)),
        Case(
            testDescription: "RMSprop, momentum, L2",
            optimizer: .rmsProp(alpha: 0.9, epsilon: 1e-4, momentum: 0.5, weightDecay: 0.1),
            rule: rmsProp(0.9, 1e-4, momentum: 0.5, decay: 0.1)),
        Case(
            testDescription: "clipped", optimizer: .sgd(momentum: 0.9, weightDecay: 0.1).clipping(norm: 0.05),
            rule: sgd(0.9, decay: 0.1), norm: 0.05),
        Case(
            testDescription: "hardly ever clipped", optimizer: .sgd().clipping(norm: 1e6), rule: sgd(), norm: 1e6),
        Case(
            testDescription: "clipped Adam with averages",
            optimizer: .adam().clipping(norm: 0.1).averaging(decay: 0.75), rule: adam(0.9, 0.999, 1e-8), norm: 0.1,
            averageDecay: 0.75),
        Case(
            testDescription: "rates of groups",
            optimizer: .adamW(weightDecay: 0.3).scalingRate(of: "*", by: 0.5).scalingRate(of: "fc*", by: 3)
                .freezing("*.bias").scalingRate(of: "norm.bias", by: 2),
            rule: adam(0.9, 0.999, 1e-8, decoupled: 0.3),
            factors: [
                "conv.weight": 0.5, "conv.bias": 0, "norm.weight": 0.5, "norm.bias": 2, "fc.weight": 3, "fc.bias": 0,
            ]),
        Case(
            testDescription: "frozen and clipped", optimizer: .sgd().freezing("conv.*").clipping(norm: 0.05),
            rule: sgd(), norm: 0.05, factors: ["conv.weight": 0, "conv.bias": 0]),
    ]

    private func network() throws -> Graph {
        let image = Node.input("x", Shape(channels: 2, height: 4, width: 4))
        let features = image.conv2d(18, kernel: 3, name: "conv").batchNorm(name: "norm").relu().flatten()
        return try Graph(heads: [Head("a", features.linear(3, name: "fc"), loss: .crossEntropy)])
    }

    @Test(.namingCases)
    static func severalStepsCases() {
        forEach(cases) { try Self().severalSteps($0) }
    }

    func severalSteps(_ test: Case) throws {
        let graph = try network()
        let parameters = try Parameters<Double>(graph, seed: 1)
        let executor = try Executor(
            graph, parameters: parameters, mode: .training(test.optimizer), batchSize: 6, threads: 2)
        let names = parameters.slots.filter(\.parameter.isTrainable).map(\.name)
        var weights = Dictionary(uniqueKeysWithValues: names.map { ($0, parameters[$0] ?? []) })
        var averages = weights
        var memories = weights.mapValues { $0.map { _ in Memory() } }
        var clipped = 0
        for step in 0..<6 {
            let rate = 0.02 / Double(step + 1)
            try executor.run(
                steps: step..<step + 1, from: RandomBatches<Double>(graph, size: 6), learningRate: .constant(rate))
            let gradients = names.map { test.factors[$0] == 0 ? [] : executor.gradient(of: $0) ?? [] }
            let norm = gradients.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
            let scale = min(1, test.norm / (norm + 1e-6))
            if scale < 1 { clipped += 1 }
            for (name, gradient) in zip(names, gradients) {
                let isVector = parameters.shape(of: name)?.count == 1
                for (index, gradient) in gradient.enumerated() {
                    let old = weights[name]?[index] ?? .nan
                    var memory = memories[name]?[index] ?? Memory()
                    let new = test.rule(
                        old, gradient * scale, &memory, rate * (test.factors[name] ?? 1), step + 1, isVector)
                    weights[name]?[index] = new
                    memories[name]?[index] = memory
                }
                let decay = test.averageDecay ?? 0
                averages[name] = zip(averages[name] ?? [], weights[name] ?? []).map { $0 * decay + $1 * (1 - decay) }
                // A few roundings a step of numbers near 1.
                let found = try #require(parameters[name])
                let worst = zip(found, weights[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst < 64 * 0x1p-53, "\(name), step \(step)")
                guard let kept = executor.averages?[name] else { continue }
                let difference = zip(kept, averages[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
                #expect(difference < 64 * 0x1p-53, "average of \(name), step \(step)")
            }
        }
        for name in names { #expect((executor.gradient(of: name) == nil) == (test.factors[name] == 0), "\(name)") }
        #expect((clipped == 6) == (test.norm < 1))
        #expect((executor.averages == nil) == (test.averageDecay == nil))
    }

    /// A training that starts anew starts its averages anew too.
    @Test func averagesStartFromTheWeights() throws {
        let graph = try network()
        let parameters = try Parameters<Double>(graph, seed: 1)
        let executor = try Executor(
            graph, parameters: parameters, mode: .training(.sgd().averaging(decay: 0.5)), batchSize: 2, threads: 1)
        try parameters.set("fc.bias", to: [5, 6, 7])
        try executor.run(steps: 0..<1, from: RandomBatches<Double>(graph, size: 2), learningRate: .constant(0))
        #expect(executor.averages?["fc.bias"] == [5, 6, 7])
    }

    // MARK: Frozen parameters

    @Test func aFrozenTrunkHasNoBackwardPass() throws {
        let graph = try network()
        func labels(_ optimizer: Optimizer) throws -> [String] {
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(optimizer), batchSize: 2,
                threads: 1)
            return executor.builder.operations.map(\.label).filter { $0.contains("backward") || $0.contains("sum ") }
        }
        #expect(try labels(.sgd().freezing("conv.*").freezing("norm.*")) == ["fc backward weights"])
        let withNorm = try labels(.sgd().freezing("conv.*"))
        #expect(withNorm.contains { $0.hasPrefix("norm ") } && !withNorm.contains { $0.hasPrefix("conv ") })
        let weightAlone = try labels(.sgd().freezing("conv.weight"))
        #expect(weightAlone.contains("conv backward bias") && !weightAlone.contains("conv backward weights"))
    }

    /// Layers whose frozen parameters take part in the gradient of their input.
    @Test(.namingCases)
    static func aFrozenLayerPassesTheSameGradientOnCases() {
        forEach(["norm", "layer", "group", "conv", "turned", "depth", "fc"]) {
            try Self().aFrozenLayerPassesTheSameGradientOn($0)
        }
    }

    func aFrozenLayerPassesTheSameGradientOn(_ frozen: String) throws {
        let image = Node.input("x", Shape(channels: 4, height: 4, width: 4))
        let trunk = image.conv2d(6, kernel: 3, padding: 1, name: "conv").batchNorm(name: "norm").layerNorm(
            name: "layer"
        )
        .groupNorm(3, name: "group").convTranspose2d(4, kernel: 2, stride: 2, name: "turned")
        .conv2d(4, kernel: 3, groups: 4, name: "depth")
        let graph = try Graph(heads: [Head("a", trunk.flatten().linear(3, name: "fc"), loss: .crossEntropy)])
        func gradients(_ optimizer: Optimizer?) throws -> [[Double]] {
            let parameters = try Parameters<Double>(graph, seed: 1)
            for name in ["norm.weight", "layer.weight", "group.weight"] {
                try parameters.set(name, to: (parameters[name] ?? []).indices.map { 1 + 0.01 * Double($0) })
            }
            let executor = try Executor(
                graph, parameters: parameters, mode: .training(optimizer), batchSize: 3, threads: 1,
                inputGradients: true)
            try executor.run(steps: 0..<1, from: RandomBatches<Double>(graph, size: 3))
            let others = graph.parameters.map(\.name).filter { !$0.hasPrefix("\(frozen).") }
            return [executor.gradient(ofInput: 0)] + others.map { executor.gradient(of: $0) ?? [] }
        }
        let expected = try gradients(nil)
        #expect(expected[0].contains { $0 != 0 })
        #expect(try gradients(.sgd().freezing("\(frozen).*")) == expected)
    }

    @Test func aFrozenNormalizationKeepsItsRunningAverages() throws {
        let graph = try network()
        let parameters = try Parameters<Double>(graph, seed: 1)
        let executor = try Executor(
            graph, parameters: parameters, mode: .training(.adam().freezing("*")), batchSize: 4, threads: 2)
        let before = parameters.weights.map(\.self)
        try executor.run(steps: 0..<3, from: RandomBatches<Double>(graph, size: 4), learningRate: .constant(0.1))
        #expect(parameters.weights.map(\.self) == before)
        #expect(parameters["norm.num_batches_tracked"] == [3])
        #expect(parameters["norm.running_mean"] != Array(repeating: 0, count: 18))
    }

    // MARK: Mistakes

    static let mistakes: [(Optimizer, String)] = [
        (.adam(beta1: 2), "beta1 2.0, needs 0.0…1.0"), (.adam(beta2: 1), "beta2 1.0, needs 0.0…1.0"),
        (.adamW(beta1: -0.1), "beta1 -0.1, needs 0.0…1.0"),
        (.adam(epsilon: 0), "epsilon 0.0, needs a finite one above 0, also as a Float"),
        (.rmsProp(epsilon: 1e-60), "epsilon 1e-60, needs a finite one above 0, also as a Float"),
        (.rmsProp(alpha: .nan), "alpha nan, needs 0.0…1.0"), (.sgd(momentum: 1), "momentum 1.0, needs 0.0…1.0"),
        (.sgd(nesterov: true), "Nesterov without momentum, needs momentum above 0"),
        (.sgd(weightDecay: -1), "weight decay -1.0, needs 0 or more"),
        (.adamW(weightDecay: .infinity), "weight decay inf, needs 0 or more"),
        (.sgd().clipping(norm: 0), "clipping to 0.0, needs a finite norm above 0"),
        (.sgd().clipping(norm: .nan), "clipping to nan, needs a finite norm above 0"),
        (.sgd().averaging(decay: 1), "decay of averages 1.0, needs 0.0…1.0"),
        (.sgd().scalingRate(of: "fc.*", by: -1), "rate factor -1.0, needs 0 or more"),
        (
            .sgd().freezing("fc1.*"),
            "the pattern 'fc1.*', which no parameter matches, needs one for "
                + "conv.weight, conv.bias, norm.weight, norm.bias, fc.weight, fc.bias"
        ),
        (
            .sgd().freezing("norm.running_mean"),
            "the pattern 'norm.running_mean', which no parameter matches, needs one for "
                + "conv.weight, conv.bias, norm.weight, norm.bias, fc.weight, fc.bias"
        ),
    ]

    @Test(.namingCases)
    static func senselessSettingsAreRefusedCases() {
        forEach(mistakes.indices) { try Self().senselessSettingsAreRefused(index: $0) }
    }

    func senselessSettingsAreRefused(index: Int) throws {
        let (optimizer, message) = Self.mistakes[index]
        let graph = try network()
        let error = #expect(throws: GraphError.self) {
            try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(optimizer), batchSize: 2,
                threads: 1)
        }
        #expect(error?.description == "optimizer: got \(message)")
    }

    @Test(.namingCases)
    static func patternsCases() {
        forEach([
            ("conv1.weight", true), ("conv1.*", true), ("*", true), ("*.weight", true), ("c*.w*t", true),
            ("conv1.weight*", true), ("conv", false), ("conv1.weigh", false), ("conv*1.w*g*t", true), ("", false),
            ("conv1.weight.*", false), ("*weight.weight", false), ("conv1.we*eight", false),
        ]) { Self().patterns(pattern: $0, isMatch: $1) }
    }

    func patterns(pattern: String, isMatch: Bool) { #expect(matches(pattern, "conv1.weight") == isMatch) }
}
