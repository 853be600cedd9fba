import LanesKernels

/// A layer that slides a window over each channel separately.
protocol WindowPool: Layer {
    func geometry(_ input: Shape) -> WindowGeometry
}

extension WindowPool {
    var detail: String { geometry(Shape(channels: 1)).description }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        let window = geometry(inputs[0])
        try check(window)
        let padding = window.padding
        // PyTorch's rule, so that every window has at least one tap inside the image.
        guard 2 * max(padding.top, padding.bottom) <= window.reach.height,
            2 * max(padding.left, padding.right) <= window.reach.width
        else {
            throw LayerError(found: "padding \(padding)", expected: "at most half of the kernel \(window.reach)")
        }
        let (_, overflows) = window.kernel.height.multipliedReportingOverflow(by: window.kernel.width)
        guard !overflows, window.taps <= WindowGeometry.mostTaps else {
            throw LayerError(
                found: "a kernel of \(window.kernel)", expected: "at most \(WindowGeometry.mostTaps) taps")
        }
        return Shape(channels: inputs[0].channels, height: window.output.height, width: window.output.width)
    }
}

/// y = the greatest value of each window;  x' gets y' where that value came from.
///
/// Keeps one number for each output, the winning tap: an equality mask would count ties twice.
struct MaxPool2D: WindowPool {
    let kernel: Extent
    let stride: Extent
    let padding: Padding
    let dilation: Extent
    let ceilMode: Bool

    var kind: String { "maxPool" }

    func geometry(_ input: Shape) -> WindowGeometry {
        WindowGeometry(
            input: Extent(height: input.height, width: input.width), channels: input.channels, kernel: kernel,
            stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, geometry) = (node.inputs[0], node.output, geometry(node.inputShapes[0]))
        let taps = plan.value(.sample, node.shape.count)
        node.kept["taps"] = taps
        plan.add("forward", of: node, .samples, reads: [x], writes: [y, taps]) { item in
            maxPoolForward(geometry, input: item[x], into: item[y], taps: item[taps])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let taps = node.kept["taps"],
            let (dx, accumulates) = plan.gradient(ofInput: 0, of: node)
        else { return }
        let geometry = geometry(node.inputShapes[0])
        plan.add("backward", of: node, .samples, reads: [dy, taps], writes: [dx], isCheap: !accumulates) { item in
            maxPoolBackward(
                geometry, outputGradient: item[dy], taps: item[taps], into: item[dx], accumulating: accumulates)
        }
    }
}

/// y = the greatest value of each channel, as a max-pool whose one window is the image.
struct GlobalMaxPool: Layer {
    private func pool(_ input: Shape) -> MaxPool2D {
        let size = Extent(height: input.height, width: input.width)
        return MaxPool2D(kernel: size, stride: size, padding: 0, dilation: 1, ceilMode: false)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { try pool(inputs[0]).outputShape(inputs) }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        pool(node.inputShapes[0]).forward(node, plan)
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        pool(node.inputShapes[0]).backward(node, plan)
    }
}

extension Node {
    /// The greatest value of each window; the stride is the kernel's size unless given.
    ///
    /// - Parameters:
    ///   - kernel: The height and width of a window.
    ///   - stride: The distance between windows; the kernel's size unless given.
    ///   - padding: Rows and columns around the image, which never win.
    ///   - dilation: The distance between neighbouring places of a window.
    ///   - ceilMode: Whether a last window that reaches over the edge counts, as PyTorch has it.
    ///   - name: The node's name; "maxPool" and a number unless given.
    public func maxPool(
        _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0, dilation: Extent = 1, ceilMode: Bool = false,
        name: String? = nil
    ) -> Node {
        let layer = MaxPool2D(
            kernel: kernel, stride: stride ?? kernel, padding: padding, dilation: dilation, ceilMode: ceilMode)
        return apply(layer, name: name)
    }

    /// The greatest value of each channel: a vector of as many features.
    public func globalMaxPool(name: String? = nil) -> Node { apply(GlobalMaxPool(), name: name) }
}
