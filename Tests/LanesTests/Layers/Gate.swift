import Lanes

/// y = a·s with s = sigmoid(b);  a' = y'·s, b' = y'·a·s·(1 − s).
struct Gate: Layer {
    var inputCount: ClosedRange<Int> { 2...2 }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard inputs[0] == inputs[1] else {
            throw LayerError(found: "\(inputs[0]) and \(inputs[1])", expected: "two values of one shape")
        }
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (a, b, y) = (node.inputs[0], node.inputs[1], node.output)
        plan.add("forward", of: node, .samples, reads: [a, b], writes: [y]) { item in
            let value = item.read(a)
            let opening = item.read(b)
            var output = item.write(y)
            for i in value.indices { output[i] = value[i] * .sigmoid(opening[i]) }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (a, b) = (node.inputs[0], node.inputs[1])
        for input in 0..<2 {
            guard let (dx, accumulates) = plan.gradient(ofInput: input, of: node) else { continue }
            plan.add("backward", of: node, .samples, reads: [a, b, dy], writes: [dx]) { item in
                let value = item.read(a)
                let opening = item.read(b)
                let outputGradient = item.read(dy)
                var gradient = item.write(dx)
                for i in value.indices {
                    let s = Scalar.sigmoid(opening[i])
                    let slope = outputGradient[i] * (input == 0 ? s : value[i] * s * (1 - s))
                    gradient[i] = accumulates ? gradient[i] + slope : slope
                }
            }
        }
    }
}
