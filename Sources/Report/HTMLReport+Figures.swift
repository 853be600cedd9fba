import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// The accuracy of each task.
    var headline: Markup {
        let figures: [Markup] = zip(recipe.tasks, run.result.confusions).map { task, confusion in
            let wrong = confusion.total - confusion.correct
            return """
                <div><dt>\(task.head), test accuracy</dt>
                <dd class="figure">\(percent(confusion.accuracy))</dd>
                <dd>95 % interval \(interval(of: confusion))</dd>
                <dd>\(grouped(wrong)) of \(grouped(confusion.total)) wrong</dd>\(publishedAccuracy(of: task))</div>

                """
        }
        return figures.isEmpty ? "" : "<dl class=\"figures\">\n\(figures)</dl>\n\(choice)"
    }

    private func publishedAccuracy(of task: DigitTask) -> Markup {
        guard isExperiment else { return "" }
        return recipe.published.metrics.first { $0.key == "\(task.head)_accuracy" }
            .map { "\n<dd>published \(percent($0.value))</dd>" } ?? ""
    }

    /// What was chosen on which images.
    private var choice: Markup {
        guard let epoch = run.resultEpoch else { return "" }
        let images = epoch.validation == nil ? "test" : "validation"
        let criterion = "the one with the best \(recipe.tasks[0].head) accuracy on the \(images) images"
        // Of several epochs the best on some images does better on these than it would on others.
        let warning = images == "test" ? ", as no others are held out: this figure is a little too good" : ""
        if recipe.settings.keepsBest {
            return """
                <p class="remark">Results and weights are those of epoch \(epoch.epoch), chosen as \(criterion)\(warning).</p>

                """
        }
        guard let best = run.bestEpoch, run.epochs.count > 1 else { return "" }
        return """
            <p class="remark">These are the figures of the last epoch, which nothing chose. The file \
            best.safetensors holds epoch \(best), \(criterion)\(images == "test" ? ", as no others are held out" : "").</p>

            """
    }

    private func interval(of confusion: ConfusionMatrix) -> String {
        let interval = confusion.accuracyInterval
        return String(format: "%.2f", interval.lowerBound * 100) + " to " + percent(interval.upperBound)
    }

    /// What the source report printed, beside what came out here.
    var publishedFigures: Markup {
        let published = recipe.published
        guard !published.report.isEmpty else { return "" }
        let note: Markup = published.note.isEmpty ? "" : "<p class=\"remark\">\(published.note)</p>\n"
        let differences: Markup =
            isExperiment
            ? ""
            : "<p>This run is not that experiment: \(run.differences.joined(separator: ", ")).</p>\n"
        let rows = metricRows + lossRows
        let difference: Markup = isExperiment ? "<th scope=\"col\">difference</th>" : ""
        let table: Markup =
            rows.isEmpty
            ? "<p>It prints no figures.</p>\n"
            : """
            <div class="scroll" role="region" aria-label="Beside the published figures" tabindex="0"><table>
            <thead><tr><th scope="col">figure</th><th scope="col">here</th><th scope="col">95 % interval</th>\
            <th scope="col">published</th>\(difference)</tr></thead>
            <tbody>
            \(rows)</tbody></table></div>

            """
        return """
            <section id="published">
            <h2>Beside the published figures</h2>
            <p>Source report: “\(published.report)”.</p>
            \(differences)\(table)\(note)</section>

            """
    }

    private var metricRows: [Markup] {
        let ours = Dictionary(run.result.metrics.map { ($0.name, $0.value) }) { first, _ in first }
        let intervals = Dictionary(
            zip(recipe.tasks, run.result.confusions).map { ("\($0.head)_accuracy", interval(of: $1)) }
        ) { first, _ in first }
        return recipe.published.metrics.map { name, figure in
            row(
                name.replacing("_", with: " ").replacing(" f1", with: " F1"), ours[name].map(percent),
                interval: intervals[name], published: percent(figure),
                difference: ours[name].map { signed(($0 - figure) * 100, decimals: 2) + " points" })
        }
    }

    /// The losses of the last epoch that a loss was published of.
    private var lossRows: [Markup] {
        func lossRow(_ name: String, _ ours: Double?, _ figure: Double) -> Markup {
            row(
                name, ours.map(decimals), interval: nil, published: decimals(figure),
                difference: ours.map { signed($0 - figure, decimals: 4) })
        }
        func rows(_ name: String, _ figures: [Double], _ ours: (EpochResult) -> Double?) -> [Markup] {
            guard let figure = figures.last, run.epochs.count >= figures.count else { return [] }
            return [lossRow("\(name) loss, epoch \(figures.count)", ours(run.epochs[figures.count - 1]), figure)]
        }
        let published = recipe.published
        return rows("training", published.trainLosses) { $0.training.loss }
            + rows("validation", published.validationLosses) { $0.validation?.loss }
            + (published.testLoss.map { [lossRow("test loss", run.result.count > 0 ? run.result.loss : nil, $0)] } ?? [])
    }

    private func row(
        _ name: String, _ ours: String?, interval: String?, published: String, difference: String?
    ) -> Markup {
        let shown = [ours, interval, published] + (isExperiment ? [difference] : [])
        let cells: [Markup] = shown.map { "<td>\($0 ?? "–")</td>" }
        return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
    }
}
