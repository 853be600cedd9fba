import LanesKernels

/// The channels of several images of one size, one after the other; each gets the gradient of its own channels.
struct Concat: Layer {
    var inputCount: ClosedRange<Int> { 1...Int.max }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        var shape = inputs[0]
        for input in inputs.dropFirst() {
            guard (input.height, input.width) == (shape.height, shape.width) else {
                throw LayerError(
                    found: inputs.map { "\($0)" }.joined(separator: " and "), expected: "images of one height and width"
                )
            }
            shape.channels += input.channels
        }
        return shape
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (y, total, positions) = (node.output, node.shape.channels, node.shape.height * node.shape.width)
        var first = 0
        for (x, shape) in zip(node.inputs, node.inputShapes) {
            let (start, channels) = (first, shape.channels)
            first += channels
            plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
                for position in 0..<positions {
                    scale(
                        item[x] + position * channels, by: 1, count: channels,
                        into: item[y] + position * total + start)
                }
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (total, positions) = (node.shape.channels, node.shape.height * node.shape.width)
        var first = 0
        for (input, shape) in node.inputShapes.enumerated() {
            let (start, channels) = (first, shape.channels)
            first += channels
            guard let (dx, accumulates) = plan.gradient(ofInput: input, of: node) else { continue }
            plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
                for position in 0..<positions {
                    scale(
                        item[dy] + position * total + start, by: 1, count: channels,
                        into: item[dx] + position * channels, accumulating: accumulates)
                }
            }
        }
    }
}

extension Node {
    /// The channels of this value, then those of the others: images of one size, or vectors.
    public func concat(_ others: Node..., name: String? = nil) -> Node {
        .make(Concat(), [self] + others, name: name)
    }
}
