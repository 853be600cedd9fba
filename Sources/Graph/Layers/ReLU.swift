import LanesKernels

/// y = max(x, 0);  x' = y' where y > 0, else 0.
///
/// Keeps y, which tells as well as x where the slope is 1, so that y may overwrite x. ReLU(NaN) is NaN.
struct ReLU: Layer {
    var kind: String { "relu" }
    var worksInPlace: Bool { true }
    var keepsOutput: Bool { true }
    var isPointwise: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard !plan.isTakenOver(node) else { return }
        let (x, y, count) = (node.inputs[0], node.output, node.shape.count)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            rectify(item[x], count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        guard !plan.isTakenOverBackward(node) else { return }
        let (y, count) = (node.output, node.shape.count)
        plan.add("backward", of: node, .samples, reads: [y, dy], writes: [dx]) { item in
            rectifyBackward(
                output: item[y], outputGradient: item[dy], count: count, into: item[dx], accumulating: accumulates)
        }
    }
}

extension Node {
    /// max(x, 0).
    public func relu(name: String? = nil) -> Node { apply(ReLU(), name: name) }
}
