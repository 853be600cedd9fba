import LanesRecipes
import LanesTraining

extension Recipe {
    /// An evaluation as text: of each task the accuracy with its 95 % interval, the macro figures, a table of the
    /// classes and the confusion matrix.
    public func summary(of evaluation: Evaluation) -> String {
        zip(tasks, evaluation.confusions).map { $1.summary(head: $0.head, classes: $0.classes) }
            .joined(separator: "\n\n")
    }
}

extension ConfusionMatrix {
    /// The accuracy with its 95 % interval, the macro figures, a table of the classes, and the matrix.
    ///
    /// - Parameter names: Of the classes; those without one are called by their numbers.
    public func summary(head: String, classes names: [String]) -> String {
        let classes = (0..<self.classes).map { names.indices.contains($0) ? printable(names[$0]) : "\($0)" }
        let interval = accuracyInterval
        let head =
            "\(printable(head)): accuracy \(percent(accuracy)) "
            + "(95 % interval \(percent(interval.lowerBound)) to \(percent(interval.upperBound))), macro precision "
            + "\(decimals(macroPrecision)), recall \(decimals(macroRecall)), F1 \(decimals(macroF1))"
        let columns = ["class", "precision", "recall", "F1", "TP", "FP", "FN", "│"] + classes
        let rows = classes.indices.map { label in
            [
                classes[label], decimals(precision(label)), decimals(recall(label)), decimals(f1(label)),
                "\(truePositives(label))", "\(falsePositives(label))", "\(falseNegatives(label))", "│",
            ] + counts[label].map(String.init)
        }
        let widths = columns.indices.map { column in ([columns] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([columns] + rows).map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
        return ([head, "right of the line: actual class by row, predicted class by column"] + lines)
            .joined(separator: "\n")
    }
}
