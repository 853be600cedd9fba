// One pass over the parameters. The floor is memory: Adam reads four numbers and writes three for each weight.

/// One step of Adam (Kingma and Ba, 2015), with PyTorch's place for ε:
///
///     m += (1 − β₁)·(g − m)        v = β₂·v + (1 − β₂)·g²        w −= rate/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
///
/// - Parameters:
///   - stepSize: rate/(1 − β₁ᵗ).
///   - rootScale: 1/√(1 − β₂ᵗ).
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func adamStep<Scalar: KernelScalar>(
    weights: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
    square: UnsafeMutablePointer<Scalar>, count: Int, beta1: Scalar, beta2: Scalar, epsilon: Scalar,
    stepSize: Scalar, rootScale: Scalar
) {
    let keep = SIMD16<Scalar>(repeating: beta2)
    let (take1, take2) = (SIMD16<Scalar>(repeating: 1 - beta1), SIMD16<Scalar>(repeating: 1 - beta2))
    let (epsilon, rootScale) = (SIMD16(repeating: epsilon), SIMD16(repeating: rootScale))
    for (offset, lanes) in vectors(count) {
        let gradient = load(gradients + offset, lanes: lanes)
        let oldMean = load(mean + offset, lanes: lanes)
        let m = multiplyAdd(oldMean, gradient - oldMean, take1)
        let v = multiplyAdd(load(square + offset, lanes: lanes) * keep, gradient * gradient, take2)
        store(m, to: mean + offset, lanes: lanes)
        store(v, to: square + offset, lanes: lanes)
        let step = m * stepSize / multiplyAdd(epsilon, v.squareRoot(), rootScale)
        store(load(weights + offset, lanes: lanes) - step, to: weights + offset, lanes: lanes)
    }
}

/// One step of stochastic gradient descent with momentum, as PyTorch writes it: v = µ·v + g, w −= rate·v.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func momentumStep<Scalar: KernelScalar>(
    weights: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>, velocity: UnsafeMutablePointer<Scalar>,
    count: Int, momentum: Scalar, rate: Scalar
) {
    let (momentum, rate) = (SIMD16(repeating: momentum), SIMD16(repeating: -rate))
    for (offset, lanes) in vectors(count) {
        let v = multiplyAdd(
            load(gradients + offset, lanes: lanes), load(velocity + offset, lanes: lanes), momentum)
        store(v, to: velocity + offset, lanes: lanes)
        store(
            multiplyAdd(load(weights + offset, lanes: lanes), v, rate), to: weights + offset, lanes: lanes)
    }
}
