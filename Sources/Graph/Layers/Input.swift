import LanesKernels

/// A value from outside. The executor's first operation fills it, sample by sample.
struct Input: Layer {
    let shape: Shape

    var kind: String { "input" }
    var inputCount: ClosedRange<Int> { 0...0 }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard shape.channels > 0, shape.height > 0, shape.width > 0 else {
            throw LayerError(found: "\(shape)", expected: "sizes of 1 or more")
        }
        return shape
    }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
}

extension Node {
    /// A value that is fed in from outside, one of this shape for every sample.
    public static func input(_ name: String, _ shape: Shape) -> Node { make(Input(shape: shape), [], name: name) }
}
