import LanesRecipes
import LanesTraining

extension Recipe {
    /// An evaluation as text: of each task the accuracy with its 95 % interval, the macro figures, a table of the
    /// classes and the confusion matrix.
    ///
    /// - Parameter width: Columns that there are; nil for as many as it takes.
    public func summary(of evaluation: Evaluation, width: Int? = nil) -> String {
        zip(tasks, evaluation.confusions).map { $1.summary(head: $0.head, classes: $0.classes, width: width) }
            .joined(separator: "\n\n")
    }
}

extension ConfusionMatrix {
    /// The accuracy with its 95 % interval, the macro figures, a table of the classes, and the matrix.
    ///
    /// - Parameters:
    ///   - names: Of the classes; those without one are called by their numbers.
    ///   - width: Columns that there are; nil for as many as it takes. Where they are too few the matrix stands below the
    ///     table, and where even that is too wide, only its mistakes are listed.
    public func summary(head: String, classes names: [String], width: Int? = nil) -> String {
        let classes = (0..<self.classes).map { names.indices.contains($0) ? printable(names[$0]) : "\($0)" }
        let interval = accuracyInterval
        let figures = [
            "\(printable(head)): accuracy \(percent(accuracy)) ",
            "(95 % interval \(percent(interval.lowerBound)) to \(percent(interval.upperBound))), ",
            "macro precision \(decimals(macroPrecision)), ", "recall \(decimals(macroRecall)), ",
            "F1 \(decimals(macroF1))",
        ]
        let table =
            [["class", "precision", "recall", "F1", "TP", "FP", "FN"]]
            + classes.indices.map { label in
                [
                    classes[label], decimals(precision(label)), decimals(recall(label)), decimals(f1(label)),
                    "\(truePositives(label))", "\(falsePositives(label))", "\(falseNegatives(label))",
                ]
            }
        let matrix = [classes] + counts.map { $0.map(String.init) }
        let whole = Self.aligned(zip(table, matrix).map { $0 + ["│"] + $1 })
        guard let width, (whole.first?.count ?? 0) > width else {
            return ([figures.joined(), "right of the line: actual class by row, predicted class by column"] + whole)
                .joined(separator: "\n")
        }
        let narrow = Self.aligned(table)
        let fits = (narrow.first?.count ?? 0) <= width
        let below = Self.aligned(zip([""] + classes, matrix).map { [$0, "│"] + $1 }, gap: " ")
        var lines = Self.lines(figures, width: width) + (fits ? narrow : Self.aligned(table.map { Array($0[..<4]) }))
        if (below.first?.count ?? 0) <= width {
            lines += Self.lines(["actual class by row, ", "predicted class by column"], width: width) + below
        } else if correct < total {
            let mistakes = counts.enumerated().flatMap { label, row in
                row.enumerated().filter { $0.offset != label && $0.element > 0 }
                    .map { ($0.element, "\(classes[label]) → \(classes[$0.offset]) \($0.element)") }
            }
            let most = mistakes.enumerated().sorted { ($1.element.0, $0.offset) < ($0.element.0, $1.offset) }
            lines += Self.lines(
                ["mistakes, actual → predicted: "] + most.prefix(12).map { $0.element.1 + "  " }, width: width)
        }
        return lines.joined(separator: "\n")
    }

    /// Rows of cells, each column as wide as its widest cell.
    private static func aligned(_ rows: [[String]], gap: String = "  ") -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: gap)
        }
    }

    /// Parts, as many in a line as fit.
    private static func lines(_ parts: [String], width: Int) -> [String] {
        var lines = [""]
        for part in parts {
            let line = lines[lines.count - 1] + part
            if line.count > width + 1, lines != [""] { lines.append(part) } else { lines[lines.count - 1] = line }
        }
        return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    }
}
