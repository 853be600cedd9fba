import Kernels

/// The rule by which a step changes the weights.
public enum Optimizer: Sendable, Equatable {
    /// Adam (Kingma and Ba, 2015) with PyTorch's defaults.
    case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    /// Stochastic gradient descent with momentum, as PyTorch has it: v = µ·v + g, w −= rate·v.
    case sgd(momentum: Double = 0)
}

extension PlanBuilder {
    /// Adds the optimizer's pass over all weights, which waits for `condition`. Step s is its update number s + 1.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addOptimizer(_ optimizer: Optimizer, after condition: Value) {
        let count = trainableSlabCount
        guard count > 0 else { return }
        let slabs = [Slab.weights, .gradients, .firstMoment, .secondMoment].map {
            value(.whole, count, home: .slab($0, 0))
        }
        let (weights, gradients, first, second) = (slabs[0], slabs[1], slabs[2], slabs[3])
        let writes = slabs + nodes.flatMap { $0.parameters.values }
        let piece = 8192
        add("optimizer", .pieces((count + piece - 1) / piece), reads: [condition], writes: writes) { item in
            let start = item.piece * piece
            let length = min(piece, count - start)
            let rate = item.state.pointee.learningRate
            switch optimizer {
            case .adam(let beta1, let beta2, let epsilon):
                let update = item.step + 1
                adamStep(
                    weights: item[weights] + start, gradients: item[gradients] + start, mean: item[first] + start,
                    square: item[second] + start, count: length, beta1: Scalar(beta1), beta2: Scalar(beta2),
                    epsilon: Scalar(epsilon), stepSize: Scalar(rate / (1 - power(beta1, update))),
                    rootScale: Scalar(1 / (1 - power(beta2, update)).squareRoot()))
            case .sgd(let momentum):
                momentumStep(
                    weights: item[weights] + start, gradients: item[gradients] + start,
                    velocity: item[first] + start, count: length, momentum: Scalar(momentum), rate: Scalar(rate))
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
