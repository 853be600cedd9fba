import LanesKernels

/// y = the mean of each window;  x' gets y'/taps everywhere the window was. Padding counts as zeros, or not at all.
struct AveragePool2D: WindowPool {
    let kernel: Extent
    let stride: Extent
    let padding: Padding
    let ceilMode: Bool
    let countIncludePad: Bool

    var kind: String { "averagePool" }

    func geometry(_ input: Shape) -> WindowGeometry {
        WindowGeometry(
            input: Extent(height: input.height, width: input.width), channels: input.channels, kernel: kernel,
            stride: stride, padding: padding, ceilMode: ceilMode)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, geometry) = (node.inputs[0], node.output, geometry(node.inputShapes[0]))
        let countIncludePad = countIncludePad
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            averagePoolForward(geometry, countIncludePad: countIncludePad, input: item[x], into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (geometry, countIncludePad) = (geometry(node.inputShapes[0]), countIncludePad)
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx], isCheap: !accumulates) { item in
            averagePoolBackward(
                geometry, countIncludePad: countIncludePad, outputGradient: item[dy], into: item[dx],
                accumulating: accumulates)
        }
    }
}

/// y = the mean of each channel, as an average pool whose one window is the image.
struct GlobalAveragePool: Layer {
    private func pool(_ input: Shape) -> AveragePool2D {
        let size = Extent(height: input.height, width: input.width)
        return AveragePool2D(kernel: size, stride: size, padding: 0, ceilMode: false, countIncludePad: true)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { Shape(channels: inputs[0].channels) }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        pool(node.inputShapes[0]).forward(node, plan)
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        pool(node.inputShapes[0]).backward(node, plan)
    }
}

extension Node {
    /// The mean of each window; the stride is the kernel's size unless given.
    ///
    /// - Parameters:
    ///   - kernel: The height and width of a window.
    ///   - stride: The distance between windows; the kernel's size unless given.
    ///   - padding: Rows and columns around the image.
    ///   - ceilMode: Whether a last window that reaches over the edge counts, as PyTorch has it.
    ///   - countIncludePad: Whether padding counts as zeros; otherwise the mean is that of the image's numbers alone.
    ///   - name: The node's name; "averagePool" and a number unless given.
    public func averagePool(
        _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0, ceilMode: Bool = false,
        countIncludePad: Bool = true, name: String? = nil
    ) -> Node {
        let layer = AveragePool2D(
            kernel: kernel, stride: stride ?? kernel, padding: padding, ceilMode: ceilMode,
            countIncludePad: countIncludePad)
        return apply(layer, name: name)
    }

    /// The mean of each channel: a vector of as many features.
    public func globalAveragePool(name: String? = nil) -> Node { apply(GlobalAveragePool(), name: name) }
}
