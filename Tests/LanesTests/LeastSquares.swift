import Lanes

/// Linear regression in closed form, in Double: the weights w that make |X·w − y| least solve XᵀX·w = Xᵀy, and XᵀX = L·Lᵀ is
/// taken apart by Cholesky's method.
struct LeastSquares {
    /// Of each feature, standardized, and of the constant 1.
    let weights: [Double]
    private let means: [Double]
    private let deviations: [Double]

    init(_ rows: [[Double]], _ targets: [Double]) {
        let features = rows[0].indices
        let means = features.map { feature in mean(rows.map { $0[feature] }) }
        let deviations = features.map { feature in
            mean(rows.map { ($0[feature] - means[feature]) * ($0[feature] - means[feature]) }).squareRoot()
        }
        (self.means, self.deviations) = (means, deviations)
        let inputs = rows.map { Self.standardized($0, means, deviations) }
        let size = features.count + 1
        var lower = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for i in 0..<size {
            for j in 0...i {
                let product = inputs.reduce(0) { $0 + $1[i] * $1[j] }
                let rest = product - (0..<j).reduce(0) { $0 + lower[i][$1] * lower[j][$1] }
                lower[i][j] = i == j ? rest.squareRoot() : rest / lower[j][j]
            }
        }
        var weights = (0..<size).map { i in zip(inputs, targets).reduce(0) { $0 + $1.0[i] * $1.1 } }
        for i in 0..<size {
            weights[i] = (weights[i] - (0..<i).reduce(0) { $0 + lower[i][$1] * weights[$1] }) / lower[i][i]
        }
        for i in (0..<size).reversed() {
            weights[i] = (weights[i] - (i + 1..<size).reduce(0) { $0 + lower[$1][i] * weights[$1] }) / lower[i][i]
        }
        self.weights = weights
    }

    /// The coefficient of determination.
    func r2(_ rows: [[Double]], _ targets: [Double]) -> Double {
        let center = mean(targets)
        let errors = zip(rows, targets).map { row, target in
            target - zip(weights, Self.standardized(row, means, deviations)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return 1 - errors.reduce(0) { $0 + $1 * $1 } / targets.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    }

    private static func standardized(_ row: [Double], _ means: [Double], _ deviations: [Double]) -> [Double] {
        row.indices.map { (row[$0] - means[$0]) / deviations[$0] } + [1]
    }
}

extension Dataset {
    /// All samples' first inputs and targets.
    func numbers() throws -> (rows: [[Double]], targets: [Double]) {
        var (rows, targets): ([[Double]], [Double]) = ([], [])
        var (row, target) = ([Float](repeating: 0, count: inputs[0].count), [Float](repeating: 0, count: 1))
        for sample in 0..<count {
            var span = row.mutableSpan
            try load(sample, input: 0, into: &span)
            var targetSpan = target.mutableSpan
            try self.target(sample, head: 0, into: &targetSpan)
            rows.append(row.map { Double($0) })
            targets.append(Double(target[0]))
        }
        return (rows, targets)
    }
}
