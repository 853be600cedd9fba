import Testing

/// Expects each count of independent draws to be what its probability says.
///
/// χ² of k cells has a mean of k − 1 and a deviation of √2(k − 1); six deviations are never reached by chance.
func expectDistribution(
    _ counts: [Int], probabilities: [Double], _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
) {
    let total = Double(counts.reduce(0, +))
    let terms = zip(counts, probabilities).map { count, probability in
        let expected = total * probability
        return (Double(count) - expected) * (Double(count) - expected) / expected
    }
    let freedom = Double(counts.count - 1)
    #expect(
        abs(terms.reduce(0, +) - freedom) < 6 * (2 * freedom).squareRoot(), comment, sourceLocation: sourceLocation)
}

/// Expects independent draws to be uniform in a range, whose bounds a few roundings may pass.
func expectUniform(
    _ values: [Double], in range: ClosedRange<Double>, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let width = range.upperBound - range.lowerBound
    let places = values.map { ($0 - range.lowerBound) / width }
    #expect(places.allSatisfy { (-1e-5...1 + 1e-5).contains($0) }, comment, sourceLocation: sourceLocation)
    var counts = [Int](repeating: 0, count: 20)
    for place in places { counts[min(max(Int(place * 20), 0), 19)] += 1 }
    expectDistribution(
        counts, probabilities: [Double](repeating: 0.05, count: 20), comment, sourceLocation: sourceLocation)
}

/// Expects no correlation: that of n independent pairs has a deviation of 1/√n.
func expectUncorrelated(
    _ first: [Double], _ second: [Double], _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
) {
    func centred(_ values: [Double]) -> [Double] {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.map { $0 - mean }
    }
    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    let (x, y) = (centred(first), centred(second))
    let correlation = dot(x, y) / (dot(x, x) * dot(y, y)).squareRoot()
    #expect(abs(correlation) < 6 / Double(x.count).squareRoot(), comment, sourceLocation: sourceLocation)
}
