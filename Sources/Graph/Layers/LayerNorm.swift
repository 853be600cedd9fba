import LanesKernels

/// Layer normalization of the whole sample, with the equations in `Kernels/GroupNormalization.swift`. `weight` is γ and `bias`
/// is β, of each number: PyTorch's `LayerNorm` over [channels, height, width], or over the features of a vector.
///
/// Keeps x, its mean and 1/√(σ² + ε) for the backward pass.
struct LayerNorm: Layer {
    let epsilon: Double
    /// Whether there are γ and β; without them they are 1 and 0.
    let isAffine: Bool

    var kind: String { "layerNorm" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        try checkEpsilon(epsilon)
        return inputs[0]
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        guard isAffine else { return [] }
        let shape = inputs[0]
        if shape.isVector { return Parameter.scaleAndShift([shape.channels]) }
        return Parameter.scaleAndShift(
            [shape.channels, shape.height, shape.width],
            layout: .channelsLast(channels: shape.channels, positions: shape.height * shape.width))
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count, epsilon) = (node.inputs[0], node.output, node.shape.count, epsilon)
        let (mean, inverse) = (plan.value(.sample, 1), plan.value(.sample, 1))
        let (weight, bias) = plan.scaleAndShift(node, count: count, isAffine: isAffine)
        node.kept = ["mean": mean, "inverse": inverse, "weight": weight]
        plan.add("forward", of: node, .samples, reads: [x, weight, bias], writes: [y, mean, inverse]) { item in
            layerNormForward(
                item[x], count: count, epsilon: epsilon, weight: item[weight], bias: item[bias], mean: item[mean],
                inverseDeviation: item[inverse], into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let mean = node.kept["mean"], let inverse = node.kept["inverse"],
            let weight = node.kept["weight"]
        else { return }
        let (x, count) = (node.inputs[0], node.shape.count)
        let (weights, biases) = (plan.value(.group, count), plan.value(.group, count))
        let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) ?? (nil, false)
        plan.add(
            "backward", of: node, .samples, reads: [x, dy, mean, inverse, weight],
            writes: [weights, biases] + [dx].compactMap(\.self)
        ) { item in
            var inputGradient: UnsafeMutablePointer<Scalar>?
            if let dx { inputGradient = item[dx] }
            layerNormBackward(
                item[x], outputGradient: item[dy], count: count, mean: item[mean], inverseDeviation: item[inverse],
                weight: item[weight], first: item.isFirstOfGroup, weightGradient: item[weights],
                biasGradient: item[biases], into: inputGradient, accumulating: accumulates)
        }
        plan.addScaleAndShiftGradients(node, weights: weights, biases: biases)
    }
}

extension Node {
    /// Normalizes each sample as a whole (Ba, Kiros and Hinton, 2016). Parameters unless not `affine`: `weight` and `bias`
    /// [channels, height, width], or [features] of a vector.
    public func layerNorm(epsilon: Double = 1e-5, affine: Bool = true, name: String? = nil) -> Node {
        apply(LayerNorm(epsilon: epsilon, isAffine: affine), name: name)
    }
}
