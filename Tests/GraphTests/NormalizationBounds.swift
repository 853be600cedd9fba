/// How far rounding carries normalized values, in the set of numbers with a mean and a variance of its own where it is worst.
struct NormalizationBounds {
    /// max|x̂|, 1/σ, and σ² itself.
    private(set) var normalized = 0.0
    private(set) var inverse = 0.0
    private(set) var variance = 0.0
    /// Numbers in a set.
    let count: Double
    let greatest: Double

    /// - Parameters:
    ///   - sets: As many numbers each.
    ///   - means: Of every set, where it is not that of the numbers; likewise `variances`.
    init(_ sets: [[Double]], means: [Double]? = nil, variances: [Double]? = nil) {
        count = Double(sets.first?.count ?? 0)
        greatest = sets.joined().map(abs).max() ?? 0
        for (index, values) in sets.enumerated() {
            let center = means?[index] ?? values.reduce(0, +) / count
            let spread = variances?[index] ?? values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / count
            let slope = 1 / (spread + 1e-5).squareRoot()
            normalized = max(normalized, values.reduce(0) { max($0, abs($1 - center)) } * slope)
            inverse = max(inverse, slope)
            variance = max(variance, spread)
        }
    }

    /// x − µ is off by up to 3·ε·max|x| (rounding of x, of µ and of the difference), and sums of n terms bring n·ε:
    /// this is the relative error of 1/σ.
    var relativeError: Double { 3 * greatest * inverse + count + 4 }
    /// x̂ = (x − µ)/σ takes the first as it is and the second on top of itself.
    var normalizedError: Double { (1 + normalized) * relativeError }

    /// x' = γ/σ·(y' − Σy'/n − x̂·Σy'x̂/n), each part at most γ/σ·max|y'|·(1 + max|x̂|)².
    func inputGradientError(weight: Double, upstream: Double) -> Double {
        3 * weight * inverse * upstream * (1 + normalized) * (1 + normalized) * relativeError
    }
}
