import LanesKernels

/// `batchnorm/CxHxW/forward` and `/backward`: training's statistics and normalization of 8 images as one batch.
func batchNormCases() -> [Case] {
    let (images, positions, channels) = (8, 14 * 14, 64)
    let rows = images * positions
    let count = rows * channels
    let name = "batchnorm/64x14x14"
    let epsilon = 1e-5

    let forward = Case(name: "\(name)/forward") {
        let (x, y) = (Operand(count, seed: 1), Operand(count))
        let (weight, bias) = (Operand(channels, seed: 2), Operand(channels, seed: 3))
        let (moments, mean, variance) = (Operand(3 * channels), Operand(channels), Operand(channels))
        let inverse = Operand(channels)
        let run = {
            for image in 0..<images {
                batchNormMoments(
                    x.pointer + image * positions * channels, rows: positions, channels: channels, first: image == 0,
                    into: moments.pointer)
            }
            batchNormCombine(
                moments.pointer, groups: 1, channels: channels, rowsOfGroup: { _ in rows }, mean: mean.pointer,
                variance: variance.pointer)
            batchNormInverseDeviation(
                variance: variance.pointer, channels: channels, epsilon: Float(epsilon), into: inverse.pointer)
            batchNormForward(
                x.pointer, rows: rows, channels: channels, mean: mean.pointer, inverseDeviation: inverse.pointer,
                weight: weight.pointer, bias: bias.pointer, into: y.pointer)
        }
        let verify = {
            y.fill(.nan)
            run()
            let expected = plainNormalization(
                x.doubles, channels: channels, weight: weight.doubles, bias: bias.doubles, epsilon: epsilon)
            // The sums of distances from a shift in ±1 have `rows` terms of at most 2 and 4; relative to a standard
            // deviation of 0.58 that is 12 at most, which mean and deviation hand on to every |y| of at most 4.
            return difference("Y", y.floats, expected) { _ in 12 * Double(rows) * ulp }
        }
        let (values, factors, shifts) = (x.floats, weight.floats, bias.floats)
        return Work(bytes: Double(12 * count), verify: verify, run: run) {
            keep(
                plainNormalization(
                    values, channels: channels, weight: factors, bias: shifts, epsilon: Float(epsilon)))
        }
    }

    let backward = Case(name: "\(name)/backward") {
        let (x, dy, dx) = (Operand(count, seed: 1), Operand(count, seed: 2), Operand(count))
        let (weight, mean) = (Operand(channels, seed: 3), Operand(channels, seed: 4))
        let inverse = Operand(channels, seed: 5)
        let sums = Operand(2 * channels)
        let run = {
            for image in 0..<images {
                let start = image * positions * channels
                batchNormBackwardSums(
                    x.pointer + start, outputGradient: dy.pointer + start, rows: positions, channels: channels,
                    mean: mean.pointer, inverseDeviation: inverse.pointer, first: image == 0, into: sums.pointer)
            }
            batchNormBackward(
                x.pointer, outputGradient: dy.pointer, rows: rows, channels: channels, count: rows,
                mean: mean.pointer, inverseDeviation: inverse.pointer, weight: weight.pointer,
                weightGradient: sums.pointer + channels, biasGradient: sums.pointer, into: dx.pointer,
                accumulating: false)
        }
        let verify = {
            dx.fill(.nan)
            run()
            let expected = plainNormalizationBackward(
                x.doubles, dy.doubles, channels: channels, mean: mean.doubles, inverse: inverse.doubles,
                weight: weight.doubles)
            // |x − mean| is at most 2 and all else at most 1: the sums are at most 1 and 2 a row, and an error of
            // `rows` ulp of their means comes back at most (1 + 2·2) times.
            return difference("X'", dx.floats, expected) { _ in 5 * Double(rows) * ulp }
        }
        let (values, gradients) = (x.floats, dy.floats)
        let (means, inverses, factors) = (mean.floats, inverse.floats, weight.floats)
        return Work(bytes: Double(20 * count), verify: verify, run: run) {
            keep(
                plainNormalizationBackward(
                    values, gradients, channels: channels, mean: means, inverse: inverses, weight: factors))
        }
    }
    return [forward, backward]
}

/// y = γ·(x − μ)/√(σ² + ε) + β with the mean and the biased variance of every channel of [rows][channels].
@specialized(where T == Float)
@specialized(where T == Double)
private func plainNormalization<T: BinaryFloatingPoint>(
    _ x: [T], channels: Int, weight: [T], bias: [T], epsilon: T
) -> [T] {
    var y = x
    let rows = T(x.count / channels)
    for c in 0..<channels {
        var (mean, variance): (T, T) = (0, 0)
        for i in stride(from: c, to: x.count, by: channels) { mean += x[i] / rows }
        for i in stride(from: c, to: x.count, by: channels) { variance += (x[i] - mean) * (x[i] - mean) / rows }
        let deviation = (variance + epsilon).squareRoot()
        for i in stride(from: c, to: x.count, by: channels) { y[i] = weight[c] * (x[i] - mean) / deviation + bias[c] }
    }
    return y
}

/// x' = γ·r·(y' − Σy'/n − x̂·Σy'x̂/n) with x̂ = (x − μ)·r.
@specialized(where T == Float)
@specialized(where T == Double)
private func plainNormalizationBackward<T: BinaryFloatingPoint>(
    _ x: [T], _ dy: [T], channels: Int, mean: [T], inverse: [T], weight: [T]
) -> [T] {
    var dx = x
    let rows = T(x.count / channels)
    for c in 0..<channels {
        var (total, products): (T, T) = (0, 0)
        for i in stride(from: c, to: x.count, by: channels) {
            total += dy[i]
            products += dy[i] * (x[i] - mean[c]) * inverse[c]
        }
        for i in stride(from: c, to: x.count, by: channels) {
            let normalized = (x[i] - mean[c]) * inverse[c]
            dx[i] = weight[c] * inverse[c] * (dy[i] - total / rows - normalized * products / rows)
        }
    }
    return dx
}
