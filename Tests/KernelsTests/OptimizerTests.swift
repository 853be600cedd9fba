import Foundation
import LanesKernels
import TestSupport
import Testing

@Suite("Optimizer steps")
struct OptimizerTests {
    @Test("Adam, step by step from what it stored", .namingCases)
    static func adamCases() {
        forEach(
            [1, 2, 15, 16, 17, 100], [[1.0, 0, 1], [0.25, 0, 1], [1, 0.1, 1], [1, 0, 0.99], [3, 0.01, 0.999]]
        ) { Self().adam(count: $0, variant: $1) }
    }

    func adam(count: Int, variant: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let weights = GuardedBuffer<Scalar>(random: count, seed: 1)
            let mean = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let square = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let (take1, beta2, take2, epsilon) = (Scalar(0.1), Scalar(0.999), Scalar(0.001), Scalar(1e-8))
            let (t1, b2, t2, e) = (Double(take1), Double(beta2), Double(take2), Double(epsilon))
            let (scale, decay, keep) = (Scalar(variant[0]), Scalar(variant[1]), Scalar(variant[2]))
            for step in 1...4 {
                let gradients = GuardedBuffer<Scalar>(random: count, in: -1e-2...1e-2, seed: UInt64(step + 1))
                let stepSize = Scalar(1e-3 / (1 - Foundation.pow(0.9, Double(step))))
                let rootScale = Scalar(1 / (1 - Foundation.pow(0.999, Double(step))).squareRoot())
                let (oldWeights, oldMean, oldSquare) = (weights.values, mean.values, square.values)
                adamStep(
                    weights: weights.pointer, gradients: gradients.pointer, mean: mean.pointer,
                    square: square.pointer, count: count, take1: take1, beta2: beta2, take2: take2, epsilon: epsilon,
                    stepSize: stepSize, rootScale: rootScale, gradientScale: scale, decay: decay, keep: keep)

                var (m, mSize, v, vSize): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
                var (w, wSize): ([Double], [Double]) = ([], [])
                for (i, raw) in gradients.values.enumerated() {
                    let g = raw * Double(scale) + Double(decay) * oldWeights[i]
                    let gSize = abs(raw * Double(scale)) + Double(decay) * abs(oldWeights[i])
                    m.append(oldMean[i] + t1 * (g - oldMean[i]))
                    mSize.append((1 + t1) * abs(oldMean[i]) + t1 * gSize)
                    v.append(b2 * oldSquare[i] + t2 * g * g)
                    vSize.append(b2 * oldSquare[i] + t2 * gSize * gSize)
                    let root = v[i].squareRoot() * Double(rootScale) + e
                    w.append(oldWeights[i] * Double(keep) - m[i] * Double(stepSize) / root)
                    // The root's error is v's, of 8 roundings at vSize, over 2√v.
                    wSize.append(
                        abs(oldWeights[i]) + Double(stepSize) / root * (mSize[i] + abs(m[i]) * vSize[i] / v[i]))
                }
                // The scale and the decay; then a difference or a square, a product and a sum each.
                expectClose(mean, m, roundings: 6, magnitudes: mSize, "mean, step \(step)")
                expectClose(square, v, roundings: 8, magnitudes: vSize, "square, step \(step)")
                // Root, product, sum, step size, quotient, difference.
                expectClose(weights, w, roundings: 14, magnitudes: wSize, "weights, step \(step)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Adam's first step is exact to the last digits", .namingCases)
    static func firstStepCases() {
        forEach([1e-6, 1e-3, 0.1, 1, 100]) { Self().firstStep(gradient: $0) }
    }

    func firstStep(gradient: Double) {
        let weights = GuardedBuffer<Float>([Double](repeating: 0, count: 20))
        let gradients = GuardedBuffer<Float>([Double](repeating: gradient, count: 20))
        let (mean, square) = (GuardedBuffer<Float>(weights.values), GuardedBuffer<Float>(weights.values))
        adamStep(
            weights: weights.pointer, gradients: gradients.pointer, mean: mean.pointer, square: square.pointer,
            count: 20, take1: Float(1 - 0.9), beta2: 0.999, take2: Float(1 - 0.999), epsilon: 1e-8,
            stepSize: Float(1e-3 / (1 - 0.9)), rootScale: Float(1 / (1 - 0.999).squareRoot()))
        // rate·g/(|g| + ε)
        let g = gradients.values[0]
        let exact = -1e-3 * g / (g + 1e-8)
        #expect(weights.values.allSatisfy { abs($0 / exact - 1) < 1.5e-7 }, "\(weights.values[0] / exact - 1)")
    }

    @Test("Without decay and scale the bits are those of plain Adam and plain momentum")
    func plainBits() {
        let count = 40
        func weights() -> GuardedBuffer<Float> { GuardedBuffer(random: count, seed: 1) }
        let gradients = GuardedBuffer<Float>(random: count, in: -1e-2...1e-2, seed: 2)
        let (adams, means, squares) = (
            weights(), GuardedBuffer<Float>(random: count, in: -1e-2...1e-2, seed: 3),
            GuardedBuffer<Float>(random: count, in: 0...1e-4, seed: 4)
        )
        let (momenta, velocities) = (weights(), GuardedBuffer<Float>(random: count, seed: 5))
        let (m, v, u, w) = (
            means.values.map(Float.init), squares.values.map(Float.init), velocities.values.map(Float.init),
            adams.values.map(Float.init)
        )
        adamStep(
            weights: adams.pointer, gradients: gradients.pointer, mean: means.pointer, square: squares.pointer,
            count: count, take1: 0.1, beta2: 0.999, take2: 0.001, epsilon: 1e-8, stepSize: 0.01, rootScale: 3)
        momentumStep(
            weights: momenta.pointer, gradients: gradients.pointer, velocity: velocities.pointer, count: count,
            momentum: 0.9, rate: 0.05)
        // Rounded once or twice for a multiply-add, as the processor has it.
        func multiplyAdd(_ sum: Float, _ a: Float, _ b: Float, _ isFused: Bool) -> Float {
            isFused ? sum.addingProduct(a, b) : sum + a * b
        }
        func adam(_ i: Int, _ isFused: Bool) -> Float {
            let g = gradients.pointer[i]
            let mean = multiplyAdd(m[i], g - m[i], 0.1, isFused)
            let square = multiplyAdd(v[i] * 0.999, g * g, 0.001, isFused)
            return w[i] - mean * 0.01 / multiplyAdd(1e-8, square.squareRoot(), 3, isFused)
        }
        func momentum(_ i: Int, _ isFused: Bool) -> Float {
            multiplyAdd(w[i], multiplyAdd(gradients.pointer[i], u[i], 0.9, isFused), -0.05, isFused)
        }
        let (newAdam, newMomentum) = ((0..<count).map { adams.pointer[$0] }, (0..<count).map { momenta.pointer[$0] })
        #expect([true, false].contains { isFused in newAdam == (0..<count).map { adam($0, isFused) } })
        #expect([true, false].contains { isFused in newMomentum == (0..<count).map { momentum($0, isFused) } })
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
            count: 20, take1: 0.1, beta2: 0.999, take2: 0.001, epsilon: 1e-8, stepSize: 0.01, rootScale: 30)
        expectSame(weights.values, old)
    }

    @Test("Momentum, step by step from what it stored", .namingCases)
    static func momentumCases() {
        forEach([1, 2, 15, 16, 17, 100], [[0.0, 1, 0], [0.9, 1, 0], [0.9, 0.25, 0.1]]) {
            Self().momentum(count: $0, variant: $1)
        }
    }

    func momentum(count: Int, variant: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type, nesterov: Bool) {
            let weights = GuardedBuffer<Scalar>(random: count, seed: 1)
            let velocity = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let (factor, rate) = (Scalar(variant[0]), Scalar(0.05))
            let (scale, decay) = (Scalar(variant[1]), Scalar(variant[2]))
            for step in 1...4 {
                let gradients = GuardedBuffer<Scalar>(random: count, seed: UInt64(step + 1))
                let (oldWeights, oldVelocity) = (weights.values, velocity.values)
                momentumStep(
                    weights: weights.pointer, gradients: gradients.pointer, velocity: velocity.pointer, count: count,
                    momentum: factor, nesterov: nesterov, rate: rate, gradientScale: scale, decay: decay)
                var v = Sums(count: count)
                var w = Sums(startingWith: oldWeights)
                for (i, g) in gradients.values.enumerated() {
                    let gradient = [Double(scale) * g, Double(decay) * oldWeights[i]]
                    for term in gradient + [Double(factor) * oldVelocity[i]] {
                        v.add(term, to: i)
                        w.add(-Double(rate) * term * (nesterov ? Double(factor) : 1), to: i)
                    }
                    for term in gradient where nesterov { w.add(-Double(rate) * term, to: i) }
                }
                // The scale's product; for the weights the velocity's products and sums come first.
                expectClose(velocity, v, extra: 1, "velocity, step \(step)")
                expectClose(weights, w, extra: 5, "weights, step \(step)")
            }
        }
        for nesterov in [false, true] {
            check(Float.self, nesterov: nesterov)
            check(Double.self, nesterov: nesterov)
        }
    }

    @Test("RMSprop, step by step from what it stored", .namingCases)
    static func rmsPropCases() {
        forEach([1, 2, 15, 16, 17, 100], [[0.0, 1, 0], [0.9, 1, 0], [0.9, 0.25, 0.1]]) {
            Self().rmsProp(count: $0, variant: $1)
        }
    }

    func rmsProp(count: Int, variant: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let weights = GuardedBuffer<Scalar>(random: count, seed: 1)
            let square = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let velocity = GuardedBuffer<Scalar>([Double](repeating: 0, count: count))
            let (alpha, take, epsilon) = (Scalar(0.99), Scalar(0.01), Scalar(1e-8))
            let (factor, rate) = (Scalar(variant[0]), Scalar(0.05))
            let (scale, decay) = (Scalar(variant[1]), Scalar(variant[2]))
            for step in 1...4 {
                let gradients = GuardedBuffer<Scalar>(random: count, seed: UInt64(step + 1))
                let (oldWeights, oldSquare, oldVelocity) = (weights.values, square.values, velocity.values)
                rmsPropStep(
                    weights: weights.pointer, gradients: gradients.pointer, square: square.pointer,
                    velocity: factor == 0 ? nil : velocity.pointer, count: count, alpha: alpha, take: take,
                    epsilon: epsilon, momentum: factor, rate: rate, gradientScale: scale, decay: decay)
                var (s, sSize): ([Double], [Double]) = ([], [])
                var (v, vSize, w, wSize): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
                for (i, raw) in gradients.values.enumerated() {
                    let g = raw * Double(scale) + Double(decay) * oldWeights[i]
                    let gSize = abs(raw * Double(scale)) + Double(decay) * abs(oldWeights[i])
                    s.append(Double(alpha) * oldSquare[i] + Double(take) * g * g)
                    sSize.append(Double(alpha) * oldSquare[i] + Double(take) * gSize * gSize)
                    let root = s[i].squareRoot() + Double(epsilon)
                    v.append(Double(factor) * oldVelocity[i] + g / root)
                    // As in Adam.
                    vSize.append(Double(factor) * abs(oldVelocity[i]) + (gSize + abs(g) * sSize[i] / s[i]) / root)
                    w.append(oldWeights[i] - Double(rate) * v[i])
                    wSize.append(abs(oldWeights[i]) + Double(rate) * vSize[i])
                }
                expectClose(square, s, roundings: 8, magnitudes: sSize, "square, step \(step)")
                if factor != 0 { expectClose(velocity, v, roundings: 10, magnitudes: vSize, "velocity, step \(step)") }
                expectClose(weights, w, roundings: 12, magnitudes: wSize, "weights, step \(step)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A moving average", .namingCases)
    static func averagesCases() {
        forEach([1, 2, 15, 16, 17, 100]) { Self().averages(count: $0) }
    }

    func averages(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let average = GuardedBuffer<Scalar>(random: count, seed: 1)
            let weights = GuardedBuffer<Scalar>(random: count, seed: 2)
            let take = Scalar(0.001)
            let pairs = Array(zip(average.values, weights.values))
            movingAverage(average.pointer, of: weights.pointer, count: count, take: take)
            expectClose(
                average, pairs.map { $0 + Double(take) * ($1 - $0) }, roundings: 3,
                magnitudes: pairs.map { abs($0) + Double(take) * (abs($0) + abs($1)) })
        }
        check(Float.self)
        check(Double.self)
    }
}
