import Testing

@testable import Recipes

/// Published counts by class, with the figures that the same tables give. The places off the diagonal are one of the many
/// ways to have these false positives and negatives.
private struct PublishedTask: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let counts: [[Int]]
    let truePositives: [Int], falsePositives: [Int], falseNegatives: [Int]
    let accuracy: String, f1: String, precision: String, recall: String

    static let digit = PublishedTask(
        testDescription: "digit",
        counts: [
            [4527, 13, 0, 0, 0, 0], [49, 4070, 3, 0, 0, 6], [0, 0, 3976, 43, 19, 2], [2, 0, 10, 3900, 3, 13],
            [0, 2, 0, 0, 3513, 53], [0, 32, 8, 0, 19, 4053],
        ],
        truePositives: [4527, 4070, 3976, 3900, 3513, 4053], falsePositives: [51, 47, 21, 43, 41, 74],
        falseNegatives: [13, 58, 64, 28, 55, 59],
        accuracy: "98.86 %", f1: "0.9885", precision: "0.9886", recall: "0.9884")

    static let rotation = PublishedTask(
        testDescription: "rotation",
        counts: [[6048, 30, 1, 0], [17, 6061, 0, 1], [0, 0, 6054, 25], [1, 0, 24, 6054]],
        truePositives: [6048, 6061, 6054, 6054], falsePositives: [18, 30, 25, 26], falseNegatives: [31, 18, 25, 25],
        accuracy: "99.59 %", f1: "0.9959", precision: "0.9959", recall: "0.9959")
}

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

    @Test("The tables of the report on rotation give its figures", arguments: [PublishedTask.digit, .rotation])
    private func rotation(task: PublishedTask) {
        let confusion = ConfusionMatrix(counts: task.counts)
        let classes = task.counts.indices
        #expect(confusion.total == 24_316)
        #expect(classes.map(confusion.truePositives) == task.truePositives)
        #expect(classes.map(confusion.falsePositives) == task.falsePositives)
        #expect(classes.map(confusion.falseNegatives) == task.falseNegatives)
        #expect(percent(confusion.accuracy) == task.accuracy)
        #expect(decimals(confusion.macroF1) == task.f1)
        #expect(decimals(confusion.macroPrecision) == task.precision)
        #expect(decimals(confusion.macroRecall) == task.recall)
    }

    @Test("What the recipes call published is what the report's own tables give")
    func published() throws {
        let metrics = Dictionary(uniqueKeysWithValues: Recipe.rotation.published.metrics.map { ($0.key, $0.value) })
        for task in [PublishedTask.digit, .rotation] {
            #expect(metrics["\(task.testDescription)_accuracy"].map(percent) == task.accuracy)
            #expect(metrics["\(task.testDescription)_macro_f1"].map(decimals) == task.f1)
            #expect(metrics["\(task.testDescription)_macro_precision"].map(decimals) == task.precision)
            #expect(metrics["\(task.testDescription)_macro_recall"].map(decimals) == task.recall)
        }
        let merged = ConfusionMatrix(counts: try #require(Recipe.merged.published.confusions["group"]))
        #expect(merged.total == 10_000)
        #expect(percent(merged.accuracy) == "99.18 %")
        #expect(Recipe.merged.published.metrics.first?.value == merged.accuracy)
        // The images of {0, 6}, {1, 7}, {2, 3, 5, 8} and {4, 9} in MNIST's test set.
        #expect(merged.counts.map { $0.reduce(0, +) } == [1938, 2163, 3908, 1991])
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

    @Test("Without answers, and without classes, all figures are 0", arguments: [0, 1, 3])
    func empty(classes: Int) {
        let confusion = ConfusionMatrix(classes: classes)
        #expect(confusion.total == 0 && confusion.accuracy == 0)
        #expect(confusion.macroPrecision == 0 && confusion.macroRecall == 0 && confusion.macroF1 == 0)
        #expect(confusion.accuracyInterval == 0...1)
    }

    /// Computed in Python 3.11 with p = k/n, z = 1.959964 and
    /// (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
    @Test(
        "Wilson's interval of k right answers of n",
        arguments: [
            (9893, 10_000, 0.9870872339285884, 0.9911369852599415),
            (24_039, 24_316, 0.9871951664379467, 0.9898671240451361), (99, 100, 0.9455138032509935, 0.9982325679553905),
            (1, 2, 0.09453120463920084, 0.9054687953607992), (0, 10, 0, 0.2775328030260577),
            (10, 10, 0.7224671969739421, 1),
        ])
    func interval(correct: Int, total: Int, lower: Double, upper: Double) {
        let interval = ConfusionMatrix(counts: [[correct, total - correct], [0, 0]]).accuracyInterval
        #expect(abs(interval.lowerBound - lower) < 1e-12 && abs(interval.upperBound - upper) < 1e-12)
        #expect((0...1).contains(interval.lowerBound) && (0...1).contains(interval.upperBound))
    }
}
