import LanesKernels

// What a step does besides the layers' passes: loading its batch, the losses, and the proof that it is finite.

extension PlanBuilder {
    /// All operations of a step, in the order in which they could run one after the other.
    func addAll(
        _ optimizer: Optimizer?, feed: Feed<Scalar>, hasLosses: Bool, skipsBackward: Bool
    ) throws(GraphError) -> ResultValues {
        let targets = addLoad(from: feed, hasTargets: hasLosses)
        addForward()
        guard hasLosses else { return ResultValues() }
        let results = addLosses(targets: targets)
        if isTraining, !skipsBackward { try addBackward() }
        guard let losses = results.losses else { return results }
        let check = addCheck(losses, maximumNorm: optimizer?.maximumNorm)
        if let optimizer {
            addUpdates(after: check.condition)
            addOptimizer(optimizer, after: check.condition, gradientScale: check.gradientScale)
        }
        return results
    }
}

/// The values that a step's results are read from.
struct ResultValues {
    /// Of every sample: the loss of each head, before the head's weight and after the sample's own.
    var losses: Value?
    /// Of every sample: what it counts in the mean of each head; nil where all count the same.
    var weights: Value?
    /// Of every sample: for each head the place of its greatest output.
    var predictions: Value?
    /// Of every head, what its output is compared with.
    var targets: [Value] = []
}

extension PlanBuilder {
    /// Adds the operation that asks the batch source for a sample.
    ///
    /// - Parameter hasTargets: Whether it is asked for targets too.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addLoad(from feed: Feed<Scalar>, hasTargets: Bool) -> [Value] {
        let inputs = nodes.filter { $0.member.layer is Input }.map { ($0.output, $0.shape.count) }
        let counts = hasTargets ? graph.targets.map(\.count) : []
        let targets = counts.map { value(.sample, $0, pinned: true) }
        let heads = graph.heads.map { ($0.name, $0.loss) }
        let outputCounts = graph.headOutputs.map { graph.members[$0].shape.count }
        addOperation("load batch", .samples, reads: [], writes: inputs.map(\.0) + targets) { item in
            guard let source = feed.source else { return }
            do {
                for (index, (input, count)) in inputs.enumerated() {
                    var values = MutableSpan(_unsafeStart: item[input], count: count)
                    try source.load(sample: item.sample, ofStep: item.step, input: index, into: &values)
                }
                for (head, target) in targets.enumerated() {
                    var values = MutableSpan(_unsafeStart: item[target], count: counts[head])
                    // A source that writes nothing must not pass for one that does.
                    values.update(repeating: .nan)
                    try source.target(ofSample: item.sample, ofStep: item.step, head: head, into: &values)
                    let (name, loss) = heads[head]
                    guard let problem = loss.problem(values.span, outputCount: outputCounts[head]) else { continue }
                    throw TrainingError.target(problem: problem, head: name, sample: item.sample, step: item.step)
                }
            } catch {
                feed.fail(error, sample: item.sample)
                // The phase goes on to its end, with targets that every loss can take.
                for (head, target) in targets.enumerated() { clear(item[target], count: counts[head]) }
            }
        }
        return targets
    }

    /// Adds every head's loss, and where training the gradient that it starts.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addLosses(targets: [Value]) -> ResultValues {
        let heads = graph.heads.count
        let losses = value(.sample, heads, pinned: true)
        let predictions = value(.sample, heads, pinned: true)
        let isWeighted = graph.heads.contains { $0.loss.isWeighted }
        let weights = isWeighted ? value(.sample, heads, pinned: true) : nil
        for (index, head) in graph.heads.enumerated() {
            let node = nodes[graph.headOutputs[index]]
            let (output, count, weight, loss) = (node.output, node.shape.count, head.weight, head.loss)
            let (target, targetCount) = (targets[index], graph.targets[index].count)
            let slope = isTraining ? gradient(of: node.index) : nil
            let (gradient, accumulates) = (slope?.value, slope?.accumulates ?? false)
            let total = loss.isWeighted ? addTotalWeight(of: loss, target, targetCount) : nil
            let isSummed = loss is Projection
            addOperation(
                "loss \(head.name)", .samples, reads: [output, target] + (total.map { [$0] } ?? []),
                writes: [losses, predictions] + [weights, gradient].compactMap(\.self),
                workspace: accumulates ? 2 * roundedToVectors(count) : count
            ) { item in
                let values = Span(_unsafeStart: item[output], count: count)
                let wanted = Span(_unsafeStart: item[target], count: targetCount)
                let share: Scalar = loss.isWeighted ? loss.weight(wanted) : 1
                if let weights { item[weights][index] = share }
                var factor = isSummed ? Scalar(weight) : Scalar(weight / Double(item.samples))
                // Where nothing counts the loss is 0.
                if let total { factor = item[total][0] > 0 ? Scalar(weight) / item[total][0] : 0 }
                // What is there already must be added to, and losses only write.
                let start = gradient.map { accumulates ? item.workspace + roundedToVectors(count) : item[$0] }
                var slope = MutableSpan(_unsafeStart: start ?? item.workspace, count: start == nil ? 0 : count)
                var workspace = MutableSpan(_unsafeStart: item.workspace, count: count)
                let result = loss.value(values, wanted, scale: factor, gradient: &slope, workspace: &workspace)
                item[losses][index] = result
                item[predictions][index] = Scalar(argmax(item[output], count: count))
                if accumulates, let start, let gradient {
                    scale(start, by: 1, count: count, into: item[gradient], accumulating: true)
                }
            }
        }
        return ResultValues(losses: losses, weights: weights, predictions: predictions, targets: targets)
    }

    /// Adds the sum of what all samples count, in their order.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func addTotalWeight(of loss: any Loss, _ target: Value, _ count: Int) -> Value {
        let total = value(.whole, 1)
        addOperation("weigh batch", .pieces(1), reads: [target], writes: [total]) { item in
            // In Double, as a Float counts no further than 2²⁴ and is off long before.
            var sum = 0.0
            for sample in 0..<item.samples {
                sum += Double(loss.weight(Span(_unsafeStart: item[target] + sample * count, count: count)))
            }
            item[total][0] = Scalar(sum)
        }
        return total
    }

    /// Adds the test that stops a step before it changes the weights, and where gradients are clipped their norm.
    ///
    /// - Returns: What updates must wait for, and the factor of the gradients.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addCheck(
        _ losses: Value, maximumNorm: Double?
    ) -> (condition: Value, gradientScale: Value) {
        let (condition, gradientScale) = (value(.whole, 1), value(.whole, 1))
        let gradients = value(.whole, trainableSlabCount, home: .slab(.gradients, 0))
        let runs = maximumNorm == nil ? unprovenRuns() : [0..<trainableSlabCount]
        let pieces = runs.flatMap { run in
            stride(from: run.lowerBound, to: run.upperBound, by: 16_384).map { $0..<min($0 + 16_384, run.upperBound) }
        }
        // Of each piece: 0, or NaN where something is not finite; with clipping, the sum of the squares.
        let sums = value(.whole, max(pieces.count, 1))
        if isTraining, !pieces.isEmpty {
            addOperation(
                "check gradients", .pieces(pieces.count), reads: nodes.flatMap(\.gradients), writes: [sums]
            ) { item in
                let (start, length) = (item[gradients] + pieces[item.piece].lowerBound, pieces[item.piece].count)
                if maximumNorm != nil {
                    item[sums][item.piece] = Scalar(squaredSum(start, count: length))
                } else {
                    item[sums][item.piece] = allFinite(start, count: length) ? 0 : .nan
                }
            }
        }
        let (heads, isTraining, proofs) = (
            graph.heads.count, isTraining, isTraining ? proofs.sorted { $0.id < $1.id } : []
        )
        let proofCounts = proofs.map { values[$0.id].count }
        addOperation(
            "check step", .pieces(1), reads: [losses, sums] + proofs, writes: [condition, gradientScale]
        ) { item in
            // A training step whose loss is finite may still have a gradient that is not.
            var finite = allFinite(item[losses], count: item.samples * heads)
            if isTraining, !pieces.isEmpty { finite = finite && allFinite(item[sums], count: pieces.count) }
            for index in proofs.indices where finite {
                finite = allFinite(item[proofs[index]], count: proofCounts[index])
            }
            if isTraining && !finite { item.state.pointee.isHalted = true }
            item[gradientScale][0] = 1
            guard let maximumNorm, isTraining, !pieces.isEmpty else { return }
            var total = 0.0
            for piece in pieces.indices { total += Double(item[sums][piece]) }
            // As PyTorch's clip_grad_norm_ has it.
            item[gradientScale][0] = Scalar(min(1, maximumNorm / (total.squareRoot() + 1e-6)))
        }
        return (condition, gradientScale)
    }

    /// Where in the slab lie the gradients that must be read for the proof that they are finite.
    private func unprovenRuns() -> [Range<Int>] {
        nodes.flatMap(\.gradients).filter { !isProven($0) }.sorted { $0.id < $1.id }.compactMap { gradient in
            guard case .slab(_, let start) = values[gradient.id].home else { return nil }
            return start..<start + values[gradient.id].count
        }
    }
}
