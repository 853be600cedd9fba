import Foundation

extension Recipe {
    /// An evaluation as text: of each task the accuracy with its 95 % interval, the macro figures, a table of the classes
    /// and the confusion matrix.
    public func summary(of evaluation: Evaluation) -> String {
        zip(tasks, evaluation.confusions).map { Self.summary(of: $0, $1) }.joined(separator: "\n\n")
    }

    private static func summary(of task: DigitTask, _ confusion: ConfusionMatrix) -> String {
        let interval = confusion.accuracyInterval
        let head =
            "\(task.head): accuracy \(percent(confusion.accuracy)) "
            + "(95 % interval \(percent(interval.lowerBound)) to \(percent(interval.upperBound))), macro precision "
            + "\(decimals(confusion.macroPrecision)), recall \(decimals(confusion.macroRecall)), "
            + "F1 \(decimals(confusion.macroF1))"
        let columns = ["class", "precision", "recall", "F1", "TP", "FP", "FN", "│"] + task.classes
        let rows = task.classes.indices.map { label in
            [
                task.classes[label], decimals(confusion.precision(label)), decimals(confusion.recall(label)),
                decimals(confusion.f1(label)), "\(confusion.truePositives(label))",
                "\(confusion.falsePositives(label))", "\(confusion.falseNegatives(label))", "│",
            ] + confusion.counts[label].map(String.init)
        }
        let widths = columns.indices.map { column in ([columns] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([columns] + rows).map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
        return ([head, "right of the line: actual class by row, predicted class by column"] + lines)
            .joined(separator: "\n")
    }
}
