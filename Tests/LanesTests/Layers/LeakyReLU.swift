import Lanes

/// y = x where x > 0, else slope·x;  x' = y' where x > 0, else slope·y'.
struct LeakyReLU: Layer {
    var slope = 0.01

    var detail: String { "slope \(slope)" }
    var isPointwise: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, slope) = (node.inputs[0], node.output, Scalar(slope))
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            let input = item.read(x)
            var output = item.write(y)
            for i in input.indices { output[i] = input[i] > 0 ? input[i] : slope * input[i] }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (x, slope) = (node.inputs[0], Scalar(slope))
        plan.add("backward", of: node, .samples, reads: [x, dy], writes: [dx]) { item in
            let input = item.read(x)
            let outputGradient = item.read(dy)
            var gradient = item.write(dx)
            for i in input.indices {
                let value = input[i] > 0 ? outputGradient[i] : slope * outputGradient[i]
                gradient[i] = accumulates ? gradient[i] + value : value
            }
        }
    }
}
