// Batch normalization (Ioffe and Szegedy, 2015): each channel of a batch is brought to mean 0 and variance 1.
//
//     x̂ = (x − μ)·r          r = 1/√(σ² + ε)          y = γ·x̂ + β
//     β' = Σ y'              γ' = Σ y'·x̂
//     x' = γ·r·(y' − β'/n − x̂·γ'/n)                   n = samples × positions
//
// Sums are made for fixed groups of samples and combined in order. Matrices are [rows][channels] with rows = positions.

/// Adds a sample's rows to the sums of its group.
///
/// The sums are of x − shift, where the shift is the group's first row, so that a large mean costs no digits.
///
/// - Parameters:
///   - moments: [3][channels]: shift, Σ(x − shift), Σ(x − shift)².
///   - first: Whether this is the group's first sample: the sums start here.
///   - separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormMoments<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, rows: Int, channels: Int, first: Bool, separately: Bool = false,
    into moments: UnsafeMutablePointer<Scalar>
) {
    let isCut = separately || rows > longestChain
    @inline(__always)
    func sixteen(_ channel: Int, lanes: Int) {
        let slot = moments + channel
        let shift = load(first ? input + channel : UnsafePointer(slot), lanes: lanes)
        let start = first ? .zero : load(slot + channels, lanes: lanes)
        let squareStart = first ? .zero : load(slot + 2 * channels, lanes: lanes)
        var (total, squares) = isCut ? (.zero, .zero) : (start, squareStart)
        var (totals, squareTotals) = (BlockSum<Scalar>(), BlockSum<Scalar>())
        for block in blocks(rows, isCut: isCut) {
            for row in block {
                let distance = load(input + row * channels + channel, lanes: lanes) - shift
                total += distance
                squares = multiplyAdd(squares, distance, distance)
            }
            if isCut {
                totals.take(&total)
                squareTotals.take(&squares)
            }
        }
        if isCut { (total, squares) = (start + totals.value, squareStart + squareTotals.value) }
        store(shift, to: slot, lanes: lanes)
        store(total, to: slot + channels, lanes: lanes)
        store(squares, to: slot + 2 * channels, lanes: lanes)
    }
    forEachVector(channels) {
        sixteen($0, lanes: vectorWidth)
    } rest: {
        sixteen($0, lanes: $1)
    }
}

/// The mean and the biased variance of every channel from the moments of all groups, combined in order by the pairwise
/// update of Chan, Golub and LeVeque (1979).
///
/// - Parameters:
///   - moments: [groups][3][channels].
///   - rowsOfGroup: How many rows went into a group.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormCombine<Scalar: KernelScalar>(
    _ moments: UnsafePointer<Scalar>, groups: Int, channels: Int, rowsOfGroup: (Int) -> Int,
    mean: UnsafeMutablePointer<Scalar>, variance: UnsafeMutablePointer<Scalar>
) {
    for channel in 0..<channels {
        var (count, average, spread): (Scalar, Scalar, Scalar) = (0, 0, 0)
        for group in 0..<groups {
            let slot = moments + group * 3 * channels + channel
            let rows = Scalar(rowsOfGroup(group))
            let offset = slot[channels] / rows
            let distance = slot[0] + offset - average
            let total = count + rows
            let inner = slot[2 * channels] - slot[channels] * offset
            // Rounding may leave a little below zero; a NaN must stay one.
            spread += (inner < 0 ? 0 : inner) + distance * distance * (count * rows / total)
            average += distance * (rows / total)
            count = total
        }
        mean[channel] = average
        variance[channel] = spread / count
    }
}

/// The running averages of mean and variance: running += momentum·(value − running), where the variance is stored
/// unbiased, ·n/(n − 1), as PyTorch does.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormUpdateRunning<Scalar: KernelScalar>(
    mean: UnsafePointer<Scalar>, variance: UnsafePointer<Scalar>, channels: Int, rows: Int, momentum: Scalar,
    runningMean: UnsafeMutablePointer<Scalar>, runningVariance: UnsafeMutablePointer<Scalar>
) {
    let unbiased = Scalar(rows) / Scalar(max(rows - 1, 1))
    for channel in 0..<channels {
        runningMean[channel] += momentum * (mean[channel] - runningMean[channel])
        runningVariance[channel] += momentum * (variance[channel] * unbiased - runningVariance[channel])
    }
}

/// r = 1/√(σ² + ε) of every channel.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormInverseDeviation<Scalar: KernelScalar>(
    variance: UnsafePointer<Scalar>, channels: Int, epsilon: Scalar, into inverse: UnsafeMutablePointer<Scalar>
) {
    for channel in 0..<channels { inverse[channel] = 1 / (variance[channel] + epsilon).squareRoot() }
}

/// y = γ·(x − μ)·r + β. `output` may be `input`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormForward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, rows: Int, channels: Int, mean: UnsafePointer<Scalar>,
    inverseDeviation: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>,
    into output: UnsafeMutablePointer<Scalar>
) {
    apart {
        @inline(__always)
        func sixteen(_ channel: Int, lanes: Int) {
            let factor = load(weight + channel, lanes: lanes) * load(inverseDeviation + channel, lanes: lanes)
            let (center, shift) = (load(mean + channel, lanes: lanes), load(bias + channel, lanes: lanes))
            for row in 0..<rows {
                let place = row * channels + channel
                store(
                    multiplyAdd(shift, load(input + place, lanes: lanes) - center, factor), to: output + place,
                    lanes: lanes)
            }
        }
        forEachVector(channels) {
            sixteen($0, lanes: vectorWidth)
        } rest: {
            sixteen($0, lanes: $1)
        }
    }
}

/// Adds a sample's rows to its group's Σ y' and Σ y'·x̂, stored as [2][channels].
///
/// - Parameter separately: See `longestGroup`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormBackwardSums<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, rows: Int, channels: Int,
    mean: UnsafePointer<Scalar>, inverseDeviation: UnsafePointer<Scalar>, first: Bool, separately: Bool = false,
    into sums: UnsafeMutablePointer<Scalar>
) {
    let isCut = separately || rows > longestChain
    @inline(__always)
    func sixteen(_ channel: Int, lanes: Int) {
        let slot = sums + channel
        let (center, inverse) = (load(mean + channel, lanes: lanes), load(inverseDeviation + channel, lanes: lanes))
        let start = first ? .zero : load(slot, lanes: lanes)
        let productStart = first ? .zero : load(slot + channels, lanes: lanes)
        var (total, products) = isCut ? (.zero, .zero) : (start, productStart)
        var (totals, productTotals) = (BlockSum<Scalar>(), BlockSum<Scalar>())
        for block in blocks(rows, isCut: isCut) {
            for row in block {
                let place = row * channels + channel
                let gradient = load(outputGradient + place, lanes: lanes)
                total += gradient
                products = multiplyAdd(products, gradient, (load(input + place, lanes: lanes) - center) * inverse)
            }
            if isCut {
                totals.take(&total)
                productTotals.take(&products)
            }
        }
        if isCut { (total, products) = (start + totals.value, productStart + productTotals.value) }
        store(total, to: slot, lanes: lanes)
        store(products, to: slot + channels, lanes: lanes)
    }
    forEachVector(channels) {
        sixteen($0, lanes: vectorWidth)
    } rest: {
        sixteen($0, lanes: $1)
    }
}

/// x' = γ·r·(y' − β'/n − x̂·γ'/n), or x' += it. `inputGradient` may be `outputGradient` if not accumulating.
///
/// - Parameter count: n, the rows of the whole batch.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func batchNormBackward<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, rows: Int, channels: Int, count: Int,
    mean: UnsafePointer<Scalar>, inverseDeviation: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>,
    weightGradient: UnsafePointer<Scalar>, biasGradient: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    apart {
        let share = 1 / Scalar(count)
        @inline(__always)
        func sixteen(_ channel: Int, lanes: Int) {
            let (center, inverse) = (load(mean + channel, lanes: lanes), load(inverseDeviation + channel, lanes: lanes))
            let factor = load(weight + channel, lanes: lanes) * inverse
            let constant = load(biasGradient + channel, lanes: lanes) * share
            let slope = load(weightGradient + channel, lanes: lanes) * share * inverse
            for row in 0..<rows {
                let place = row * channels + channel
                let distance = load(input + place, lanes: lanes) - center
                var gradient = (load(outputGradient + place, lanes: lanes) - constant - distance * slope) * factor
                if accumulating { gradient += load(inputGradient + place, lanes: lanes) }
                store(gradient, to: inputGradient + place, lanes: lanes)
            }
        }
        forEachVector(channels) {
            sixteen($0, lanes: vectorWidth)
        } rest: {
            sixteen($0, lanes: $1)
        }
    }
}
