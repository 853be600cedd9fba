import LanesKernels

/// Convolution (without the flip, as everywhere in this field), with the products drawn in `Kernels/Convolution.swift`:
///
///     Y = im2col(X)·W + b        X' = col2im(Y'·Wᵀ)        W' = im2col(X)ᵀ·Y'        b' = Σ Y'
///
/// Keeps X alone: the patches are read from where they lie in it, or made again in the backward pass. W' and b' are summed
/// within each group of samples, then over the groups in order. Which kernels do the products, and what they want the
/// weights made into once a step, is their own choice (`Kernels/ConvolutionPasses.swift`).
struct Convolution2D: Layer {
    let channels: Int
    let kernel: Extent
    let stride: Extent
    let padding: Padding
    let dilation: Extent
    /// Each group of output channels sees one group of input channels.
    let groups: Int
    let hasBias: Bool

    var kind: String { "conv2d" }
    var detail: String {
        let window = geometry(Shape(channels: groups)).window.description
        return groups == 1 ? window : "\(window) groups \(groups)"
    }

    func geometry(_ input: Shape) -> ConvolutionGeometry {
        ConvolutionGeometry(
            window: WindowGeometry(
                input: Extent(height: input.height, width: input.width), channels: input.channels, kernel: kernel,
                stride: stride, padding: padding, dilation: dilation),
            outputChannels: channels, groups: groups)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard channels > 0 else { throw LayerError(found: "\(channels) channels", expected: "1 or more") }
        try checkGroups(groups, inputs[0].channels, channels)
        let window = geometry(inputs[0]).window
        try check(window)
        return Shape(channels: channels, height: window.output.height, width: window.output.width)
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let geometry = geometry(inputs[0])
        let bound = 1 / Double(geometry.group.window.patch).squareRoot()
        return convolutionParameters(geometry, biases: hasBias ? channels : 0, bound: bound)
    }

    func multiplyAdds(_ inputs: [Shape]) -> Int { geometry(inputs[0]).multiplyAdds }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, geometry) = (node.inputs[0], node.output, geometry(node.inputShapes[0]))
        let bias = hasBias ? node.parameter("bias") : nil
        let weights = plan.forwardWeights(geometry, node)
        let reads = [x, weights] + (bias.map { [$0] } ?? [])
        // A band of some 5 µs is worth a meeting.
        let bands = geometry.bands(atMost: min(plan.mostBands, geometry.multiplyAdds / 250_000))
        if bands.count > 1 {
            let workspace = bands.map(\.geometry.passWorkspaceCount).max() ?? 0
            plan.add("forward", of: node, .pieces(bands.count), reads: reads, writes: [y], workspace: workspace) {
                item in
                let band = bands[item.piece]
                var start: UnsafeMutablePointer<Scalar>?
                if let bias { start = item[bias] }
                band.geometry.forward(
                    input: item[x] + band.input, weight: item[weights], bias: start, into: item[y] + band.output,
                    workspace: item.workspace)
            }
            return
        }
        plan.add(
            "forward", of: node, .samples, reads: reads, writes: [y],
            workspace: geometry.passWorkspaceCount, takesSeveral: geometry.takesSeveral, isCheap: geometry.isCheap
        ) { item in
            var start: UnsafeMutablePointer<Scalar>?
            if let bias { start = item[bias] }
            geometry.forward(
                samples: item.sampleCount, input: item[x], weight: item[weights], bias: start, into: item[y],
                workspace: item.workspace)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, geometry) = (node.inputs[0], geometry(node.inputShapes[0]))
        if let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) {
            let weights = plan.backwardWeights(geometry, node)
            plan.add(
                "backward data", of: node, .samples, reads: [dy, weights], writes: [dx],
                workspace: geometry.passWorkspaceCount, takesSeveral: geometry.takesSeveral, isCheap: false
            ) { item in
                geometry.backwardData(
                    samples: item.sampleCount, outputGradient: item[dy], weight: item[weights], into: item[dx],
                    accumulating: accumulates,
                    workspace: item.workspace)
            }
        }
        plan.addWeightGradient(geometry, node, input: x, outputGradient: dy)
        plan.addBiasGradient(node, dy, channels: channels)
    }
}

extension Node {
    /// Convolution with `channels` filters. Parameters: `weight` [channels, input channels/groups, height, width], `bias`.
    ///
    /// - Parameters:
    ///   - channels: Channels of the output, one for each filter.
    ///   - kernel: The height and width of a filter.
    ///   - stride: The distance between the places where filters are applied.
    ///   - padding: Zeros around the image, as many on each side or different ones; `.same(kernel:)` keeps its size.
    ///   - dilation: The distance between neighbouring places of a filter.
    ///   - groups: Divides both numbers of channels; as many as input channels make a depthwise convolution.
    ///   - bias: Whether each filter has a bias.
    ///   - name: The prefix of the parameters' names, as PyTorch's module has it.
    public func conv2d(
        _ channels: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0, dilation: Extent = 1,
        groups: Int = 1, bias: Bool = true, name: String? = nil
    ) -> Node {
        let layer = Convolution2D(
            channels: channels, kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups,
            hasBias: bias)
        return apply(layer, name: name)
    }
}
