// Losses between one sample's output x and a target t of as many numbers: the mean over its n elements, summed in Double.
// Each returns the loss and, where `gradient` is given, writes d loss/dx·scale to it or adds that if `accumulating`.

/// Σ (x − t)²/n.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func meanSquaredError<Scalar: KernelScalar>(
    _ output: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>, count: Int, scale: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) -> Scalar {
    meanLoss(SquaredError(), output, target, count, scale, gradient, accumulating)
}

/// Σ |x − t|/n. Its slope at 0 is 0.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func meanAbsoluteError<Scalar: KernelScalar>(
    _ output: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>, count: Int, scale: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) -> Scalar {
    meanLoss(AbsoluteError(), output, target, count, scale, gradient, accumulating)
}

/// The mean of d²/2 where |d| ≤ δ and δ·(|d| − δ/2) elsewhere, with d = x − t (Huber, 1964; PyTorch's `HuberLoss`).
///
/// - Parameter delta: δ > 0.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func huberLoss<Scalar: KernelScalar>(
    _ output: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>, count: Int, delta: Scalar, scale: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) -> Scalar {
    meanLoss(HuberError(delta: delta), output, target, count, scale, gradient, accumulating)
}

/// Cross-entropy of yes-or-no answers, −t·ln σ(x) − (1 − t)·ln(1 − σ(x)), whose gradient is σ(x) − t.
///
/// - Parameter target: The probabilities of yes, in 0...1.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func binaryCrossEntropy<Scalar: KernelScalar>(
    logits: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>, count: Int, scale: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) -> Scalar {
    meanLoss(BinaryCrossEntropy(), logits, target, count, scale, gradient, accumulating)
}

/// The loss of one element and its slope, on vectors.
private protocol ElementLoss<Scalar> {
    associatedtype Scalar: KernelScalar
    func value(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar>
    func slope(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar>
}

@inline(__always)
private func meanLoss<Scalar, Loss: ElementLoss<Scalar>>(
    _ loss: Loss, _ output: UnsafePointer<Scalar>, _ target: UnsafePointer<Scalar>, _ count: Int, _ scale: Scalar,
    _ gradient: UnsafeMutablePointer<Scalar>?, _ accumulating: Bool
) -> Scalar {
    if let gradient { slopes(loss, output, target, count, scale / Scalar(count), gradient, accumulating) }
    return Scalar(sum(loss, output, target, count) / Double(count))
}

private func slopes<Scalar, Loss: ElementLoss<Scalar>>(
    _ loss: Loss, _ output: UnsafePointer<Scalar>, _ target: UnsafePointer<Scalar>, _ count: Int, _ share: Scalar,
    _ gradient: UnsafeMutablePointer<Scalar>, _ accumulating: Bool
) {
    for (offset, lanes) in vectors(count) {
        var slope = loss.slope(load(output + offset, lanes: lanes), load(target + offset, lanes: lanes)) * share
        if accumulating { slope += load(gradient + offset, lanes: lanes) }
        store(slope, to: gradient + offset, lanes: lanes)
    }
}

private func sum<Scalar, Loss: ElementLoss<Scalar>>(
    _ loss: Loss, _ output: UnsafePointer<Scalar>, _ target: UnsafePointer<Scalar>, _ count: Int
) -> Double {
    var total = SIMD16<Double>.zero
    for (offset, lanes) in vectors(count) {
        let value = loss.value(load(output + offset, lanes: lanes), load(target + offset, lanes: lanes))
        total += Scalar.widened(keeping(value, lanes: lanes))
    }
    return sum(total)
}

private struct SquaredError<Scalar: KernelScalar>: ElementLoss {
    @inline(__always)
    func value(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let distance = x - target
        return distance * distance
    }

    @inline(__always)
    func slope(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> { (x - target) * 2 }
}

private struct AbsoluteError<Scalar: KernelScalar>: ElementLoss {
    @inline(__always)
    func value(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> { Scalar.magnitude(x - target) }

    @inline(__always)
    func slope(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let least = Scalar.leastNonzeroMagnitude
        let distance = x - target
        // 0 and NaN, which are neither positive nor negative, stay as they are.
        let notBelow = Scalar.select(
            SIMD16(repeating: -1), where: -distance, isAtLeast: least, otherwise: distance)
        return Scalar.select(SIMD16(repeating: 1), where: distance, isAtLeast: least, otherwise: notBelow)
    }
}

private struct HuberError<Scalar: KernelScalar>: ElementLoss {
    let delta: Scalar

    @inline(__always)
    func value(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let distance = Scalar.magnitude(x - target)
        return Scalar.select(
            (distance - delta * 0.5) * delta, where: distance, isAtLeast: delta, otherwise: distance * distance * 0.5)
    }

    @inline(__always)
    func slope(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let distance = x - target
        let limit = SIMD16<Scalar>(repeating: delta)
        let notBelow = Scalar.select(-limit, where: -distance, isAtLeast: delta, otherwise: distance)
        return Scalar.select(limit, where: distance, isAtLeast: delta, otherwise: notBelow)
    }
}

private struct BinaryCrossEntropy<Scalar: KernelScalar>: ElementLoss {
    // max(x, 0) − x·t + ln(1 + exp(−|x|)): no exponential overflows, and no small difference of large numbers is taken.
    @inline(__always)
    func value(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> {
        let z = exp(-Scalar.magnitude(x))
        // ln(1 + z) with the rounding of 1 + z put right, so that a small z counts.
        let sum = 1 + z
        let logarithm = log(sum) + (z - (sum - 1)) / sum
        return Scalar.rectified(x) - x * target + logarithm
    }

    @inline(__always)
    func slope(_ x: SIMD16<Scalar>, _ target: SIMD16<Scalar>) -> SIMD16<Scalar> { sigmoid(x) - target }
}
