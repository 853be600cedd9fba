import Kernels

/// A kind of node. A file in `Layers` holds each, with its equations, what it keeps for the backward pass, and both passes.
///
/// `forward` and `backward` compute nothing: they add operations to the plan, which run later, once for every step.
protocol Layer: Sendable {
    /// The name in the plan's table, and the stem of the names of unnamed nodes: "conv2d".
    var kind: String { get }
    /// What it does, for the plan's table: "3×3 pad 1".
    var detail: String { get }
    /// Whether the output may overwrite the input, and the input's gradient the output's.
    var worksInPlace: Bool { get }
    /// Whether the output is the input, seen differently.
    var isView: Bool { get }
    /// Whether the backward pass reads the layer's own output.
    var keepsOutput: Bool { get }

    /// The shape of the output; throws what was found and what is needed.
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape
    func parameters(_ inputs: [Shape]) -> [Parameter]
    /// Multiply-adds of one sample's forward pass, in matrix products.
    func multiplyAdds(_ inputs: [Shape]) -> Int

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>)
}

extension Layer {
    var detail: String { "" }
    var worksInPlace: Bool { false }
    var isView: Bool { false }
    var keepsOutput: Bool { false }
    func parameters(_ inputs: [Shape]) -> [Parameter] { [] }
    func multiplyAdds(_ inputs: [Shape]) -> Int { 0 }
}

/// A shape that a layer cannot take; `Graph` adds the node's name.
struct LayerError: Error {
    let found: String
    let expected: String
}

extension Layer {
    /// Throws unless the window fits into the image and its numbers make sense.
    func check(_ window: WindowGeometry) throws(LayerError) {
        let sizes = [window.kernel, window.stride, window.dilation]
        guard sizes.allSatisfy({ $0.height > 0 && $0.width > 0 }), window.padding.height >= 0, window.padding.width >= 0
        else {
            throw LayerError(
                found: "\(window)", expected: "kernel, stride and dilation of 1 or more, padding of 0 or more")
        }
        // Beyond this the arithmetic of sizes could overflow.
        let most = 1 << 16
        guard (sizes + [window.padding]).allSatisfy({ $0.height <= most && $0.width <= most }) else {
            throw LayerError(found: "\(window)", expected: "sizes of at most \(most)")
        }
        guard window.outputPositions > 0 else {
            let padded = Extent(
                height: window.input.height + 2 * window.padding.height,
                width: window.input.width + 2 * window.padding.width)
            throw LayerError(
                found: "an image of \(window.input)",
                expected: "at least \(window.reach) with its padding, for kernel \(window) (it is \(padded))")
        }
    }

    /// Throws unless every window of a pool has at least one tap inside the image.
    func checkPadding(_ window: WindowGeometry) throws(LayerError) {
        guard 2 * window.padding.height <= window.kernel.height, 2 * window.padding.width <= window.kernel.width else {
            throw LayerError(
                found: "padding \(window.padding)", expected: "at most half of the kernel \(window.kernel)")
        }
    }

    /// Throws unless the sample is a vector.
    func checkVector(_ shape: Shape) throws(LayerError) {
        guard shape.isVector else {
            throw LayerError(found: "an image of \(shape)", expected: "a vector: flatten() it first")
        }
    }
}
