import LanesKernels

/// y = a + b;  a' = y', b' = y'. Joins the branches of a residual block.
struct Add: Layer {
    var kind: String { "add" }
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
            LanesKernels.add(item[a], item[b], count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let count = node.shape.count
        for input in 0..<2 {
            guard let (dx, accumulates) = plan.gradient(ofInput: input, of: node) else { continue }
            plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
                scale(item[dy], by: 1, count: count, into: item[dx], accumulating: accumulates)
            }
        }
    }
}

extension Node {
    /// The sum of two values of one shape, as at the end of a residual branch.
    public func add(_ other: Node, name: String? = nil) -> Node { apply(Add(), other, name: name) }
}
