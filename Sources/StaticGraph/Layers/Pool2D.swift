import Kernels

/// What slides a window over each channel by itself.
protocol WindowPool: Layer {
    var kernel: Extent { get }
    var stride: Extent { get }
    var padding: Extent { get }
}

extension WindowPool {
    var detail: String { geometry(Shape(channels: 1)).description }

    func geometry(_ input: Shape) -> WindowGeometry {
        WindowGeometry(
            input: Extent(height: input.height, width: input.width), channels: input.channels, kernel: kernel,
            stride: stride, padding: padding)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        let window = geometry(inputs[0])
        try check(window)
        try checkPadding(window)
        return Shape(channels: inputs[0].channels, height: window.output.height, width: window.output.width)
    }
}

/// y = the greatest value of each window;  x' gets y' where that value came from.
///
/// Keeps one number for each output, the winning tap: an equality mask would count ties twice.
struct MaxPool2D: WindowPool {
    let kernel: Extent
    let stride: Extent
    let padding: Extent

    var kind: String { "maxPool" }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, geometry) = (node.inputs[0], node.output, geometry(node.inputShapes[0]))
        let taps = plan.value(.sample, node.member.shape.count)
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
        plan.add("backward", of: node, .samples, reads: [dy, taps], writes: [dx]) { item in
            maxPoolBackward(
                geometry, outputGradient: item[dy], taps: item[taps], into: item[dx], accumulating: accumulates)
        }
    }
}

/// y = the mean of each window, padding counted as zeros;  x' gets y'/taps everywhere the window was.
struct AveragePool2D: WindowPool {
    let kernel: Extent
    let stride: Extent
    let padding: Extent

    var kind: String { "averagePool" }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, geometry) = (node.inputs[0], node.output, geometry(node.inputShapes[0]))
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            averagePoolForward(geometry, input: item[x], into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let geometry = geometry(node.inputShapes[0])
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            averagePoolBackward(geometry, outputGradient: item[dy], into: item[dx], accumulating: accumulates)
        }
    }
}

/// y = the mean of each channel, as an average pool whose one window is the image.
struct GlobalAveragePool: Layer {
    var kind: String { "globalAveragePool" }

    private func pool(_ input: Shape) -> AveragePool2D {
        let size = Extent(height: input.height, width: input.width)
        return AveragePool2D(kernel: size, stride: size, padding: 0)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { Shape(channels: inputs[0].channels) }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        pool(node.inputShapes[0]).forward(node, plan)
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        pool(node.inputShapes[0]).backward(node, plan)
    }
}
