import Lanes

/// y = w·h + b with h = (x − µ)·r, µ and r = 1/√(σ² + ε) of a vector (Ba et al., 2016);
/// w' = Σ y'·h, b' = Σ y', x' = r·(g − mean g − h·mean(g·h)) with g = y'·w.
struct LayerNorm: Layer {
    var epsilon = 1e-5

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard inputs[0].isVector else { throw LayerError(found: "an image of \(inputs[0])", expected: "a vector") }
        return inputs[0]
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        [("weight", 1.0), ("bias", 0)].map { Parameter($0, shape: [inputs[0].count], initial: .constant($1)) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, weight, bias) = (node.inputs[0], node.output, node.parameter("weight"), node.parameter("bias"))
        let (h, r, count) = (plan.value(.sample, node.shape.count), plan.value(.sample, 1), Scalar(node.shape.count))
        (node.kept["h"], node.kept["r"]) = (h, r)
        plan.add("forward", of: node, .samples, reads: [x, weight, bias], writes: [y, h, r]) { item in
            let (input, w, b) = (item.read(x), item.read(weight), item.read(bias))
            var output = item.write(y)
            var normalized = item.write(h)
            var deviation = item.write(r)
            var (mean, squares): (Scalar, Scalar) = (0, 0)
            for i in input.indices { mean += input[i] / count }
            for i in input.indices { squares += (input[i] - mean) * (input[i] - mean) }
            deviation[0] = 1 / (squares / count + Scalar(epsilon)).squareRoot()
            for i in input.indices {
                normalized[i] = (input[i] - mean) * deviation[0]
                output[i] = w[i] * normalized[i] + b[i]
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let h = node.kept["h"], let r = node.kept["r"] else { return }
        let (weight, n) = (node.parameter("weight"), Scalar(node.shape.count))
        plan.addGradient(of: "bias", node, reads: [dy]) { item, sum in
            let slope = item.read(dy)
            for i in slope.indices { sum[i] += slope[i] }
        }
        plan.addGradient(of: "weight", node, reads: [dy, h]) { item, sum in
            let (slope, normalized) = (item.read(dy), item.read(h))
            for i in slope.indices { sum[i] += slope[i] * normalized[i] }
        }
        guard let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add("backward", of: node, .samples, reads: [dy, h, r, weight], writes: [dx]) { item in
            let (slope, normalized, deviation, w) = (item.read(dy), item.read(h), item.read(r), item.read(weight))
            var gradient = item.write(dx)
            var (mean, product): (Scalar, Scalar) = (0, 0)
            for i in slope.indices { mean += slope[i] * w[i] / n }
            for i in slope.indices { product += slope[i] * w[i] * normalized[i] / n }
            for i in slope.indices {
                let centered = slope[i] * w[i] - mean - normalized[i] * product
                gradient[i] = (accumulates ? gradient[i] : 0) + deviation[0] * centered
            }
        }
    }
}
