import Kernels

/// A value from outside. The executor's first operation fills it, sample by sample.
struct Input: Layer {
    let shape: Shape

    var kind: String { "input" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard shape.channels > 0, shape.height > 0, shape.width > 0 else {
            throw LayerError(found: "\(shape)", expected: "sizes of 1 or more")
        }
        return shape
    }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
}
