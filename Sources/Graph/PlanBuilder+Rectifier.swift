extension PlanBuilder {
    // A layer that works in pieces can rectify each while it is in cache, where a phase of its own would fetch all of them
    // from other workers' caches: 0.98 of a step of `mlp`.

    /// Whether a layer is to rectify its output, because the one reader of it is a ReLU in its place. Ask in the forward
    /// pass, once.
    func joinsRectifier(after node: PlannedNode) -> Bool {
        guard let reader = nodes.first(where: { $0.member.inputs.contains(node.index) }), reader.member.layer is ReLU,
            node.member.consumers == 1, reader.output == node.output
        else { return false }
        joined.insert(reader.index)
        return true
    }

    /// Whether a layer is to make 0 of its input's gradient where the input is not above 0, because it alone reads a ReLU.
    /// Ask in the backward pass, once.
    func joinsRectifier(before node: PlannedNode) -> Bool {
        let input = node.member.inputs[0]
        guard graph.members[input].layer is ReLU, graph.members[input].consumers == 1, !keepsEverything else {
            return false
        }
        joinedBackward.insert(input)
        return true
    }

    /// Whether the layer before has done a ReLU's forward pass.
    func hasJoined(_ node: PlannedNode) -> Bool { joined.contains(node.index) }

    /// Whether the layer behind has done a ReLU's backward pass, on the gradient of its output.
    func hasJoinedBackward(_ node: PlannedNode) -> Bool { joinedBackward.contains(node.index) }
}
