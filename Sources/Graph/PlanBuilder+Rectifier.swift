extension PlanBuilder {
    // A layer that works in pieces can rectify each while it is in cache, where a phase of its own would fetch all of them
    // from other workers' caches: 0.98 of a step of `mlp`.

    /// Whether a layer has to rectify its output itself, since the one reader of it, in its place, is a ReLU: that plans no
    /// forward pass then. Ask in the forward pass.
    func takesOverRectifier(after node: PlannedNode) -> Bool {
        guard let reader = nodes.first(where: { $0.member.inputs.contains(node.index) }), reader.member.layer is ReLU,
            node.member.consumers == 1, reader.output == node.output
        else { return false }
        takenOver.insert(reader.index)
        return true
    }

    /// Whether a layer has to make 0 of its input's gradient where the input is not above 0, since it alone reads a ReLU
    /// whose input's gradient will take the place of its output's: the ReLU plans no backward pass then. Ask in the backward
    /// pass.
    func takesOverRectifier(before node: PlannedNode) -> Bool {
        let input = node.member.inputs[0]
        guard graph.members[input].layer is ReLU, graph.members[input].consumers == 1,
            let source = graph.members[input].inputs.first, keepsGradientsInPlace(of: source)
        else { return false }
        takenOverBackward.insert(input)
        return true
    }

    /// Whether a layer beside it does a ReLU's forward pass.
    func isTakenOver(_ node: PlannedNode) -> Bool { takenOver.contains(node.index) }

    /// Whether a layer behind it does a ReLU's backward pass.
    func isTakenOverBackward(_ node: PlannedNode) -> Bool { takenOverBackward.contains(node.index) }
}
