import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// A task's confusion matrix, the published one and the figures of each class beside it, and the most frequent mistakes
    /// in words.
    func classes(ofTask index: Int) -> Markup {
        let task = recipe.tasks[index]
        let ours = confusionTable(run.result.confusions[index].counts, task, "Confusion matrix of the test images")
        let published: Markup =
            recipe.published.confusions[task.head].map { confusionTable($0, task, "The published one") } ?? ""
        return """
            <div class="side">
            \(ours)\(published)\(classTable(ofTask: index))</div>
            <p class="remark">Actual class by row, predicted class by column. Right answers are blue, the deeper the \
            greater their share of the class; mistakes are orange, the deeper the more.\(frequentMistakes(index))</p>

            """
    }

    /// - Parameter counts: [actual][predicted], as far as known.
    private func confusionTable(_ counts: [[Int]], _ task: DigitTask, _ caption: String) -> Markup {
        let mistakes = counts.enumerated().flatMap { label, row in
            row.enumerated().filter { $0.offset != label }.map(\.element)
        }
        let most = max(mistakes.max() ?? 0, 1)
        let columns = task.classes.prefix(counts.map(\.count).max() ?? 0)
        let rows: [Markup] = zip(task.classes, counts).enumerated().map { label, row in
            let total = max(row.1.reduce(0, +), 1)
            let cells: [Markup] = row.1.enumerated().map { prediction, count in
                if count == 0 { return "<td class=\"none\">0</td>" }
                // Of a mistake even a single one is to be seen.
                let (style, heat): (Markup, Int) =
                    prediction == label ? ("right", 40 * count / total) : ("wrong", 8 + 57 * count / most)
                return "<td class=\"\(style)\" style=\"--heat:\(heat)%\">\(count)</td>"
            }
            return "<tr><th scope=\"row\">\(row.0)</th>\(cells)</tr>\n"
        }
        return Self.scrolling(
            "\(caption), \(task.head)",
            """
            <table class="confusion">
            <caption>\(caption)</caption>
            <thead><tr><td></td>\(columns.map { "<th scope=\"col\">\($0)</th>" as Markup })</tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """)
    }

    private func frequentMistakes(_ index: Int) -> String {
        // No line may end within a name.
        let classes = recipe.tasks[index].classes.map { $0.replacing(" ", with: "\u{a0}") }
        let counts = run.result.confusions[index].counts
        let mistakes = counts.enumerated().flatMap { label, row in
            row.enumerated().filter { $0.offset != label && $0.element > 0 }.map { prediction, count in
                (count: count, text: "\(classes[label]) taken for \(classes[prediction]) (\(count))")
            }
        }
        // Two classes have two kinds of mistakes, which the table tells well enough.
        guard classes.count > 2, !mistakes.isEmpty else { return "" }
        let most = mistakes.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
        return " The most frequent: \(most.prefix(5).map(\.element.text).joined(separator: ", "))."
    }

    /// What each class comes to, and their mean.
    private func classTable(ofTask index: Int) -> Markup {
        let (task, confusion) = (recipe.tasks[index], run.result.confusions[index])
        let published = recipe.published.classCounts[task.head]
        let rows: [Markup] = task.classes.enumerated().map { label, name in
            let counts = published?[label]
            let beside: Markup =
                counts.map {
                    "<td>\($0.truePositives)</td><td>\($0.falsePositives)</td><td>\($0.falseNegatives)</td>"
                } ?? ""
            return """
                <tr><th scope="row">\(name)</th><td>\(confusion.truePositives(label))</td>\
                <td>\(confusion.falsePositives(label))</td><td>\(confusion.falseNegatives(label))</td>\
                <td>\(decimals(confusion.precision(label)))</td><td>\(decimals(confusion.recall(label)))</td>\
                <td>\(decimals(confusion.f1(label)))</td>\(beside)</tr>

                """
        }
        let heads: Markup =
            published == nil
            ? ""
            : """
            <th scope="col">published TP</th><th scope="col">FP</th><th scope="col">FN</th>
            """
        return Self.scrolling(
            "By class, \(task.head)",
            """
            <table>
            <caption>By class: true positives, false positives, false negatives</caption>
            <thead><tr><th scope="col">class</th><th scope="col">TP</th><th scope="col">FP</th><th scope="col">FN</th>\
            <th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th>\(heads)</tr></thead>
            <tbody>
            \(rows)</tbody>
            <tfoot><tr><th scope="row">macro mean</th><td></td><td></td><td></td>\
            <td>\(decimals(confusion.macroPrecision))</td><td>\(decimals(confusion.macroRecall))</td>\
            <td>\(decimals(confusion.macroF1))</td></tr></tfoot></table>
            """)
    }
}
