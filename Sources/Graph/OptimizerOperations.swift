import LanesKernels

/// Neighbouring parameters that are treated alike, as a part of the slab.
private struct SlabRun {
    var start: Int
    var count: Int
    let rateFactor: Double
    let decays: Bool
}

extension PlanBuilder {
    /// Adds the optimizer's pass over all weights, which waits for `condition`. Step s is its update number s + 1.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addOptimizer(_ optimizer: Optimizer, after condition: Value, gradientScale: Value) {
        let count = trainableSlabCount
        guard count > 0 else { return }
        let slabs = [Slab.weights, .gradients, .firstMoment, .secondMoment, .average].map {
            value(.whole, count, home: .slab($0, 0))
        }
        let (weights, gradients, first, second, average) = (slabs[0], slabs[1], slabs[2], slabs[3], slabs[4])
        let writes = slabs + nodes.flatMap(\.allParameters)
        let pieces = pieces(of: runs(optimizer))
        guard !pieces.isEmpty else { return }
        addOperation(
            "optimizer", .pieces(pieces.count), reads: [condition, gradientScale], writes: writes
        ) { item in
            let piece = pieces[item.piece]
            let (start, length) = (piece.start, piece.count)
            let rate = item.state.pointee.learningRate * piece.rateFactor
            let decay = piece.decays ? optimizer.weightDecay : 0
            // Decoupled from the gradient, decay shrinks the weights themselves.
            let (added, keep) = optimizer.isDecayDecoupled ? (0, 1 - rate * decay) : (decay, 1)
            let gradientScale = item[gradientScale][0]
            switch optimizer.rule {
            case .adam(let beta1, let beta2, let epsilon):
                let update = item.step + 1
                adamStep(
                    weights: item[weights] + start, gradients: item[gradients] + start, mean: item[first] + start,
                    square: item[second] + start, count: length, take1: Scalar(1 - beta1), beta2: Scalar(beta2),
                    take2: Scalar(1 - beta2), epsilon: Scalar(epsilon),
                    stepSize: Scalar(rate / (1 - power(beta1, update))),
                    rootScale: Scalar(1 / (1 - power(beta2, update)).squareRoot()), gradientScale: gradientScale,
                    decay: Scalar(added), keep: Scalar(keep))
            case .sgd(let momentum, let nesterov):
                momentumStep(
                    weights: item[weights] + start, gradients: item[gradients] + start,
                    velocity: item[first] + start, count: length, momentum: Scalar(momentum), nesterov: nesterov,
                    rate: Scalar(rate), gradientScale: gradientScale, decay: Scalar(added))
            case .rmsProp(let alpha, let epsilon, let momentum):
                rmsPropStep(
                    weights: item[weights] + start, gradients: item[gradients] + start, square: item[first] + start,
                    velocity: item[second] + start, count: length, alpha: Scalar(alpha), take: Scalar(1 - alpha),
                    epsilon: Scalar(epsilon), momentum: Scalar(momentum), rate: Scalar(rate),
                    gradientScale: gradientScale, decay: Scalar(added))
            }
            if let averageDecay = optimizer.averageDecay {
                movingAverage(
                    item[average] + start, of: item[weights] + start, count: length, take: Scalar(1 - averageDecay))
            }
        }
    }

    /// The parts of the slab that change, in order.
    private func runs(_ optimizer: Optimizer) -> [SlabRun] {
        var runs: [SlabRun] = []
        var offset = 0
        for node in nodes {
            for parameter in node.member.parameters where parameter.isTrainable {
                let run = SlabRun(
                    start: offset, count: parameter.slabCount,
                    rateFactor: optimizer.rateFactor(of: "\(node.name).\(parameter.name)"),
                    decays: optimizer.decaysVectors || parameter.shape.count > 1)
                offset += parameter.slabCount
                guard run.rateFactor > 0 else { continue }
                if let last = runs.last, last.start + last.count == run.start, last.rateFactor == run.rateFactor,
                    last.decays == run.decays || optimizer.weightDecay == 0
                {
                    runs[runs.count - 1].count += run.count
                } else {
                    runs.append(run)
                }
            }
        }
        return runs
    }

    private func pieces(of runs: [SlabRun]) -> [SlabRun] {
        let size = 8192
        return runs.flatMap { run in
            stride(from: 0, to: run.count, by: size).map { first in
                var piece = run
                (piece.start, piece.count) = (run.start + first, min(size, run.count - first))
                return piece
            }
        }
    }
}

/// baseⁿ by repeated squaring: the same bits on every system, unlike pow.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
    }
    return result
}
