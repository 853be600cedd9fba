import Kernels

/// Convolution (without the flip, as everywhere in this field), with the products drawn in `Kernels/Convolution.swift`:
///
///     Y = im2col(X)·W + b        X' = col2im(Y'·Wᵀ)        W' = im2col(X)ᵀ·Y'        b' = Σ Y'
///
/// Keeps X; the patches are made again in the backward pass, which costs less than storing them. W' and b' are summed
/// for each group of samples by itself, then over the groups in order. Where it can be, the products are Winograd's
/// (`Kernels/Winograd.swift`), with the weights transformed once a step.
struct Convolution2D: Layer {
    let channels: Int
    let kernel: Extent
    let stride: Extent
    let padding: Extent
    let dilation: Extent
    let hasBias: Bool

    var kind: String { "conv2d" }
    var detail: String { geometry(Shape(channels: 1)).window.description }

    private func geometry(_ input: Shape) -> ConvolutionGeometry {
        ConvolutionGeometry(
            window: WindowGeometry(
                input: Extent(height: input.height, width: input.width), channels: input.channels, kernel: kernel,
                stride: stride, padding: padding, dilation: dilation),
            outputChannels: channels)
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard channels > 0 else { throw LayerError(found: "\(channels) channels", expected: "1 or more") }
        let window = geometry(inputs[0]).window
        try check(window)
        return Shape(channels: channels, height: window.output.height, width: window.output.width)
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let fanIn = inputs[0].channels * kernel.height * kernel.width
        let bound = 1 / Double(fanIn).squareRoot()
        let weight = Parameter(
            "weight", shape: [channels, inputs[0].channels, kernel.height, kernel.width],
            layout: .panels(
                outputs: channels, channels: inputs[0].channels, positions: kernel.height * kernel.width),
            initial: .uniform(bound))
        return hasBias ? [weight, Parameter("bias", shape: [channels], initial: .uniform(bound))] : [weight]
    }

    func multiplyAdds(_ inputs: [Shape]) -> Int {
        let geometry = geometry(inputs[0])
        return geometry.outputCount * geometry.window.patch
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let weight = node.parameters["weight"] else { return }
        let (x, y, bias, geometry) = (
            node.inputs[0], node.output, node.parameters["bias"], geometry(node.inputShapes[0])
        )
        let weights = addTransform("transform weights", of: weight, geometry, node, plan) {
            winogradWeights(geometry, $0, into: $1)
        }
        plan.add(
            "forward", of: node, .samples, reads: [x, weights], writes: [y], workspace: Self.workspaceCount(geometry)
        ) { item in
            var start: UnsafeMutablePointer<Scalar>?
            if let bias { start = item[bias] }
            if geometry.isWinograd {
                winogradForward(
                    geometry, input: item[x], weight: item[weights], bias: start, into: item[y],
                    workspace: item.workspace)
            } else {
                convolutionForward(
                    geometry, input: item[x], weight: item[weights], bias: start, into: item[y],
                    workspace: item.workspace)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let weight = node.parameters["weight"],
            let weightGradient = node.parameterGradients["weight"]
        else { return }
        let (x, geometry, channels) = (node.inputs[0], geometry(node.inputShapes[0]), channels)
        if let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) {
            addBackwardData(geometry, node, plan, dy: dy, weight: weight, dx: dx, accumulates: accumulates)
        }
        let count = geometry.isWinograd ? geometry.winogradWeightCount : geometry.weightCount
        let partial = plan.value(.group, count)
        plan.add(
            "backward weights", of: node, .samples, reads: [x, dy], writes: [partial],
            workspace: Self.workspaceCount(geometry)
        ) { item in
            if geometry.isWinograd {
                winogradBackwardWeights(
                    geometry, input: item[x], outputGradient: item[dy], into: item[partial],
                    accumulating: !item.isFirstOfGroup, workspace: item.workspace)
            } else {
                convolutionBackwardWeights(
                    geometry, input: item[x], outputGradient: item[dy], into: item[partial],
                    accumulating: !item.isFirstOfGroup, workspace: item.workspace)
            }
        }
        if geometry.isWinograd {
            let sum = plan.value(.whole, count)
            plan.addSumOfGroups(partial, into: sum, "sum weights", node)
            plan.add("transform back", of: node, .pieces(1), reads: [sum], writes: [weightGradient]) { item in
                winogradWeightGradient(geometry, item[sum], into: item[weightGradient])
            }
        } else {
            plan.addSumOfGroups(partial, into: weightGradient, "sum weights", node)
        }
        if let biasGradient = node.parameterGradients["bias"] {
            let partial = plan.value(.group, channels)
            plan.add("backward bias", of: node, .samples, reads: [dy], writes: [partial]) { item in
                sumRows(
                    item[dy], rows: geometry.window.outputPositions, columns: channels, into: item[partial],
                    accumulating: !item.isFirstOfGroup)
            }
            plan.addSumOfGroups(partial, into: biasGradient, "sum bias", node)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func addBackwardData<Scalar: KernelScalar>(
        _ geometry: ConvolutionGeometry, _ node: PlannedNode, _ plan: PlanBuilder<Scalar>, dy: Value, weight: Value,
        dx: Value, accumulates: Bool
    ) {
        let transposed = plan.value(.whole, geometry.transposedWeightCount)
        let (patch, channels) = (geometry.window.patch, channels)
        plan.add("transpose weights", of: node, .pieces(1), reads: [weight], writes: [transposed]) { item in
            transposePanels(
                item[weight], rows: patch, columns: channels, panels: 0..<roundedToVectors(patch) / vectorWidth,
                into: item[transposed])
        }
        let weights = addTransform("turn weights", of: transposed, geometry, node, plan) {
            winogradTurnedWeights(geometry, $0, into: $1)
        }
        plan.add(
            "backward data", of: node, .samples, reads: [dy, weights], writes: [dx],
            workspace: Self.workspaceCount(geometry)
        ) { item in
            if geometry.isWinograd {
                winogradBackwardData(
                    geometry, outputGradient: item[dy], weight: item[weights], into: item[dx],
                    accumulating: accumulates, workspace: item.workspace)
            } else {
                convolutionBackwardData(
                    geometry, outputGradient: item[dy], transposedWeight: item[weights], into: item[dx],
                    accumulating: accumulates, workspace: item.workspace)
            }
        }
    }

    /// Weights as the products read them: transformed once a step for Winograd's, as they are for the others.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func addTransform<Scalar: KernelScalar>(
        _ label: String, of weights: Value, _ geometry: ConvolutionGeometry, _ node: PlannedNode,
        _ plan: PlanBuilder<Scalar>,
        transform: @escaping @Sendable (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
    ) -> Value {
        guard geometry.isWinograd else { return weights }
        let transformed = plan.value(.whole, geometry.winogradWeightCount)
        plan.add(label, of: node, .pieces(1), reads: [weights], writes: [transformed]) { item in
            transform(item[weights], item[transformed])
        }
        return transformed
    }

    private static func workspaceCount(_ geometry: ConvolutionGeometry) -> Int {
        geometry.isWinograd ? geometry.winogradWorkspaceCount : geometry.workspaceCount
    }
}
