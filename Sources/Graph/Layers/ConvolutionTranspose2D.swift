import LanesKernels

/// Transposed convolution, the adjoint of a convolution that would make an image of the input's size of one of the output's:
///
///     Y = col2im(X·Wᵀ) + b        X' = im2col(Y')·W        W' = im2col(Y')ᵀ·X        b' = Σ Y'
///
/// So it runs on that convolution's passes with the roles swapped, and its weights lie as that one's do. Keeps X.
struct ConvolutionTranspose2D: Layer {
    let channels: Int
    let kernel: Extent
    let stride: Extent
    let padding: Padding
    /// Rows and columns that the output has more, at the bottom and on the right: which of the sizes that the convolution
    /// would map to the input's is meant.
    let outputPadding: Extent
    let dilation: Extent
    let groups: Int
    let hasBias: Bool

    var kind: String { "convTranspose2d" }
    var detail: String {
        let window = WindowGeometry(
            input: 1, channels: 1, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
        let more = outputPadding == 0 ? "" : " output pad \(outputPadding)"
        return window.description + more + (groups == 1 ? "" : " groups \(groups)")
    }

    /// The convolution that it is the adjoint of.
    func geometry(_ input: Shape) -> ConvolutionGeometry {
        func size(_ input: Int, _ stride: Int, _ pads: Int, _ dilation: Int, _ kernel: Int, _ more: Int) -> Int {
            (input - 1) * stride - pads + dilation * (kernel - 1) + more + 1
        }
        let output = Extent(
            height: size(
                input.height, stride.height, padding.top + padding.bottom, dilation.height, kernel.height,
                outputPadding.height),
            width: size(
                input.width, stride.width, padding.left + padding.right, dilation.width, kernel.width,
                outputPadding.width))
        return ConvolutionGeometry(
            window: WindowGeometry(
                input: output, channels: channels, kernel: kernel, stride: stride, padding: padding,
                dilation: dilation),
            outputChannels: input.channels, groups: groups)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard channels > 0 else { throw LayerError(found: "\(channels) channels", expected: "1 or more") }
        try checkGroups(groups, inputs[0].channels, channels)
        // Before the size of the output is worked out, which could overflow.
        try checkNumbers(
            WindowGeometry(
                input: 1, channels: 1, kernel: kernel, stride: stride, padding: padding, dilation: dilation))
        guard (0..<stride.height).contains(outputPadding.height), (0..<stride.width).contains(outputPadding.width)
        else {
            throw LayerError(found: "output padding \(outputPadding)", expected: "less than the stride \(stride)")
        }
        let window = geometry(inputs[0]).window
        guard window.input.height > 0, window.input.width > 0 else {
            throw LayerError(
                found: "an output of \(window.input)", expected: "1×1 or more: less padding, or a larger image")
        }
        try check(window)
        return Shape(channels: channels, height: window.input.height, width: window.input.width)
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let geometry = geometry(inputs[0])
        // PyTorch's: it takes the second dimension of the weights for the inputs.
        let bound = 1 / Double(geometry.group.window.patch).squareRoot()
        return convolutionParameters(geometry, biases: hasBias ? channels : 0, bound: bound)
    }

    func multiplyAdds(_ inputs: [Shape]) -> Int { geometry(inputs[0]).multiplyAdds }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, geometry) = (node.inputs[0], node.output, geometry(node.inputShapes[0]))
        let (positions, channels) = (node.shape.height * node.shape.width, channels)
        let bias = hasBias ? node.parameter("bias") : nil
        let weights = plan.backwardWeights(geometry, node)
        plan.add(
            "forward", of: node, .samples, reads: [x, weights] + (bias.map { [$0] } ?? []), writes: [y],
            workspace: geometry.passWorkspaceCount, takesSeveral: geometry.takesSeveral, isCheap: false
        ) { item in
            if let bias { repeatRow(item[bias], rows: item.sampleCount * positions, columns: channels, into: item[y]) }
            geometry.backwardData(
                samples: item.sampleCount, outputGradient: item[x], weight: item[weights], into: item[y],
                accumulating: bias != nil,
                workspace: item.workspace)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, geometry) = (node.inputs[0], geometry(node.inputShapes[0]))
        if let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) {
            let weights = plan.forwardWeights(geometry, node)
            plan.add(
                "backward data", of: node, .samples, reads: [dy, weights], writes: [dx],
                workspace: geometry.passWorkspaceCount, takesSeveral: geometry.takesSeveral, isCheap: false
            ) { item in
                geometry.forward(
                    samples: item.sampleCount, input: item[dy], weight: item[weights], bias: nil, into: item[dx],
                    accumulating: accumulates,
                    workspace: item.workspace)
            }
        }
        plan.addWeightGradient(geometry, node, input: dy, outputGradient: x)
        plan.addBiasGradient(node, dy, channels: channels)
    }
}

extension Node {
    /// Transposed convolution to `channels` channels, which makes images larger where the stride is above 1. Parameters:
    /// `weight` [input channels, channels/groups, height, width], `bias`: PyTorch's `ConvTranspose2d`.
    ///
    /// - Parameters:
    ///   - channels: Channels of the output.
    ///   - kernel: The height and width of a filter.
    ///   - stride: How many pixels of the output lie between those of neighbouring inputs.
    ///   - padding: Rows and columns that are cut off the output.
    ///   - outputPadding: Rows and columns more at the bottom and on the right; less than the stride.
    ///   - dilation: The distance between neighbouring places of a filter.
    ///   - groups: Divides both numbers of channels; each group of outputs sees one group of inputs.
    ///   - bias: Whether each channel has a bias.
    ///   - name: The prefix of the parameters' names, as PyTorch's module has it.
    public func convTranspose2d(
        _ channels: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0, outputPadding: Extent = 0,
        dilation: Extent = 1, groups: Int = 1, bias: Bool = true, name: String? = nil
    ) -> Node {
        let layer = ConvolutionTranspose2D(
            channels: channels, kernel: kernel, stride: stride, padding: padding, outputPadding: outputPadding,
            dilation: dilation, groups: groups, hasBias: bias)
        return apply(layer, name: name)
    }
}
