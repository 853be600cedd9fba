// Softmax and the losses on it, for one sample's row of classes at a time.
//
//     softmax(x)ᵢ = exp(xᵢ − max x) / Σⱼ exp(xⱼ − max x)          log-softmax(x)ᵢ = xᵢ − max x − ln Σⱼ exp(xⱼ − max x)

/// The greatest number, or NaN if there is one.
@inline(__always)
private func maximum<Scalar: KernelScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
    var greatest = x[0]
    for i in 1..<max(count, 1) where x[i] > greatest || x[i].isNaN { greatest = x[i] }
    return greatest
}

/// Writes exp(xᵢ − max x) and returns max x and their sum.
@inline(__always)
private func shiftedExponentials<Scalar: KernelScalar>(
    _ x: UnsafePointer<Scalar>, count: Int, into y: UnsafeMutablePointer<Scalar>
) -> (maximum: Scalar, sum: Scalar) {
    let greatest = maximum(x, count: count)
    for (offset, lanes) in vectors(count) {
        store(exp(load(x + offset, lanes: lanes) - greatest), to: y + offset, lanes: lanes)
    }
    return (greatest, sum(UnsafePointer(y), count: count))
}

/// y = softmax(x). `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func softmaxForward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
    let total = shiftedExponentials(input, count: count, into: output).sum
    scale(UnsafePointer(output), by: 1 / total, count: count, into: output)
}

/// x'ᵢ = yᵢ·(y'ᵢ − Σⱼ y'ⱼ·yⱼ), or x' += it.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func softmaxBackward<Scalar: KernelScalar>(
    output: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, count: Int,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let mean = dot(output, outputGradient, count: count)
    for i in 0..<count {
        let gradient = output[i] * (outputGradient[i] - mean)
        inputGradient[i] = accumulating ? inputGradient[i] + gradient : gradient
    }
}

/// y = log-softmax(x). `output` must not be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func logSoftmaxForward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
    let (greatest, total) = shiftedExponentials(input, count: count, into: output)
    let logarithm = log(SIMD16(repeating: total))[0]
    // In this order a large common part of the logits cancels exactly.
    for i in 0..<count { output[i] = (input[i] - greatest) - logarithm }
}

/// x'ᵢ = y'ᵢ − exp(yᵢ)·Σⱼ y'ⱼ, or x' += it.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func logSoftmaxBackward<Scalar: KernelScalar>(
    output: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, count: Int,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let total = sum(outputGradient, count: count)
    for (offset, lanes) in vectors(count) {
        let probability = exp(load(output + offset, lanes: lanes))
        var gradient = load(outputGradient + offset, lanes: lanes) - probability * total
        if accumulating { gradient += load(inputGradient + offset, lanes: lanes) }
        store(gradient, to: inputGradient + offset, lanes: lanes)
    }
}

/// Cross-entropy of one sample, Σᵢ −targetᵢ·log-softmax(logits)ᵢ, with its gradient.
///
/// The target is 1 at the label, and with smoothing s (Szegedy et al., 2016) 1 − s + s/count at the label and s/count
/// elsewhere.
///
/// - Parameters:
///   - label: 0..<count.
///   - smoothing: s, in 0...1.
///   - gradient: (softmax(logits) − target)·scale; nil where only the loss is wanted. Not `logits`.
///   - workspace: `count` scalars.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func crossEntropy<Scalar: KernelScalar>(
    _ logits: UnsafePointer<Scalar>, label: Int, count: Int, smoothing: Scalar = 0, scale factor: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool, workspace: UnsafeMutablePointer<Scalar>
) -> Scalar {
    apart {
        let (greatest, total) = shiftedExponentials(logits, count: count, into: workspace)
        let share = smoothing / Scalar(count)
        if let gradient {
            let peak = 1 - smoothing + share
            for i in 0..<count {
                let slope = (workspace[i] / total - (i == label ? peak : share)) * factor
                gradient[i] = accumulating ? gradient[i] + slope : slope
            }
        }
        let logarithm = log(SIMD16(repeating: total))[0]
        let distance = logits[label] - greatest
        // Smoothing by 0 must not meet a logit of −∞.
        guard smoothing > 0 else { return logarithm - distance }
        var distances = SIMD16<Double>.zero
        for (offset, lanes) in vectors(count) {
            let vector = load(logits + offset, lanes: lanes) - greatest
            distances += Scalar.widened(keeping(vector, lanes: lanes))
        }
        return logarithm - (distance * (1 - smoothing) + Scalar(sum(distances)) * share)
    }
}

/// Cross-entropy of one sample with weights of classes, Σᵢ −qᵢ·log-softmax(logits)ᵢ, with its gradient.
///
/// qᵢ is the class's weight times the target of `crossEntropy`, so it may add up to anything.
///
/// - Parameters:
///   - classWeights: 0 or more, one for each logit.
///   - gradient: (softmax(logits)·Σ q − q)·scale; nil where only the loss is wanted. Not `logits`.
///   - workspace: As many scalars as there are logits.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func weightedCrossEntropy<Scalar: KernelScalar>(
    _ logits: UnsafePointer<Scalar>, label: Int, classWeights: [Double], smoothing: Scalar, scale factor: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, workspace: UnsafeMutablePointer<Scalar>
) -> Scalar {
    let count = classWeights.count
    let (greatest, total) = shiftedExponentials(logits, count: count, into: workspace)
    let logarithm = log(SIMD16(repeating: total))[0]
    let share = Double(smoothing) / Double(count)
    func wanted(_ i: Int) -> Double { classWeights[i] * (i == label ? 1 - Double(smoothing) + share : share) }

    var (loss, sum) = (0.0, 0.0)
    for i in 0..<count {
        let q = wanted(i)
        sum += q
        // 0 must not meet a logit of −∞.
        if q > 0 { loss += q * Double(logarithm - (logits[i] - greatest)) }
    }
    if let gradient {
        for i in 0..<count { gradient[i] = (workspace[i] / total * Scalar(sum) - Scalar(wanted(i))) * factor }
    }
    return Scalar(loss)
}

/// Negative log-likelihood of one sample: −logProbabilities[label], with its gradient, −scale at the label and 0 elsewhere.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func negativeLogLikelihood<Scalar: KernelScalar>(
    _ logProbabilities: UnsafePointer<Scalar>, label: Int, count: Int, scale factor: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) -> Scalar {
    if let gradient {
        if !accumulating { clear(gradient, count: count) }
        gradient[label] -= factor
    }
    return -logProbabilities[label]
}

/// The index of the greatest number, the first of equals; a NaN is greater than all.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func argmax<Scalar: KernelScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Int {
    var best = 0
    for i in 0..<count {
        if x[i].isNaN { return i }
        if x[i] > x[best] { best = i }
    }
    return best
}
