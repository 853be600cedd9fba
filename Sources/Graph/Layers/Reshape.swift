import LanesKernels

/// The same numbers in another shape, in PyTorch's order: channels, height, width.
struct Reshape: Rearrangement {
    let shape: Shape
    /// Whether the numbers stay where they are.
    private(set) var keepsOrder = false

    init(shape: Shape) { self.shape = shape }

    // Whether numbers move is the graph's decision and not the file's.
    private enum CodingKeys: CodingKey { case shape }

    var kind: String { "reshape" }

    func keepingOrder(of input: Shape, isOfAnyOrder: Bool) -> Reshape {
        var layer = self
        layer.keepsOrder = input == shape || (input.isPlain && shape.isPlain)
        return layer
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        let sizes = [shape.channels, shape.height, shape.width]
        guard sizes.allSatisfy({ $0 > 0 }) else {
            throw LayerError(found: "a shape of \(shape)", expected: "sizes of 1 or more")
        }
        try checkTensor(sizes, "a shape of \(shape)")
        guard shape.count == inputs[0].count else {
            throw LayerError(
                found: "\(inputs[0]), \(inputs[0].count) numbers", expected: "\(shape.count) for a shape of \(shape)")
        }
        return shape
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
    /// The same numbers in another shape of as many, both read in the order channels, height, width.
    public func reshape(_ shape: Shape, name: String? = nil) -> Node { apply(Reshape(shape: shape), name: name) }
}
