import LanesKernels

/// The rule by which a step changes the weights, and what goes with it: decay, clipping, averaging, and which parameters it
/// leaves alone.
///
///     .adamW(weightDecay: 0.01).clipping(norm: 1).freezing("conv*").scalingRate(of: "fc.*", by: 10)
///
/// Names of parameters are full ones, "conv1.weight"; in a pattern `*` stands for any letters.
public struct Optimizer: Sendable, Equatable, Codable {
    /// How a gradient becomes a step.
    public enum Rule: Sendable, Equatable, Codable {
        /// Adam (Kingma and Ba, 2015).
        case adam(beta1: Double, beta2: Double, epsilon: Double)
        /// Stochastic gradient descent as PyTorch has it: v = µ·v + g, w −= rate·v; Nesterov's: w −= rate·(g + µ·v).
        case sgd(momentum: Double, nesterov: Bool)
        /// RMSprop (Hinton, 2012) as PyTorch has it.
        case rmsProp(alpha: Double, epsilon: Double, momentum: Double)
    }

    /// Parameters whose learning rate is multiplied by a factor.
    public struct Group: Sendable, Equatable, Codable {
        /// Full names of parameters, where `*` stands for any letters: "conv*".
        public let pattern: String
        /// A factor of the learning rate; 0 freezes.
        public let rateFactor: Double
    }

    /// How a gradient becomes a step.
    public let rule: Rule
    /// How strongly weights are pulled towards 0 (see `isDecayDecoupled`); 0 for not at all.
    public private(set) var weightDecay = 0.0
    /// Whether the decay shrinks the weights directly instead of being added to the gradient (Loshchilov and Hutter,
    /// "Decoupled Weight Decay Regularization", 2019).
    public private(set) var isDecayDecoupled = false
    /// Whether biases and the weights of normalizations, which have one dimension, decay too.
    public private(set) var decaysVectors = false
    /// What the norm of all gradients together is clipped to; nil for no clipping.
    public private(set) var maximumNorm: Double?
    /// How much of the weights' moving average a step keeps; nil for no average.
    public private(set) var averageDecay: Double?
    /// Where several match a parameter, the last one counts.
    public private(set) var groups: [Group] = []

    private init(_ rule: Rule) { self.rule = rule }

    /// Adam with PyTorch's defaults. The decay is added to the gradient of every parameter, as PyTorch does.
    public static func adam(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
    ) -> Optimizer {
        var optimizer = Optimizer(.adam(beta1: beta1, beta2: beta2, epsilon: epsilon))
        (optimizer.weightDecay, optimizer.decaysVectors) = (weightDecay, true)
        return optimizer
    }

    /// Adam with decoupled weight decay.
    ///
    /// - Parameters:
    ///   - beta1: How much of the gradients' moving average a step keeps.
    ///   - beta2: How much of their squares' moving average a step keeps.
    ///   - epsilon: What is added to the root of the squares' average, so that nothing is divided by 0.
    ///   - weightDecay: How much a step shrinks the weights, times the learning rate.
    ///   - decaysVectors: Whether biases and the weights of normalizations decay too, as PyTorch has it; they mostly
    ///     should not.
    public static func adamW(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
        decaysVectors: Bool = false
    ) -> Optimizer {
        var optimizer = Optimizer(.adam(beta1: beta1, beta2: beta2, epsilon: epsilon))
        (optimizer.weightDecay, optimizer.isDecayDecoupled) = (weightDecay, true)
        optimizer.decaysVectors = decaysVectors
        return optimizer
    }

    /// Stochastic gradient descent. The decay is added to the gradient of every parameter.
    public static func sgd(momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) -> Optimizer {
        var optimizer = Optimizer(.sgd(momentum: momentum, nesterov: nesterov))
        (optimizer.weightDecay, optimizer.decaysVectors) = (weightDecay, true)
        return optimizer
    }

    /// RMSprop with PyTorch's defaults. The decay is added to the gradient of every parameter.
    public static func rmsProp(
        alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, weightDecay: Double = 0
    ) -> Optimizer {
        var optimizer = Optimizer(.rmsProp(alpha: alpha, epsilon: epsilon, momentum: momentum))
        (optimizer.weightDecay, optimizer.decaysVectors) = (weightDecay, true)
        return optimizer
    }

    /// This optimizer, with all gradients scaled down where their common norm is greater than `norm` (Pascanu et al.,
    /// 2013).
    public func clipping(norm: Double) -> Optimizer { with { $0.maximumNorm = norm } }

    /// This optimizer, with an exponential moving average of the weights beside them: average += (1 − decay)·(w −
    /// average) after every step. Evaluation and the saved model can use it (`Executor.averages`).
    public func averaging(decay: Double) -> Optimizer { with { $0.averageDecay = decay } }

    /// This optimizer, except that parameters whose names match the pattern never change and get no gradient. Batch
    /// normalization with frozen weights still normalizes by the batch while training, and keeps its running averages.
    public func freezing(_ pattern: String) -> Optimizer { scalingRate(of: pattern, by: 0) }

    /// This optimizer, with the learning rate of parameters whose names match the pattern multiplied by a factor.
    public func scalingRate(of pattern: String, by factor: Double) -> Optimizer {
        with { $0.groups.append(Group(pattern: pattern, rateFactor: factor)) }
    }

    private func with(_ change: (inout Optimizer) -> Void) -> Optimizer {
        var optimizer = self
        change(&optimizer)
        return optimizer
    }

    /// Numbers that it remembers for each weight.
    var momentCount: Int {
        switch rule {
        case .adam, .rmsProp: 2
        case .sgd: 1
        }
    }

    /// A factor of the learning rate of a parameter.
    func rateFactor(of parameter: String) -> Double {
        groups.last { matches($0.pattern, parameter) }?.rateFactor ?? 1
    }

    /// The names of the parameters that never change.
    func frozen(of graph: Graph) -> Set<String> {
        Set(graph.parameters.map(\.name).filter { rateFactor(of: $0) == 0 })
    }

    /// - Throws: `GraphError` for settings that make no sense, and for patterns that no parameter matches.
    func check(_ graph: Graph) throws(GraphError) {
        func check(_ name: String, _ value: Double, _ range: Range<Double>) throws(GraphError) {
            guard range.contains(value) else {
                let expected = range.upperBound.isFinite ? "\(range.lowerBound)…\(range.upperBound)" : "0 or more"
                throw GraphError(node: "optimizer", found: "\(name) \(value)", expected: expected)
            }
        }
        // Without it a gradient of 0 makes 0/0.
        func checkEpsilon(_ epsilon: Double) throws(GraphError) {
            guard Float(epsilon) > 0, epsilon.isFinite else {
                throw GraphError(
                    node: "optimizer", found: "epsilon \(epsilon)", expected: "a finite one above 0, also as a Float")
            }
        }
        switch rule {
        case .adam(let beta1, let beta2, let epsilon):
            try check("beta1", beta1, 0..<1)
            try check("beta2", beta2, 0..<1)
            try checkEpsilon(epsilon)
        case .sgd(let momentum, let nesterov):
            try check("momentum", momentum, 0..<1)
            guard !nesterov || momentum > 0 else {
                throw GraphError(node: "optimizer", found: "Nesterov without momentum", expected: "momentum above 0")
            }
        case .rmsProp(let alpha, let epsilon, let momentum):
            try check("alpha", alpha, 0..<1)
            try checkEpsilon(epsilon)
            try check("momentum", momentum, 0..<1)
        }
        try check("weight decay", weightDecay, 0..<(.infinity))
        if let averageDecay { try check("decay of averages", averageDecay, 0..<1) }
        if let maximumNorm, !(maximumNorm > 0 && maximumNorm.isFinite) {
            throw GraphError(node: "optimizer", found: "clipping to \(maximumNorm)", expected: "a finite norm above 0")
        }
        let names = graph.parameters.filter(\.parameter.isTrainable).map(\.name)
        for group in groups {
            try check("rate factor", group.rateFactor, 0..<(.infinity))
            guard names.contains(where: { matches(group.pattern, $0) }) else {
                throw GraphError(
                    node: "optimizer", found: "the pattern '\(group.pattern)', which no parameter matches",
                    expected: "one for \(names.joined(separator: ", "))")
            }
        }
    }
}

extension Optimizer: CustomStringConvertible {
    /// "Adam, β₁ 0.9, β₂ 0.999, ε 1e-08".
    public var description: String {
        var parts: [String]
        switch rule {
        case .adam(let beta1, let beta2, let epsilon):
            let name = isDecayDecoupled ? "AdamW" : "Adam"
            parts = ["\(name), β₁ \(beta1), β₂ \(beta2), ε \(epsilon)"]
        case .sgd(let momentum, let nesterov): parts = ["SGD, \(nesterov ? "Nesterov " : "")momentum \(momentum)"]
        case .rmsProp(let alpha, let epsilon, let momentum):
            parts = ["RMSprop, α \(alpha), ε \(epsilon), momentum \(momentum)"]
        }
        if weightDecay > 0 { parts.append("weight decay \(weightDecay)") }
        if let maximumNorm { parts.append("gradients clipped to norm \(maximumNorm)") }
        if let averageDecay { parts.append("averages of decay \(averageDecay)") }
        parts += groups.map {
            $0.rateFactor == 0 ? "\($0.pattern) frozen" : "rate of \($0.pattern) times \($0.rateFactor)"
        }
        return parts.joined(separator: ", ")
    }
}

/// Whether a name matches a pattern in which `*` stands for any letters.
package func matches(_ pattern: String, _ name: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return pattern == name }
    var rest = name[...]
    guard rest.hasPrefix(parts[0]) else { return false }
    rest = rest.dropFirst(parts[0].count)
    for part in parts[1..<(parts.count - 1)] where !part.isEmpty {
        guard let range = rest.firstRange(of: part) else { return false }
        rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(parts[parts.count - 1])
}
