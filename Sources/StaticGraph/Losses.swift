import Kernels

/// The values that a step's results are read from.
struct ResultValues {
    /// Of every sample: the loss of each head, before its weight.
    let losses: Value
    /// Of every sample: for each head the class with the greatest output.
    let predictions: Value
    /// Of every sample: for each head its label, as Int32.
    let labels: Value
}

extension PlanBuilder {
    /// Adds the operation that asks the batch source for a sample.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addLoad(from feed: Feed<Scalar>) -> Value {
        let inputs = nodes.filter { $0.member.node.layer is Input }.map { ($0.output, $0.member.shape.count) }
        let labels = value(.sample, 4 * graph.heads.count, bytes: true, pinned: true)
        let classes = graph.headOutputs.enumerated().map { head, output in
            graph.headDirections[head] == nil ? graph.members[output].shape.count : nil
        }
        add("load batch", .samples, reads: [], writes: inputs.map(\.0) + [labels]) { item in
            guard let source = feed.source else { return }
            for (index, (input, count)) in inputs.enumerated() {
                var values = MutableSpan(_unsafeStart: item[input], count: count)
                source.load(sample: item.sample, ofStep: item.step, input: index, into: &values)
            }
            var values = MutableSpan(_unsafeStart: item.labels(labels), count: classes.count)
            source.labels(ofSample: item.sample, ofStep: item.step, into: &values)
            for (head, count) in classes.enumerated() {
                guard let count, !(0..<Int32(count)).contains(values[head]) else { continue }
                feed.fail(.label(Int(values[head]), classes: count, head: head, sample: item.sample, step: item.step))
                values[head] = 0
            }
        }
        return labels
    }

    /// Adds every head's loss, and where training the gradient that it starts.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addLosses(labels: Value) -> ResultValues {
        let heads = graph.heads.count
        let losses = value(.sample, heads, pinned: true)
        let predictions = value(.sample, heads, pinned: true)
        for (index, head) in graph.heads.enumerated() {
            let node = nodes[graph.headOutputs[index]]
            let (output, count, weight) = (node.output, node.member.shape.count, head.weight)
            let target = isTraining ? gradient(of: node.index) : nil
            let (gradient, accumulates) = (target?.value, target?.accumulates ?? false)
            let writes = [losses, predictions] + (gradient.map { [$0] } ?? [])
            if let direction = graph.headDirections[index] {
                let direction = nodes[direction].output
                add("loss \(head.name)", .samples, reads: [output, direction], writes: writes) { item in
                    item[losses][index] = dot(item[output], item[direction], count: count)
                    item[predictions][index] = 0
                    guard let gradient else { return }
                    scale(
                        item[direction], by: Scalar(weight), count: count, into: item[gradient],
                        accumulating: accumulates)
                }
                continue
            }
            let isCrossEntropy = if case .crossEntropy = head.loss { true } else { false }
            add("loss \(head.name)", .samples, reads: [output, labels], writes: writes, workspace: count) { item in
                var slope: UnsafeMutablePointer<Scalar>?
                if let gradient { slope = item[gradient] }
                let label = Int(item.labels(labels)[index])
                let factor = Scalar(weight / Double(item.samples))
                if isCrossEntropy {
                    item[losses][index] = crossEntropy(
                        item[output], label: label, count: count, scale: factor, gradient: slope,
                        accumulating: accumulates, workspace: item.workspace)
                } else {
                    item[losses][index] = negativeLogLikelihood(
                        item[output], label: label, count: count, scale: factor, gradient: slope,
                        accumulating: accumulates)
                }
                item[predictions][index] = Scalar(argmax(item[output], count: count))
            }
        }
        return ResultValues(losses: losses, predictions: predictions, labels: labels)
    }

    /// Adds the test that stops a step before it changes the weights. Returns what updates must wait for.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addCheck(_ results: ResultValues, feed: Feed<Scalar>) -> Value {
        let condition = value(.whole, 1)
        let count = trainableSlabCount
        let gradients = value(.whole, count, home: .slab(.gradients, 0))
        let piece = 16_384
        let pieces = (count + piece - 1) / piece
        let flags = value(.whole, max(pieces, 1))
        if isTraining, pieces > 0 {
            add(
                "check gradients", .pieces(pieces), reads: nodes.flatMap { $0.parameterGradients.values },
                writes: [flags]
            ) { item in
                let first = item.piece * piece
                let finite = allFinite(item[gradients] + first, count: min(piece, count - first))
                item[flags][item.piece] = finite ? 0 : .nan
            }
        }
        let (heads, isTraining) = (graph.heads.count, isTraining)
        add("check step", .pieces(1), reads: [results.losses, flags], writes: [condition]) { item in
            // A training step whose loss is finite may still have a gradient that is not.
            var finite = allFinite(item[results.losses], count: item.samples * heads)
            if isTraining, pieces > 0 { finite = finite && allFinite(item[flags], count: pieces) }
            if isTraining && !finite || feed.hasFailed { item.state.pointee.isHalted = true }
        }
        return condition
    }
}

extension WorkItem {
    func labels(_ value: Value) -> UnsafeMutablePointer<Int32> {
        UnsafeMutableRawPointer(bytes(value)).assumingMemoryBound(to: Int32.self)
    }
}
