import LanesKernels

/// The image as a vector, in PyTorch's order: channels, height, width.
///
/// Where only pointwise and linear layers read the vector its order makes no difference: it lies as the image did, and
/// so do the linear layers' weights.
struct Flatten: Rearrangement {
    /// Whether the numbers stay where they are.
    private(set) var keepsOrder = false

    // Whether numbers move is the graph's decision and not the file's.
    private enum CodingKeys: CodingKey {}

    var kind: String { "flatten" }

    func keepingOrder(of input: Shape, isOfAnyOrder: Bool) -> Flatten {
        var layer = self
        layer.keepsOrder = isOfAnyOrder || input.isPlain
        return layer
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        let image = inputs[0]
        var vector = Shape(channels: image.count)
        if keepsOrder, !image.isPlain { vector.flattenedPositions = image.height * image.width }
        return vector
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        plan.addRearrangement(node, keepsOrder: keepsOrder)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        plan.addRearrangementBackward(node, keepsOrder: keepsOrder)
    }
}

extension Node {
    /// The image as a vector, in the order channels, height, width.
    public func flatten(name: String? = nil) -> Node { apply(Flatten(), name: name) }
}
