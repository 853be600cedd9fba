import Kernels

/// y = softmax(x);  x' = y·(y' − ⟨y, y'⟩). Keeps y.
struct Softmax: Layer {
    var kind: String { "softmax" }
    var keepsOutput: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        try checkVector(inputs[0])
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count) = (node.inputs[0], node.output, node.member.shape.count)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            softmaxForward(item[x], count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (y, count) = (node.output, node.member.shape.count)
        plan.add("backward", of: node, .samples, reads: [y, dy], writes: [dx]) { item in
            softmaxBackward(
                output: item[y], outputGradient: item[dy], count: count, into: item[dx], accumulating: accumulates)
        }
    }
}

/// y = log-softmax(x);  x' = y' − exp(y)·Σ y'. Keeps y.
struct LogSoftmax: Layer {
    var kind: String { "logSoftmax" }
    var keepsOutput: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        try checkVector(inputs[0])
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count) = (node.inputs[0], node.output, node.member.shape.count)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            logSoftmaxForward(item[x], count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (y, count) = (node.output, node.member.shape.count)
        plan.add("backward", of: node, .samples, reads: [y, dy], writes: [dx]) { item in
            logSoftmaxBackward(
                output: item[y], outputGradient: item[dy], count: count, into: item[dx], accumulating: accumulates)
        }
    }
}
