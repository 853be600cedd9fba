import LanesKernels

/// y = scale·x + shift, with constants;  x' = scale·y'. Keeps nothing.
struct ScaleAndShift: Layer {
    let scale: Double
    let shift: Double

    var kind: String { "scale" }
    var detail: String { "\(scale)·x + \(shift)" }
    var worksInPlace: Bool { true }
    var isPointwise: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard scale.isFinite, shift.isFinite else {
            throw LayerError(found: detail, expected: "finite constants")
        }
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count, factor, shift) = (
            node.inputs[0], node.output, node.shape.count, Scalar(scale), Scalar(shift)
        )
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            scaleAndShift(item[x], scale: factor, shift: shift, count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (count, factor) = (node.shape.count, Scalar(scale))
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            LanesKernels.scale(item[dy], by: factor, count: count, into: item[dx], accumulating: accumulates)
        }
    }
}

extension Node {
    /// scale·x + shift, with constants.
    public func scaled(by scale: Double, plus shift: Double = 0, name: String? = nil) -> Node {
        apply(ScaleAndShift(scale: scale, shift: shift), name: name)
    }
}
