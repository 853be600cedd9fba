import TestSupport
import Testing

@testable import LanesTraining

@Suite("Confusion matrix")
struct ConfusionMatrixTests {
    /// The matrix drawn above the type.
    private let example = ConfusionMatrix(counts: [[5, 1, 0], [2, 7, 0], [0, 0, 3]])

    @Test("A worked example")
    func worked() {
        #expect(example.classes == 3 && example.total == 18 && example.correct == 15)
        #expect((0..<3).map(example.truePositives) == [5, 7, 3])
        #expect((0..<3).map(example.falsePositives) == [2, 1, 0])
        #expect((0..<3).map(example.falseNegatives) == [1, 2, 0])
        #expect(example.accuracy == 15.0 / 18)
        #expect((0..<3).map(example.precision) == [5.0 / 7, 7.0 / 8, 1])
        #expect((0..<3).map(example.recall) == [5.0 / 6, 7.0 / 9, 1])
        #expect((0..<3).map(example.f1) == [10.0 / 13, 14.0 / 17, 1])
        #expect(abs(example.macroPrecision - (5.0 / 7 + 7.0 / 8 + 1) / 3) < 1e-15)
        #expect(abs(example.macroRecall - (5.0 / 6 + 7.0 / 9 + 1) / 3) < 1e-15)
        #expect(abs(example.macroF1 - (10.0 / 13 + 14.0 / 17 + 1) / 3) < 1e-15)
    }

    @Test("Answers that are added one by one")
    func adding() {
        var confusion = ConfusionMatrix(classes: 3)
        for (label, row) in example.counts.enumerated() {
            for (prediction, count) in row.enumerated() {
                for _ in 0..<count { confusion.add(label: label, prediction: prediction) }
            }
        }
        #expect(confusion == example)
    }

    @Test("A class that neither occurs nor is predicted has figures of 0, and counts in the macro ones")
    func emptyClass() {
        let confusion = ConfusionMatrix(counts: [[4, 0, 0], [0, 0, 0], [0, 0, 4]])
        #expect(confusion.precision(1) == 0 && confusion.recall(1) == 0 && confusion.f1(1) == 0)
        #expect(confusion.accuracy == 1)
        for macro in [confusion.macroPrecision, confusion.macroRecall, confusion.macroF1] {
            #expect(macro == 2.0 / 3)
        }
    }

    @Test("Without answers, and without classes, all figures are 0", .namingCases)
    func empty() {
        forEach([0, 1, 3]) { classes in
            let confusion = ConfusionMatrix(classes: classes)
            #expect(confusion.total == 0 && confusion.accuracy == 0)
            #expect(confusion.macroPrecision == 0 && confusion.macroRecall == 0 && confusion.macroF1 == 0)
            #expect(confusion.accuracyInterval == 0...1)
        }
    }

    /// Computed in Python 3.11 with p = k/n, z = 1.959964 and
    /// (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
    @Test("Wilson's interval of k right answers of n", .namingCases)
    static func intervalCases() {
        forEach([
            (9893, 10_000, 0.9870872339285884, 0.9911369852599415),
            (24_039, 24_316, 0.9871951664379467, 0.9898671240451361), (99, 100, 0.9455138032509935, 0.9982325679553905),
            (1, 2, 0.09453120463920084, 0.9054687953607992), (0, 10, 0, 0.2775328030260577),
            (10, 10, 0.7224671969739421, 1),
        ]) { Self().interval(correct: $0, total: $1, lower: $2, upper: $3) }
    }

    func interval(correct: Int, total: Int, lower: Double, upper: Double) {
        let interval = ConfusionMatrix(counts: [[correct, total - correct], [0, 0]]).accuracyInterval
        #expect(abs(interval.lowerBound - lower) < 1e-12 && abs(interval.upperBound - upper) < 1e-12)
        #expect((0...1).contains(interval.lowerBound) && (0...1).contains(interval.upperBound))
    }
}
