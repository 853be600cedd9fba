// One pass over the parameters. The floor is memory: Adam reads four numbers and writes three for each weight.
//
// Every step takes `gradientScale`, by which gradients are multiplied first, and `decay`, PyTorch's `weight_decay`:
// decay·w is added to the scaled gradient. With their defaults a step has the bits that it has without them.

/// One step of Adam (Kingma and Ba, 2015), with PyTorch's place for ε:
///
///     m += (1 − β₁)·(g − m)        v = β₂·v + (1 − β₂)·g²        w −= rate/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
///
/// - Parameters:
///   - take1, take2: 1 − β₁ and 1 − β₂, rounded once: taken from a rounded β₂ of 0.999 the latter would be off by 55 ulp.
///   - stepSize: rate/(1 − β₁ᵗ).
///   - rootScale: 1/√(1 − β₂ᵗ).
///   - keep: What the weights are multiplied by before the step: 1 − rate·decay, rounded once, for AdamW's decoupled
///     decay (Loshchilov and Hutter, 2019), which is not given as `decay` then.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func adamStep<Scalar: KernelScalar>(
    weights: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
    square: UnsafeMutablePointer<Scalar>, count: Int, take1: Scalar, beta2: Scalar, take2: Scalar, epsilon: Scalar,
    stepSize: Scalar, rootScale: Scalar, gradientScale: Scalar = 1, decay: Scalar = 0, keep: Scalar = 1
) {
    apart {
        @inline(__always)
        func step(_ offset: Int, lanes: Int, isPlain: Bool) {
            var gradient = load(gradients + offset, lanes: lanes)
            if !isPlain {
                let decay = SIMD16(repeating: decay)
                gradient = multiplyAdd(gradient * gradientScale, load(weights + offset, lanes: lanes), decay)
            }
            let oldMean = load(mean + offset, lanes: lanes)
            let m = multiplyAdd(oldMean, gradient - oldMean, SIMD16(repeating: take1))
            let v = multiplyAdd(
                load(square + offset, lanes: lanes) * beta2, gradient * gradient, SIMD16(repeating: take2))
            store(m, to: mean + offset, lanes: lanes)
            store(v, to: square + offset, lanes: lanes)
            let step =
                m * stepSize / multiplyAdd(SIMD16(repeating: epsilon), v.squareRoot(), SIMD16(repeating: rootScale))
            let weight = load(weights + offset, lanes: lanes)
            store((isPlain ? weight : weight * keep) - step, to: weights + offset, lanes: lanes)
        }
        @inline(__always)
        func pass(isPlain: Bool) {
            forEachVector(count) {
                step($0, lanes: vectorWidth, isPlain: isPlain)
            } rest: {
                step($0, lanes: $1, isPlain: isPlain)
            }
        }
        // The options cost a tenth of the time where the numbers are in cache.
        if gradientScale == 1, decay == 0, keep == 1 { pass(isPlain: true) } else { pass(isPlain: false) }
    }
}

/// One step of stochastic gradient descent with momentum, as PyTorch writes it: v = µ·v + g, w −= rate·v, and with
/// Nesterov's momentum w −= rate·(g + µ·v).
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func momentumStep<Scalar: KernelScalar>(
    weights: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>, velocity: UnsafeMutablePointer<Scalar>,
    count: Int, momentum: Scalar, nesterov: Bool = false, rate: Scalar, gradientScale: Scalar = 1, decay: Scalar = 0
) {
    let (momentum, rate, decay) = (
        SIMD16(repeating: momentum), SIMD16(repeating: -rate), SIMD16(repeating: decay)
    )
    @inline(__always)
    func step(_ offset: Int, lanes: Int) {
        let weight = load(weights + offset, lanes: lanes)
        let gradient = multiplyAdd(load(gradients + offset, lanes: lanes) * gradientScale, weight, decay)
        let v = multiplyAdd(gradient, load(velocity + offset, lanes: lanes), momentum)
        store(v, to: velocity + offset, lanes: lanes)
        let direction = nesterov ? multiplyAdd(gradient, v, momentum) : v
        store(multiplyAdd(weight, direction, rate), to: weights + offset, lanes: lanes)
    }
    forEachVector(count) {
        step($0, lanes: vectorWidth)
    } rest: {
        step($0, lanes: $1)
    }
}

/// One step of RMSprop (Hinton, 2012), as PyTorch writes it, not centered:
///
///     s = α·s + (1 − α)·g²        v = µ·v + g/(√s + ε)        w −= rate·v
///
/// - Parameters:
///   - take: 1 − α, rounded once.
///   - velocity: v, which is not needed, and may be nil, where µ is 0.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func rmsPropStep<Scalar: KernelScalar>(
    weights: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>, square: UnsafeMutablePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>?, count: Int, alpha: Scalar, take: Scalar, epsilon: Scalar,
    momentum: Scalar, rate: Scalar, gradientScale: Scalar = 1, decay: Scalar = 0
) {
    let (alpha, take, decay) = (SIMD16(repeating: alpha), SIMD16(repeating: take), SIMD16(repeating: decay))
    let (momentum, rate) = (SIMD16(repeating: momentum), SIMD16(repeating: -rate))
    @inline(__always)
    func step(_ offset: Int, lanes: Int) {
        let weight = load(weights + offset, lanes: lanes)
        let gradient = multiplyAdd(load(gradients + offset, lanes: lanes) * gradientScale, weight, decay)
        let s = multiplyAdd(load(square + offset, lanes: lanes) * alpha, gradient * gradient, take)
        store(s, to: square + offset, lanes: lanes)
        var v = gradient / (s.squareRoot() + epsilon)
        if let velocity {
            v = multiplyAdd(v, load(velocity + offset, lanes: lanes), momentum)
            store(v, to: velocity + offset, lanes: lanes)
        }
        store(multiplyAdd(weight, v, rate), to: weights + offset, lanes: lanes)
    }
    forEachVector(count) {
        step($0, lanes: vectorWidth)
    } rest: {
        step($0, lanes: $1)
    }
}

/// An exponential moving average of weights: a += take·(w − a).
///
/// - Parameter take: 1 − decay, rounded once.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func movingAverage<Scalar: KernelScalar>(
    _ average: UnsafeMutablePointer<Scalar>, of weights: UnsafePointer<Scalar>, count: Int, take: Scalar
) {
    let take = SIMD16(repeating: take)
    @inline(__always)
    func step(_ offset: Int, lanes: Int) {
        let old = load(average + offset, lanes: lanes)
        store(multiplyAdd(old, load(weights + offset, lanes: lanes) - old, take), to: average + offset, lanes: lanes)
    }
    forEachVector(count) {
        step($0, lanes: vectorWidth)
    } rest: {
        step($0, lanes: $1)
    }
}
