import Lanes

/// Each channel convolved with a filter of its own, k×k with k odd; zeros around keep the image's size:
/// y[p, c] = Σₜ w[c, t]·x[p + t, c];  x'[p + t, c] = Σₜ w[c, t]·y'[p, c], w'[c, t] = Σₚ x[p + t, c]·y'[p, c].
struct DepthwiseConvolution: Layer {
    var size = 3
    var detail: String { "\(size)×\(size)" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard size > 0, size % 2 == 1 else { throw LayerError(found: "a size of \(size)", expected: "an odd one") }
        return inputs[0]
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        [Parameter("weight", shape: [inputs[0].channels, 1, size, size], initial: .uniform(1 / Double(size)))]
    }

    /// Calls `body` with the places of all x, y and w that meet in a product.
    @inline(__always)
    private func products(_ shape: Shape, _ body: (_ x: Int, _ y: Int, _ w: Int) -> Void) {
        for y in 0..<shape.count {
            let (pixel, channel) = (y / shape.channels, y % shape.channels)
            for tap in 0..<size * size {
                let r = pixel / shape.width + tap / size - size / 2
                let c = pixel % shape.width + tap % size - size / 2
                guard (0..<shape.height).contains(r), (0..<shape.width).contains(c) else { continue }
                body((r * shape.width + c) * shape.channels + channel, y, channel * size * size + tap)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, weight, shape) = (node.inputs[0], node.output, node.parameter("weight"), node.shape)
        plan.add("forward", of: node, .samples, reads: [x, weight], writes: [y]) { item in
            let (input, w) = (item.read(x), item.read(weight))
            var output = item.write(y)
            for i in output.indices { output[i] = 0 }
            products(shape) { output[$1] += w[$2] * input[$0] }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, weight, shape) = (node.inputs[0], node.parameter("weight"), node.shape)
        plan.addGradient(of: "weight", node, reads: [x, dy]) { item, sum in
            let (input, slope) = (item.read(x), item.read(dy))
            products(shape) { sum[$2] += input[$0] * slope[$1] }
        }
        guard let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add("backward data", of: node, .samples, reads: [dy, weight], writes: [dx]) { item in
            let (slope, w) = (item.read(dy), item.read(weight))
            var gradient = item.write(dx)
            if !accumulates { for i in gradient.indices { gradient[i] = 0 } }
            products(shape) { gradient[$0] += w[$2] * slope[$1] }
        }
    }
}
