import Lanes

/// y = x + b;  b' = Σ y', x' = y'.
struct Shift: Layer {
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        [Parameter("bias", shape: [inputs[0].count], initial: .constant(0))]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, bias) = (node.inputs[0], node.output, node.parameter("bias"))
        plan.add("forward", of: node, .samples, reads: [x, bias], writes: [y]) { item in
            let (input, b) = (item.read(x), item.read(bias))
            var output = item.write(y)
            for i in b.indices { output[i] = input[i] + b[i] }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        plan.addGradient(of: "bias", node, reads: [dy]) { item, sum in
            let slope = item.read(dy)
            for i in sum.indices { sum[i] += slope[i] }
        }
        guard let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            let slope = item.read(dy)
            var gradient = item.write(dx)
            for i in slope.indices { gradient[i] = (accumulates ? gradient[i] : 0) + slope[i] }
        }
    }
}
