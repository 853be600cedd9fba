import LanesKernels

extension Executor {
    /// Repeats the forward and backward passes of the current step with every value kept, and names the first that is not
    /// finite. The weights are not changed.
    func findNotFinite(_ source: any BatchSource<Scalar>) -> String? {
        var frozen: Set<String> = []
        if case .training(let optimizer?) = mode { frozen = optimizer.frozen(of: graph) }
        guard
            let probe = try? Executor(
                graph, parameters: parameters, mode: .training(nil), batchSize: batchSize, threads: 1, seed: seed,
                inputGradients: false, keepsEverything: true, frozen: frozen)
        else { return nil }
        let step = state.pointee.step
        // It stops for the same reason; what it left in memory is what we want.
        _ = try? probe.runPhases(step: step, source: source)
        let samples = state.pointee.samples
        func isFinite(_ value: Value) -> Bool {
            let count = probe.plan.values[value.id].count * samples
            return allFinite(probe.pinned(value).assumingMemoryBound(to: Scalar.self), count: count)
        }
        let nodes = probe.builder.nodes
        if let node = nodes.first(where: { !isFinite($0.output) }) { return "the output of \(node.member.name)" }
        if let losses = probe.results.losses, !isFinite(losses) { return "the loss" }
        for node in nodes.reversed() {
            if let gradient = probe.builder.gradientValue(of: node.index), !isFinite(gradient) {
                return "the gradient of the output of \(node.member.name)"
            }
        }
        for slot in parameters.slots where slot.parameter.isTrainable {
            let start = probe.gradients.baseAddress.unsafelyUnwrapped + slot.offset
            if !allFinite(start, count: slot.parameter.slabCount) { return "the gradient of \(slot.name)" }
        }
        return nil
    }

    private func runPhases(step: Int, source: any BatchSource<Scalar>) throws(TrainingError) {
        feed.source = source
        try begin(step: step, source: source, learningRate: .constant(0))
        for (index, phase) in plan.phases.enumerated() {
            for item in 0..<phase.items { perform(item, of: index, as: 0) }
        }
    }
}
