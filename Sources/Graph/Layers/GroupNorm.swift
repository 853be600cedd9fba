import LanesKernels

/// Group normalization, with the equations in `Kernels/GroupNormalization.swift`. `weight` is γ and `bias` is β, of each
/// channel.
///
/// Normalizes each sample by its own mean and variance, in training as in inference; keeps x and both for the backward pass.
struct GroupNorm: Layer {
    let groups: Int
    let epsilon: Double
    /// Whether there are γ and β; without them they are 1 and 0.
    let isAffine: Bool

    var kind: String { "groupNorm" }
    var detail: String { "\(groups) groups" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        try checkEpsilon(epsilon)
        guard groups > 0, inputs[0].channels % groups == 0 else {
            throw LayerError(
                found: "\(groups) groups of \(inputs[0].channels) channels", expected: "a number that divides them")
        }
        return inputs[0]
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        isAffine ? Parameter.scaleAndShift([inputs[0].channels]) : []
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, groups, epsilon) = (node.inputs[0], node.output, groups, epsilon)
        let (channels, positions) = node.shape.positions
        let (mean, inverse) = (plan.value(.sample, groups), plan.value(.sample, groups))
        let (weight, bias) = plan.scaleAndShift(node, count: channels, isAffine: isAffine)
        node.kept = ["mean": mean, "inverse": inverse, "weight": weight]
        plan.add("forward", of: node, .samples, reads: [x, weight, bias], writes: [y, mean, inverse]) { item in
            groupNormForward(
                item[x], positions: positions, channels: channels, groups: groups, epsilon: epsilon,
                weight: item[weight], bias: item[bias], mean: item[mean], inverseDeviation: item[inverse],
                into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let mean = node.kept["mean"], let inverse = node.kept["inverse"],
            let weight = node.kept["weight"]
        else { return }
        let (x, groups) = (node.inputs[0], groups)
        let (channels, positions) = node.shape.positions
        let (weights, biases) = (plan.value(.group, channels), plan.value(.group, channels))
        let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) ?? (nil, false)
        plan.add(
            "backward", of: node, .samples, reads: [x, dy, mean, inverse, weight],
            writes: [weights, biases] + [dx].compactMap(\.self), workspace: 2 * groups
        ) { item in
            var inputGradient: UnsafeMutablePointer<Scalar>?
            if let dx { inputGradient = item[dx] }
            groupNormBackward(
                item[x], outputGradient: item[dy], positions: positions, channels: channels, groups: groups,
                mean: item[mean], inverseDeviation: item[inverse], weight: item[weight], first: item.isFirstOfGroup,
                weightGradient: item[weights], biasGradient: item[biases], workspace: item.workspace,
                into: inputGradient, accumulating: accumulates)
        }
        plan.addScaleAndShiftGradients(node, weights: weights, biases: biases)
    }
}

extension Node {
    /// Normalizes groups of neighbouring channels of each sample (Wu and He, 2018). Parameters unless not `affine`: `weight`
    /// and `bias` [channels].
    public func groupNorm(_ groups: Int, epsilon: Double = 1e-5, affine: Bool = true, name: String? = nil) -> Node {
        apply(GroupNorm(groups: groups, epsilon: epsilon, isAffine: affine), name: name)
    }
}

// What it and layer normalization have in common.

func checkEpsilon(_ epsilon: Double) throws(LayerError) {
    guard epsilon > 0, epsilon.isFinite else {
        throw LayerError(found: "epsilon \(epsilon)", expected: "a finite one above 0")
    }
}

extension Parameter {
    /// γ and β of a normalization.
    static func scaleAndShift(_ shape: [Int], layout: Layout = .plain) -> [Parameter] {
        [
            Parameter("weight", shape: shape, layout: layout, initial: .constant(1)),
            Parameter("bias", shape: shape, layout: layout, initial: .constant(0)),
        ]
    }
}

extension PlanBuilder {
    /// γ and β of a normalization, or ones and zeros in their place.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func scaleAndShift(_ node: PlannedNode, count: Int, isAffine: Bool) -> (weight: Value, bias: Value) {
        if isAffine { return (node.parameter("weight"), node.parameter("bias")) }
        let (ones, zeros) = (value(.whole, count), value(.whole, count))
        add("constants", of: node, .pieces(1), reads: [], writes: [ones, zeros]) { item in
            for index in 0..<count { (item[ones][index], item[zeros][index]) = (1, 0) }
        }
        return (ones, zeros)
    }

    /// Adds up the groups' γ' and β', where they are wanted.
    func addScaleAndShiftGradients(_ node: PlannedNode, weights: Value, biases: Value) {
        if let gradient = node.parameterGradient("weight") {
            addSumOfGroups(weights, into: gradient, "sum weights", node)
        }
        if let gradient = node.parameterGradient("bias") { addSumOfGroups(biases, into: gradient, "sum bias", node) }
    }
}
