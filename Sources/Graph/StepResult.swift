import LanesKernels

/// The results of a step. Valid only inside the closure `report` of `Executor.run` that gets it.
public struct StepResult<Scalar: KernelScalar> {
    /// The step's number, as `Executor.run` was given it.
    public let step: Int
    /// Samples in the batch.
    public let samples: Int
    /// The rate that the optimizer used; of no meaning where nothing was trained.
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
        let (total, weight) = lossSum(ofHead: head)
        if executor.graph.heads[head].loss is Projection { return total }
        return weight > 0 ? total / weight : 0
    }

    /// The sum of a head's losses over the batch, and what its samples count together: their number, unless the loss
    /// weighs them.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func lossSum(ofHead head: Int) -> (loss: Double, weight: Double) {
        guard let values = executor.results.losses else { return (0, 0) }
        let heads = executor.graph.heads.count
        let losses = executor.pinned(values).assumingMemoryBound(to: Scalar.self)
        var total = 0.0
        for sample in 0..<samples { total += Double(losses[sample * heads + head]) }
        guard executor.graph.heads[head].loss.isWeighted, let values = executor.results.weights else {
            return (total, Double(samples))
        }
        let weights = executor.pinned(values).assumingMemoryBound(to: Scalar.self)
        var weight = 0.0
        for sample in 0..<samples { weight += Double(weights[sample * heads + head]) }
        return (total, weight)
    }

    /// The sum of all heads' losses, weighted: what is minimized.
    public var loss: Double {
        var total = 0.0
        for (index, head) in executor.graph.heads.enumerated() { total += head.weight * loss(ofHead: index) }
        return total
    }

    /// The place of the greatest output: the class, where the head has classes.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func prediction(ofHead head: Int, sample: Int) -> Int {
        check(head, sample)
        guard let values = executor.results.predictions else {
            return output(ofHead: head, sample: sample).enumerated().max { $0.element < $1.element }?.offset ?? 0
        }
        let predictions = executor.pinned(values).assumingMemoryBound(to: Scalar.self)
        return Int(predictions[sample * executor.graph.heads.count + head])
    }

    /// A head's output of a sample, [height][width][channels].
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func output(ofHead head: Int, sample: Int) -> [Scalar] {
        check(head, sample)
        return values(of: executor.builder.nodes[executor.builder.graph.headOutputs[head]], sample)
    }

    /// What the batch source gave as the head's target: the number of a class, or the target's numbers.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func target(ofHead head: Int, sample: Int) -> [Scalar] {
        check(head, sample)
        guard executor.results.targets.indices.contains(head) else { return [] }
        let count = executor.graph.targets[head].count
        let values = executor.pinned(executor.results.targets[head]).assumingMemoryBound(to: Scalar.self)
        return Array(UnsafeBufferPointer(start: values + sample * count, count: count))
    }

    /// A head's output and target without a copy.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func withOutput(
        ofHead head: Int, sample: Int, _ body: (_ output: Span<Scalar>, _ target: Span<Scalar>) -> Void
    ) {
        check(head, sample)
        let node = executor.builder.nodes[executor.builder.graph.headOutputs[head]]
        let (count, targetCount) = (node.shape.count, executor.graph.targets[head].count)
        let output = executor.pinned(node.output).assumingMemoryBound(to: Scalar.self) + sample * count
        let target = executor.pinned(executor.results.targets[head]).assumingMemoryBound(to: Scalar.self)
        body(
            Span(_unsafeStart: output, count: count),
            Span(_unsafeStart: target + sample * targetCount, count: targetCount))
    }

    /// A node's output of a sample, [height][width][channels]; nil for a node that the executor was not asked to keep
    /// (`values` of its initializer).
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func values(of name: String, sample: Int) -> [Scalar]? {
        check(0, sample)
        guard let node = executor.builder.nodes.first(where: { $0.name == name }), executor.isRead(node) else {
            return nil
        }
        let (values, shape) = (values(of: node, sample), node.shape)
        guard shape.flattenedPositions > 1 else { return values }
        // A vector that lies as the image did.
        let (positions, channels) = (shape.flattenedPositions, shape.count / shape.flattenedPositions)
        return values.indices.map { values[$0 % positions * channels + $0 / positions] }
    }

    private func values(of node: PlannedNode, _ sample: Int) -> [Scalar] {
        let count = node.shape.count
        let values = executor.pinned(node.output).assumingMemoryBound(to: Scalar.self)
        return Array(UnsafeBufferPointer(start: values + sample * count, count: count))
    }

    /// The class that the batch source gave, by its number; -1 if what it gave is no whole number, and 0 for a head
    /// without classes.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func label(ofHead head: Int, sample: Int) -> Int {
        check(head, sample)
        guard case .label = executor.graph.targets[head], executor.results.targets.indices.contains(head) else {
            return 0
        }
        let labels = executor.pinned(executor.results.targets[head]).assumingMemoryBound(to: Scalar.self)
        return Int(exactly: labels[sample]) ?? -1
    }

    /// They are offsets into raw memory, so a wrong one must stop the program.
    private func check(_ head: Int, _ sample: Int) {
        require(executor.graph.heads.indices.contains(head), "no head \(head)")
        require((0..<samples).contains(sample), "no sample \(sample) in a batch of \(samples)")
    }

    /// For how many samples of the batch the predicted class is the right one.
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
    /// Whether a node's output can be read after a step.
    func isRead(_ node: PlannedNode) -> Bool { builder.values[node.output.id].isPinned }

    /// Takes over the layers' state (running means and the like) from the parameters into the averages.
    public func updateAverages() {
        guard let averages else { return }
        _ = averages.state.update(fromContentsOf: parameters.state)
    }

    /// A head's output of every sample of the last step, [samples][features]; images lie channels last. Empty before the
    /// first step and after one that failed.
    public func output(ofHead head: Int) -> [Scalar] {
        require(graph.heads.indices.contains(head), "no head \(head)")
        let node = builder.nodes[builder.graph.headOutputs[head]]
        return samples(of: node.output, count: node.member.shape.count)
    }

    /// The gradient of an input of the graph after the last step, [samples][height][width][channels]; empty unless
    /// input gradients were asked for and it has one, and like `output(ofHead:)` where no step was done.
    public func gradient(ofInput input: Int) -> [Scalar] {
        require(graph.inputs.indices.contains(input), "no input \(input)")
        let node = builder.nodes.filter { $0.member.node.layer is Input }[input]
        guard let value = builder.gradientValue(of: node.index) else { return [] }
        return samples(of: value, count: node.member.shape.count)
    }

    /// The numbers of the last step's samples.
    private func samples(of value: Value, count: Int) -> [Scalar] {
        guard state.pointee.isDone else { return [] }
        let values = pinned(value).assumingMemoryBound(to: Scalar.self)
        return Array(UnsafeBufferPointer(start: values, count: state.pointee.samples * count))
    }

    /// The gradient of a parameter after the last step, in PyTorch's order; nil for what has none: state,
    /// frozen parameters and unknown names.
    public func gradient(of parameter: String) -> [Scalar]? {
        guard case .training(let optimizer) = mode, let slot = parameters.slot(parameter), slot.parameter.isTrainable,
            optimizer?.rateFactor(of: parameter) != 0
        else { return nil }
        return parameters.values(slot, in: gradients)
    }
}
