import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Optimizer steps")
struct OptimizerTests {
    @Test("Adam, step by step from what it stored", arguments: [1, 2, 15, 16, 17, 100])
    func adam(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let weights = GuardedBuffer<Scalar>(random: count, seed: 1)
            let mean = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let square = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let (beta1, beta2, epsilon) = (Scalar(0.9), Scalar(0.999), Scalar(1e-8))
            let (b1, b2, e) = (Double(beta1), Double(beta2), Double(epsilon))
            for step in 1...4 {
                let gradients = GuardedBuffer<Scalar>(random: count, in: -1e-2...1e-2, seed: UInt64(step + 1))
                let stepSize = Scalar(1e-3 / (1 - Foundation.pow(b1, Double(step))))
                let rootScale = Scalar(1 / (1 - Foundation.pow(b2, Double(step))).squareRoot())
                let (oldWeights, oldMean, oldSquare) = (weights.values, mean.values, square.values)
                adamStep(
                    weights: weights.pointer, gradients: gradients.pointer, mean: mean.pointer,
                    square: square.pointer, count: count, beta1: beta1, beta2: beta2, epsilon: epsilon,
                    stepSize: stepSize, rootScale: rootScale)

                var (m, mSize, v): ([Double], [Double], [Double]) = ([], [], [])
                var (w, wSize): ([Double], [Double]) = ([], [])
                for (i, g) in gradients.values.enumerated() {
                    m.append(b1 * oldMean[i] + (1 - b1) * g)
                    mSize.append((2 - b1) * abs(oldMean[i]) + (1 - b1) * abs(g))
                    v.append(b2 * oldSquare[i] + (1 - b2) * g * g)
                    let scale = Double(stepSize) / (v[i].squareRoot() * Double(rootScale) + e)
                    w.append(oldWeights[i] - m[i] * scale)
                    wSize.append(abs(oldWeights[i]) + mSize[i] * scale)
                }
                // 1 − β, a difference or a square, a product and a sum each.
                expectClose(mean, m, roundings: 4, magnitudes: mSize, "mean, step \(step)")
                expectClose(square, v, roundings: 4, magnitudes: v, "square, step \(step)")
                // The root halves v's error: m's 4, v's 2, root, product, sum, step size, quotient, difference.
                expectClose(weights, w, roundings: 12, magnitudes: wSize, "weights, step \(step)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A gradient of zero moves no weight from rest")
    func adamAtRest() {
        let weights = GuardedBuffer<Float>(random: 20)
        let old = weights.values
        let zero = [Double](repeating: 0, count: 20)
        let (gradients, mean, square) = (
            GuardedBuffer<Float>(zero), GuardedBuffer<Float>(zero), GuardedBuffer<Float>(zero)
        )
        adamStep(
            weights: weights.pointer, gradients: gradients.pointer, mean: mean.pointer, square: square.pointer,
            count: 20, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, stepSize: 0.01, rootScale: 30)
        expectSame(weights.values, old)
    }

    @Test("Momentum, step by step from what it stored", arguments: [1, 2, 15, 16, 17, 100], [0, 0.9])
    func momentum(count: Int, momentum: Double) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let weights = GuardedBuffer<Scalar>(random: count, seed: 1)
            let velocity = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let (factor, rate) = (Scalar(momentum), Scalar(0.05))
            for step in 1...4 {
                let gradients = GuardedBuffer<Scalar>(random: count, seed: UInt64(step + 1))
                let (oldWeights, oldVelocity) = (weights.values, velocity.values)
                momentumStep(
                    weights: weights.pointer, gradients: gradients.pointer, velocity: velocity.pointer, count: count,
                    momentum: factor, rate: rate)
                var v = Sums(startingWith: gradients.values)
                var w = Sums(startingWith: oldWeights)
                for (i, g) in gradients.values.enumerated() {
                    v.add(Double(factor) * oldVelocity[i], to: i)
                    w.add(-Double(rate) * g, to: i)
                    w.add(-Double(rate) * Double(factor) * oldVelocity[i], to: i)
                }
                expectClose(velocity, v, "velocity, step \(step)")
                // The velocity's product and sum come first.
                expectClose(weights, w, extra: 2, "weights, step \(step)")
            }
        }
        check(Float.self)
        check(Double.self)
    }
}
