import LanesGraph

/// How often each class was taken for each other: all figures of a classification follow from these counts.
///
///              predicted 0  1  2
///     actual 0           5  1  0       true positives of 0: 5
///            1           2  7  0       false negatives of 0, the rest of its row: 1
///            2           0  0  3       false positives of 0, the rest of its column: 2
public struct ConfusionMatrix: Sendable, Equatable, Codable {
    /// How many classes there are; 0 for a head that has none.
    public let classes: Int
    /// [actual][predicted].
    public private(set) var counts: [[Int]]

    /// A matrix that has counted nothing yet.
    public init(classes: Int) {
        self.classes = classes
        counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    }

    /// A matrix that was counted elsewhere.
    ///
    /// - Parameter counts: [actual][predicted], as many columns in every row as there are rows.
    public init(counts: [[Int]]) {
        require(counts.allSatisfy { $0.count == counts.count }, "a confusion matrix is square")
        (classes, self.counts) = (counts.count, counts)
    }

    /// From the rows of counts, as they are encoded.
    public init(from decoder: any Decoder) throws {
        let counts = try [[Int]](from: decoder)
        guard counts.allSatisfy({ $0.count == counts.count && $0.allSatisfy { (0...1 << 40).contains($0) } }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a confusion matrix is square, of counts"))
        }
        self.init(counts: counts)
    }

    public func encode(to encoder: any Encoder) throws { try counts.encode(to: encoder) }

    /// Counts one more answer.
    public mutating func add(label: Int, prediction: Int) { counts[label][prediction] += 1 }

    /// Counts a sample by its greatest output, the first of equals; a label that is no class counts nothing.
    mutating func add(output: Span<Float>, target: Span<Float>) {
        guard let label = Int(exactly: target[0]), counts.indices.contains(label) else { return }
        var best = 0
        for index in output.indices where output[index] > output[best] || output[index].isNaN { best = index }
        add(label: label, prediction: best)
    }

    /// All answers that were counted.
    public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
    /// Those that were right: the sum of the diagonal.
    public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// Of this class, and taken for it.
    public func truePositives(_ label: Int) -> Int { counts[label][label] }
    /// Others that were taken for this class.
    public func falsePositives(_ label: Int) -> Int { counts.reduce(0) { $0 + $1[label] } - counts[label][label] }
    /// Of this class, but taken for others.
    public func falseNegatives(_ label: Int) -> Int { counts[label].reduce(0, +) - counts[label][label] }

    /// The fraction of right answers; 0 where there are none at all.
    public var accuracy: Double { fraction(correct, of: total) }

    /// The 95 % interval of the accuracy, for answers that are independent (turned copies of one image are not quite):
    /// Wilson's score interval ("Probable inference, the law of succession, and statistical inference", 1927), which
    /// stays within 0…1 and is right for few mistakes too.
    public var accuracyInterval: ClosedRange<Double> { Self.interval(correct, of: total) }

    /// The same for any number of right answers among all.
    package static func interval(_ correct: Int, of total: Int) -> ClosedRange<Double> {
        guard total > 0 else { return 0...1 }
        let (n, z) = (Double(total), 1.959964)
        let accuracy = Double(correct) / Double(total)
        let centre = (accuracy + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (accuracy * (1 - accuracy) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, centre - half)...min(1, centre + half)
    }

    /// Of the samples taken for this class, the fraction that belong to it; 0 if there are none.
    public func precision(_ label: Int) -> Double {
        fraction(truePositives(label), of: truePositives(label) + falsePositives(label))
    }

    /// Of the samples of this class, the fraction that was recognized; 0 if there are none.
    public func recall(_ label: Int) -> Double {
        fraction(truePositives(label), of: truePositives(label) + falseNegatives(label))
    }

    /// The harmonic mean of precision and recall.
    public func f1(_ label: Int) -> Double {
        fraction(
            2 * truePositives(label), of: 2 * truePositives(label) + falsePositives(label) + falseNegatives(label))
    }

    /// The mean of all classes, each counting the same.
    public var macroPrecision: Double { mean(precision) }
    /// The mean of all classes, each counting the same.
    public var macroRecall: Double { mean(recall) }
    /// The mean of all classes, each counting the same.
    public var macroF1: Double { mean(f1) }

    private func mean(_ figure: (Int) -> Double) -> Double {
        (0..<classes).reduce(0) { $0 + figure($1) } / Double(max(classes, 1))
    }

    private func fraction(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
