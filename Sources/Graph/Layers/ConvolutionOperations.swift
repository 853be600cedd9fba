import LanesKernels

// What a convolution and a transposed one have in common.

/// Throws unless the groups divide both numbers of channels.
func checkGroups(_ groups: Int, _ inputs: Int, _ outputs: Int) throws(LayerError) {
    guard groups > 0, inputs % groups == 0, outputs % groups == 0 else {
        throw LayerError(
            found: "\(groups) groups of \(inputs) input channels and \(outputs) output channels",
            expected: "a number that divides both")
    }
}

/// The weights of a convolution [outputs, inputs/groups, height, width], and a bias unless there are no biases.
func convolutionParameters(_ geometry: ConvolutionGeometry, biases: Int, bound: Double) -> [Parameter] {
    let (window, groups) = (geometry.window, geometry.groups)
    let layout: Parameter.Layout =
        geometry.isDepthwise
        ? .channelsLast(channels: geometry.outputChannels, positions: window.taps)
        : .panels(
            groups: groups, outputs: geometry.outputChannels / groups, channels: window.channels / groups,
            positions: window.taps)
    let weight = Parameter(
        "weight",
        shape: [geometry.outputChannels, window.channels / groups, window.kernel.height, window.kernel.width],
        layout: layout, initial: .uniform(bound))
    return biases > 0 ? [weight, Parameter("bias", shape: [biases], initial: .uniform(bound))] : [weight]
}

extension PlanBuilder {
    /// The weights as the forward pass reads them.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forwardWeights(_ geometry: ConvolutionGeometry, _ node: PlannedNode) -> Value {
        let weight = node.parameter("weight")
        guard geometry.forwardWeightCount > 0 else { return weight }
        let prepared = value(.whole, geometry.forwardWeightCount)
        add("prepare forward", of: node, .pieces(1), reads: [weight], writes: [prepared]) { item in
            geometry.prepareForward(item[weight], into: item[prepared])
        }
        return prepared
    }

    /// The weights as the pass back to the input reads them.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backwardWeights(_ geometry: ConvolutionGeometry, _ node: PlannedNode) -> Value {
        let weight = node.parameter("weight")
        guard geometry.backwardWeightCount > 0 else { return weight }
        let prepared = value(.whole, geometry.backwardWeightCount)
        add(
            "prepare backward", of: node, .pieces(1), reads: [weight], writes: [prepared],
            workspace: geometry.prepareBackwardWorkspaceCount
        ) { item in
            geometry.prepareBackward(item[weight], into: item[prepared], workspace: item.workspace)
        }
        return prepared
    }

    /// The weights' gradient, where it is wanted.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addWeightGradient(
        _ geometry: ConvolutionGeometry, _ node: PlannedNode, input x: Value, outputGradient dy: Value
    ) {
        guard let gradient = node.parameterGradient("weight") else { return }
        let partial = value(.group, geometry.weightCount)
        add(
            "backward weights", of: node, .samples, reads: [x, dy], writes: [partial],
            workspace: geometry.passWorkspaceCount, takesSeveral: geometry.takesSeveral, isCheap: false
        ) { item in
            geometry.backwardWeights(
                samples: item.sampleCount, input: item[x], outputGradient: item[dy], into: item[partial],
                accumulating: !item.isFirstOfGroup, separately: item.isGroupLong, workspace: item.workspace)
        }
        addSumOfGroups(partial, into: gradient, "sum weights", node)
    }

    /// The bias's gradient, where it is wanted: the sum of the output's.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addBiasGradient(_ node: PlannedNode, _ dy: Value, channels: Int) {
        guard let gradient = node.parameterGradient("bias") else { return }
        let (partial, rows) = (value(.group, channels), node.shape.height * node.shape.width)
        add("backward bias", of: node, .samples, reads: [dy], writes: [partial]) { item in
            sumRows(
                item[dy], rows: rows, columns: channels, into: item[partial], accumulating: !item.isFirstOfGroup,
                separately: item.isGroupLong)
        }
        addSumOfGroups(partial, into: gradient, "sum bias", node)
    }
}
