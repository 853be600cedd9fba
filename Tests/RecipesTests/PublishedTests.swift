import LanesTraining
import Testing

@testable import LanesRecipes

/// Published counts by class, with the figures that the same tables give. The places off the diagonal are one of the
/// many ways to have these false positives and negatives.
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

@Suite("Published tables")
struct PublishedTests {
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
}
