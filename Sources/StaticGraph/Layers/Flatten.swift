import Kernels

/// The image as a vector. Nothing moves: the numbers stay channels last, and linear layers know it (`Linear`).
struct Flatten: Layer {
    var kind: String { "flatten" }
    var worksInPlace: Bool { true }
    var isView: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0].flattened }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count) = (node.inputs[0], node.output, node.member.shape.count)
        guard x != y else { return }
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            scale(item[x], by: 1, count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node), dx != dy
        else { return }
        let count = node.member.shape.count
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            scale(item[dy], by: 1, count: count, into: item[dx], accumulating: accumulates)
        }
    }
}
