import Kernels

/// What a step came to. Valid only within the report that it is handed to.
public struct StepResult<Scalar: KernelScalar> {
    public let step: Int
    /// Samples in the batch.
    public let samples: Int
    public let learningRate: Double
    private let executor: Executor<Scalar>

    init(_ executor: Executor<Scalar>, _ state: StepState) {
        self.executor = executor
        (step, samples, learningRate) = (state.step, state.samples, state.learningRate)
    }

    /// A head's mean loss over the batch (for a projection the sum), before its weight.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func loss(ofHead head: Int) -> Double {
        let heads = executor.graph.heads.count
        let losses = executor.pinned(executor.results.losses).assumingMemoryBound(to: Scalar.self)
        var total = 0.0
        for sample in 0..<samples { total += Double(losses[sample * heads + head]) }
        return executor.graph.headDirections[head] == nil ? total / Double(samples) : total
    }

    /// The sum of all heads' losses, weighted: what is minimized.
    public var loss: Double {
        var total = 0.0
        for (index, head) in executor.graph.heads.enumerated() { total += head.weight * loss(ofHead: index) }
        return total
    }

    /// The class with the greatest output.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func prediction(ofHead head: Int, sample: Int) -> Int {
        check(head, sample)
        let predictions = executor.pinned(executor.results.predictions).assumingMemoryBound(to: Scalar.self)
        return Int(predictions[sample * executor.graph.heads.count + head])
    }

    /// A head's output of a sample, [features]; images lie channels last.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func output(ofHead head: Int, sample: Int) -> [Scalar] {
        check(head, sample)
        let node = executor.builder.nodes[executor.builder.graph.headOutputs[head]]
        let count = node.member.shape.count
        let values = executor.pinned(node.output).assumingMemoryBound(to: Scalar.self)
        return Array(UnsafeBufferPointer(start: values + sample * count, count: count))
    }

    /// The class that the batch source named.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func label(ofHead head: Int, sample: Int) -> Int {
        check(head, sample)
        let labels = executor.pinned(executor.results.labels).assumingMemoryBound(to: Int32.self)
        return Int(labels[sample * executor.graph.heads.count + head])
    }

    /// Memory lies behind these numbers, so a wrong one must not go unseen.
    private func check(_ head: Int, _ sample: Int) {
        precondition(executor.graph.heads.indices.contains(head), "no head \(head)")
        precondition((0..<samples).contains(sample), "no sample \(sample) in a batch of \(samples)")
    }

    /// How many predictions are their labels.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func correct(ofHead head: Int) -> Int {
        var count = 0
        for sample in 0..<samples where prediction(ofHead: head, sample: sample) == label(ofHead: head, sample: sample)
        {
            count += 1
        }
        return count
    }
}

extension Executor {
    /// A head's output of every sample of the last step's batch size, [batch size][features]; images lie channels last.
    public func output(ofHead head: Int) -> [Scalar] {
        let node = builder.nodes[builder.graph.headOutputs[head]]
        let values = pinned(node.output).assumingMemoryBound(to: Scalar.self)
        return Array(UnsafeBufferPointer(start: values, count: batchSize * node.member.shape.count))
    }

    /// The gradient of an input of the graph after the last step, [batch size][height][width][channels]; empty unless input
    /// gradients were asked for and it has one.
    public func gradient(ofInput input: Int) -> [Scalar] {
        let node = builder.nodes.filter { $0.member.node.layer is Input }[input]
        guard let value = builder.gradientValue(of: node.index) else { return [] }
        let values = pinned(value).assumingMemoryBound(to: Scalar.self)
        return Array(UnsafeBufferPointer(start: values, count: batchSize * node.member.shape.count))
    }

    /// The gradient of a parameter after the last step, in PyTorch's order; nil for state and unknown names.
    public func gradient(of parameter: String) -> [Scalar]? {
        guard mode != .inference, let slot = parameters.slot(parameter), slot.parameter.isTrainable else { return nil }
        return parameters.values(slot, in: gradients)
    }
}
