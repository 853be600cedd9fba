import Kernels

/// y = softmax(x);  x' = y·(y' − ⟨y, y'⟩), or y = log-softmax(x);  x' = y' − exp(y)·Σ y'. Keeps y.
struct Softmax: Layer {
    /// Whether it is the logarithm.
    let isLogarithm: Bool

    var kind: String { isLogarithm ? "logSoftmax" : "softmax" }
    var keepsOutput: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        try checkVector(inputs[0])
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count, isLogarithm) = (node.inputs[0], node.output, node.member.shape.count, isLogarithm)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            if isLogarithm {
                logSoftmaxForward(item[x], count: count, into: item[y])
            } else {
                softmaxForward(item[x], count: count, into: item[y])
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (y, count, isLogarithm) = (node.output, node.member.shape.count, isLogarithm)
        plan.add("backward", of: node, .samples, reads: [y, dy], writes: [dx]) { item in
            if isLogarithm {
                logSoftmaxBackward(
                    output: item[y], outputGradient: item[dy], count: count, into: item[dx], accumulating: accumulates)
            } else {
                softmaxBackward(
                    output: item[y], outputGradient: item[dy], count: count, into: item[dx], accumulating: accumulates)
            }
        }
    }
}
