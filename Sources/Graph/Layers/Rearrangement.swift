import LanesKernels

/// A layer that gives a sample another shape, with the same numbers in PyTorch's order.
///
/// In memory images lie channels last, so numbers must move from one shape to another, unless both lie in the same
/// order or the order makes no difference to the layers behind. The graph finds out, and makes the layer a view then.
protocol Rearrangement: Layer {
    /// Whether the numbers stay where they are.
    var keepsOrder: Bool { get }

    /// The same layer, which moves nothing where that gives the same results.
    ///
    /// - Parameter isOfAnyOrder: Whether no layer depends on the order of the output's numbers.
    func keepingOrder(of input: Shape, isOfAnyOrder: Bool) -> Self
}

extension Rearrangement {
    var worksInPlace: Bool { keepsOrder }
    var isView: Bool { keepsOrder }
}

extension PlanBuilder {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addRearrangement(_ node: PlannedNode, keepsOrder: Bool) {
        let (x, y, from, to) = (node.inputs[0], node.output, node.inputShapes[0], node.shape)
        guard x != y else { return }
        add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            if keepsOrder {
                scale(item[x], by: 1, count: to.count, into: item[y])
            } else {
                reorder(item[x], from: from.positions, to: to.positions, into: item[y], accumulating: false)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addRearrangementBackward(_ node: PlannedNode, keepsOrder: Bool) {
        guard let dy = node.outputGradient, let (dx, accumulates) = gradient(ofInput: 0, of: node), dx != dy
        else { return }
        let (from, to) = (node.inputShapes[0], node.shape)
        add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            if keepsOrder {
                scale(item[dy], by: 1, count: to.count, into: item[dx], accumulating: accumulates)
            } else {
                reorder(item[dy], from: to.positions, to: from.positions, into: item[dx], accumulating: accumulates)
            }
        }
    }
}
