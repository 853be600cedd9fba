import LanesKernels

/// y = a·b, number by number;  a' = y'·b, b' = y'·a. A gate. Keeps a and b.
struct Multiply: Layer {
    var inputCount: ClosedRange<Int> { 2...2 }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        try checkSameShape(inputs)
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (a, b, y, count) = (node.inputs[0], node.inputs[1], node.output, node.shape.count)
        plan.add("forward", of: node, .samples, reads: [a, b], writes: [y]) { item in
            LanesKernels.multiply(item[a], item[b], count: count, into: item[y], accumulating: false)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let count = node.shape.count
        for (input, other) in [(0, node.inputs[1]), (1, node.inputs[0])] {
            guard let (dx, accumulates) = plan.gradient(ofInput: input, of: node) else { continue }
            plan.add("backward", of: node, .samples, reads: [dy, other], writes: [dx]) { item in
                LanesKernels.multiply(item[dy], item[other], count: count, into: item[dx], accumulating: accumulates)
            }
        }
    }
}

extension Node {
    /// The product of two values of one shape, number by number.
    public func multiply(_ other: Node, name: String? = nil) -> Node { apply(Multiply(), other, name: name) }
}
