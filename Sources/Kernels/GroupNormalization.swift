// Group normalization (Wu and He, 2018) and layer normalization (Ba, Kiros and Hinton, 2016) of one sample: the numbers
// of a group, n of them, are brought to mean 0 and variance 1.
//
//     x̂ = (x − μ)·r          r = 1/√(σ² + ε)          y = γ·x̂ + β
//     β' = Σ y'              γ' = Σ y'·x̂
//     x' = r·(γ·y' − A − x̂·B)                         A = Σ γ·y'/n,   B = Σ γ·y'·x̂/n   over the group
//
// A sample is [positions][channels]. A group of group normalization is channels/groups channels that follow one another, at
// all positions, and γ and β belong to channels. Layer normalization has one group, the whole sample, and a γ and a β for
// each element.
//
// All sums are of Doubles, and the variance's of distances from one of the numbers, so neither the count nor a large mean
// costs digits.

/// y and, for the backward pass, each group's mean and r. `output` may be `input`.
///
/// - Parameter groups: Divides `channels`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func groupNormForward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, positions: Int, channels: Int, groups: Int, epsilon: Double,
    weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
    inverseDeviation: UnsafeMutablePointer<Scalar>, into output: UnsafeMutablePointer<Scalar>
) {
    let width = channels / groups
    if groups == 1 {
        let all = moments(input, count: positions * channels)
        (mean[0], inverseDeviation[0]) = (Scalar(all.mean), Scalar(all.inverseDeviation(epsilon: epsilon)))
    } else {
        groupStatistics(
            input, positions: positions, channels: channels, width: width, epsilon: epsilon, mean: mean,
            inverseDeviation: inverseDeviation)
    }
    for (channel, lanes) in vectors(channels) {
        let center = spread(UnsafePointer(mean), channel: channel, lanes: lanes, width: width)
        let inverse = spread(UnsafePointer(inverseDeviation), channel: channel, lanes: lanes, width: width)
        let factor = load(weight + channel, lanes: lanes) * inverse
        let shift = load(bias + channel, lanes: lanes)
        for position in 0..<positions {
            let place = position * channels + channel
            let distance = load(input + place, lanes: lanes) - center
            store(multiplyAdd(shift, distance, factor), to: output + place, lanes: lanes)
        }
    }
}

/// x' and what the sample adds to γ' and β'.
///
/// - Parameters:
///   - first: Whether this is the first sample of those whose γ' and β' are summed here: the sums start with it.
///   - workspace: 2·groups scalars.
///   - inputGradient: nil where it is not wanted; added to if `accumulating`, and may be `outputGradient` if not.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func groupNormBackward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, positions: Int, channels: Int, groups: Int,
    mean: UnsafePointer<Scalar>, inverseDeviation: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>, first: Bool,
    weightGradient: UnsafeMutablePointer<Scalar>, biasGradient: UnsafeMutablePointer<Scalar>,
    workspace: UnsafeMutablePointer<Scalar>, into inputGradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) {
    let width = channels / groups
    let count = Double(positions * width)
    let (constants, slopes) = (workspace, workspace + groups)
    // γ' and β' of each channel give the group's sums too: A = Σ γ·β'/n and B = Σ γ·γ'/n over its channels.
    var (gradientSum, productSum) = (0.0, 0.0)
    for (channel, lanes) in vectors(channels) {
        let center = spread(mean, channel: channel, lanes: lanes, width: width)
        let inverse = spread(inverseDeviation, channel: channel, lanes: lanes, width: width)
        var (gradients, products) = (SIMD16<Double>.zero, SIMD16<Double>.zero)
        for position in 0..<positions {
            let place = position * channels + channel
            let gradient = load(outputGradient + place, lanes: lanes)
            let normalized = (load(input + place, lanes: lanes) - center) * inverse
            gradients += Scalar.widened(gradient)
            products = multiplyAdd(products, Scalar.widened(gradient), Scalar.widened(normalized))
        }
        for lane in 0..<lanes {
            let place = channel + lane
            biasGradient[place] = (first ? 0 : biasGradient[place]) + Scalar(gradients[lane])
            weightGradient[place] = (first ? 0 : weightGradient[place]) + Scalar(products[lane])
            gradientSum += Double(weight[place]) * gradients[lane]
            productSum += Double(weight[place]) * products[lane]
            if (place + 1) % width == 0 {
                constants[place / width] = Scalar(gradientSum / count)
                slopes[place / width] = Scalar(productSum / count)
                (gradientSum, productSum) = (0, 0)
            }
        }
    }
    guard let inputGradient else { return }
    for (channel, lanes) in vectors(channels) {
        let center = spread(mean, channel: channel, lanes: lanes, width: width)
        let inverse = spread(inverseDeviation, channel: channel, lanes: lanes, width: width)
        let constant = spread(UnsafePointer(constants), channel: channel, lanes: lanes, width: width)
        let slope = spread(UnsafePointer(slopes), channel: channel, lanes: lanes, width: width) * inverse
        let factor = load(weight + channel, lanes: lanes)
        for position in 0..<positions {
            let place = position * channels + channel
            let distance = load(input + place, lanes: lanes) - center
            var gradient = (load(outputGradient + place, lanes: lanes) * factor - constant - distance * slope) * inverse
            if accumulating { gradient += load(inputGradient + place, lanes: lanes) }
            store(gradient, to: inputGradient + place, lanes: lanes)
        }
    }
}

/// y and, for the backward pass, the sample's mean and r. `output` may be `input`.
///
/// - Parameter weight, bias: `count` numbers each.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func layerNormForward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, count: Int, epsilon: Double, weight: UnsafePointer<Scalar>,
    bias: UnsafePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>, inverseDeviation: UnsafeMutablePointer<Scalar>,
    into output: UnsafeMutablePointer<Scalar>
) {
    let all = moments(input, count: count)
    (mean[0], inverseDeviation[0]) = (Scalar(all.mean), Scalar(all.inverseDeviation(epsilon: epsilon)))
    let (center, inverse) = (SIMD16(repeating: mean[0]), SIMD16(repeating: inverseDeviation[0]))
    for (offset, lanes) in vectors(count) {
        let normalized = (load(input + offset, lanes: lanes) - center) * inverse
        store(
            multiplyAdd(load(bias + offset, lanes: lanes), normalized, load(weight + offset, lanes: lanes)),
            to: output + offset, lanes: lanes)
    }
}

/// x' and what the sample adds to γ' and β'; the parameters are those of `groupNormBackward`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func layerNormBackward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, count: Int, mean: UnsafePointer<Scalar>,
    inverseDeviation: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>, first: Bool,
    weightGradient: UnsafeMutablePointer<Scalar>, biasGradient: UnsafeMutablePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>?, accumulating: Bool
) {
    let (center, inverse) = (SIMD16(repeating: mean[0]), SIMD16(repeating: inverseDeviation[0]))
    var (gradients, products) = (SIMD16<Double>.zero, SIMD16<Double>.zero)
    for (offset, lanes) in vectors(count) {
        let outer = load(outputGradient + offset, lanes: lanes)
        let normalized = (load(input + offset, lanes: lanes) - center) * inverse
        let (gamma, beta) = (weightGradient + offset, biasGradient + offset)
        store((first ? .zero : load(beta, lanes: lanes)) + outer, to: beta, lanes: lanes)
        store(multiplyAdd(first ? .zero : load(gamma, lanes: lanes), outer, normalized), to: gamma, lanes: lanes)
        let inner = Scalar.widened(outer) * Scalar.widened(load(weight + offset, lanes: lanes))
        gradients += inner
        products = multiplyAdd(products, inner, Scalar.widened(normalized))
    }
    guard let inputGradient else { return }
    let constant = SIMD16(repeating: Scalar(sum(gradients) / Double(count)))
    let slope = SIMD16(repeating: Scalar(sum(products) / Double(count))) * inverse
    for (offset, lanes) in vectors(count) {
        let inner = load(outputGradient + offset, lanes: lanes) * load(weight + offset, lanes: lanes)
        let distance = load(input + offset, lanes: lanes) - center
        var gradient = (inner - constant - distance * slope) * inverse
        if accumulating { gradient += load(inputGradient + offset, lanes: lanes) }
        store(gradient, to: inputGradient + offset, lanes: lanes)
    }
}

/// How many numbers there are, their mean μ, and Σ (x − μ)².
private struct Moments {
    var count = 0.0
    var mean = 0.0
    var spread = 0.0

    init() {}

    /// Of `count` numbers x, from the sums of d = x − shift and of d².
    @inline(__always)
    init(count: Int, shift: Double, sum: Double, squares: Double) {
        self.count = Double(count)
        mean = shift + sum / self.count
        let inner = squares - sum * (sum / self.count)
        // Rounding may leave a little below zero; a NaN must stay one.
        spread = inner < 0 ? 0 : inner
    }

    /// Adds others (Chan, Golub and LeVeque, 1979).
    @inline(__always)
    mutating func merge(_ other: Moments) {
        let total = count + other.count
        let distance = other.mean - mean
        spread += other.spread + distance * distance * (count * other.count / total)
        mean += distance * (other.count / total)
        count = total
    }

    @inline(__always)
    func inverseDeviation(epsilon: Double) -> Double { 1 / (spread / count + epsilon).squareRoot() }
}

/// The moments of numbers that follow one another.
@inline(__always)
private func moments<Scalar: KernelScalar>(_ input: UnsafePointer<Scalar>, count: Int) -> Moments {
    let shift = Double(input[0])
    var (total, squares) = (SIMD16<Double>.zero, SIMD16<Double>.zero)
    for (offset, lanes) in vectors(count) {
        let distance = keeping(Scalar.widened(load(input + offset, lanes: lanes)) - shift, lanes: lanes)
        total += distance
        squares = multiplyAdd(squares, distance, distance)
    }
    return Moments(count: count, shift: shift, sum: sum(total), squares: sum(squares))
}

/// The mean and r of every group of `width` channels.
@inline(__always)
private func groupStatistics<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, positions: Int, channels: Int, width: Int, epsilon: Double,
    mean: UnsafeMutablePointer<Scalar>, inverseDeviation: UnsafeMutablePointer<Scalar>
) {
    var group = Moments()
    for (channel, lanes) in vectors(channels) {
        let shift = Scalar.widened(load(input + channel, lanes: lanes))
        var (total, squares) = (SIMD16<Double>.zero, SIMD16<Double>.zero)
        for position in 0..<positions {
            let distance = Scalar.widened(load(input + position * channels + channel, lanes: lanes)) - shift
            total += distance
            squares = multiplyAdd(squares, distance, distance)
        }
        for lane in 0..<lanes {
            group.merge(
                Moments(count: positions, shift: shift[lane], sum: total[lane], squares: squares[lane]))
            let next = channel + lane + 1
            if next % width == 0 {
                mean[next / width - 1] = Scalar(group.mean)
                inverseDeviation[next / width - 1] = Scalar(group.inverseDeviation(epsilon: epsilon))
                group = Moments()
            }
        }
    }
}

/// The groups' numbers for the channels of a vector.
@inline(__always)
private func spread<Scalar: KernelScalar>(
    _ values: UnsafePointer<Scalar>, channel: Int, lanes: Int, width: Int
) -> SIMD16<Scalar> {
    var vector = SIMD16<Scalar>.zero
    for lane in 0..<lanes { vector[lane] = values[(channel + lane) / width] }
    return vector
}
