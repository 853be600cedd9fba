import Lanes

/// A convolution in plain loops, with filters of size×size and zeros around that keep the image's size (size is odd).
///
/// y[r, c, o] = b[o] + Σ w[o, i, tr, tc]·x[r + tr − h, c + tc − h, i], with h = (size − 1)/2.
struct PlainConvolution: Layer {
    var channels = 1
    var size = 3

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard channels > 0, size > 0, size % 2 == 1 else {
            throw LayerError(found: "\(channels) filters of \(size)", expected: "at least one, of an odd size")
        }
        return Shape(channels: channels, height: inputs[0].height, width: inputs[0].width)
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let bound = 1 / Double(inputs[0].channels * size * size).squareRoot()
        return [
            Parameter("weight", shape: [channels, inputs[0].channels, size, size], initial: .uniform(bound)),
            Parameter("bias", shape: [channels], initial: .uniform(bound)),
        ]
    }

    // listing: products
    /// Calls `body` with the places of all x, w and y of which y += w·x.
    @inline(__always)
    private func products(_ image: Shape, _ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
        let h = size / 2
        for row in 0..<image.height {
            for column in 0..<image.width {
                for tap in 0..<size * size {
                    let (r, c) = (row + tap / size - h, column + tap % size - h)
                    guard (0..<image.height).contains(r), (0..<image.width).contains(c) else { continue }
                    for o in 0..<channels {
                        for i in 0..<image.channels {
                            body(
                                (r * image.width + c) * image.channels + i,
                                (o * image.channels + i) * size * size + tap,
                                (row * image.width + column) * channels + o)
                        }
                    }
                }
            }
        }
    }
    // listing: end

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, image, channels) = (node.inputs[0], node.output, node.inputShapes[0], channels)
        let (weight, bias) = (node.parameter("weight"), node.parameter("bias"))
        // listing: forward
        plan.add("forward", of: node, .samples, reads: [x, weight, bias], writes: [y]) { item in
            let (input, w, b) = (item.read(x), item.read(weight), item.read(bias))
            var output = item.write(y)
            for place in output.indices { output[place] = b[place % channels] }
            products(image) { x, w_, y in output[y] += w[w_] * input[x] }
        }
        // listing: end
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, weight, image, channels) = (node.inputs[0], node.parameter("weight"), node.inputShapes[0], channels)
        // listing: backward
        plan.addGradient(of: "weight", node, reads: [x, dy]) { item, sum in
            let (input, slope) = (item.read(x), item.read(dy))
            products(image) { x, w, y in sum[w] += slope[y] * input[x] }
        }
        plan.addGradient(of: "bias", node, reads: [dy]) { item, sum in
            let slope = item.read(dy)
            for place in slope.indices { sum[place % channels] += slope[place] }
        }
        guard let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add("backward data", of: node, .samples, reads: [dy, weight], writes: [dx]) { item in
            let (slope, w) = (item.read(dy), item.read(weight))
            var gradient = item.write(dx)
            if !accumulates { for place in gradient.indices { gradient[place] = 0 } }
            products(image) { x, w_, y in gradient[x] += w[w_] * slope[y] }
        }
        // listing: end
    }
}
