import Foundation
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// Losses, accuracies and learning rate by epoch; nothing where nothing was trained.
    var curves: Markup {
        guard !run.epochs.isEmpty else { return "" }
        let charts = [lossChart] + recipe.tasks.indices.map(accuracyChart) + [rateChart]
        return """
            <section>
            <h2>Training</h2>
            <p class="remark">Training figures are those of the images as they were changed and of the weights as they \
            were when each image was trained on; the others are taken after the epoch.</p>
            <div class="charts">
            \(charts.map(\.markup))</div>
            </section>

            """
    }

    /// Validation is left out where nothing is held out, a published line where nothing was published.
    private func series(
        _ figure: (Evaluation) -> Double, published: [(LineChart.Subject, [Double])]
    ) -> [LineChart.Series] {
        let all = [
            LineChart.Series(subject: .training, values: run.epochs.map { figure($0.training) }),
            LineChart.Series(subject: .validation, values: run.epochs.compactMap { $0.validation.map(figure) }),
            LineChart.Series(subject: .test, values: run.epochs.compactMap { $0.test.map(figure) }),
        ]
        return
            (all + published.map { LineChart.Series(subject: $0, values: $1, isPublished: true) })
            .filter { !$0.values.isEmpty }
    }

    private var lossChart: LineChart {
        let published = recipe.published
        let series = series(
            \.loss, published: [(.training, published.trainLosses), (.validation, published.validationLosses)])
        let level = published.testLoss
        let values = series.flatMap { $0.points.map(\.value) } + [level].compactMap(\.self)
        let isLogarithmic = values.allSatisfy { $0 > 0 }
        return LineChart(
            title: recipe.tasks.count == 1 ? "Loss" : "Loss, all tasks together",
            quantity: isLogarithmic ? "loss, logarithmic" : "loss", series: series, level: level.map { (.test, $0) },
            axis: isLogarithmic ? ChartAxis(logarithmic: values) : ChartAxis(linear: values),
            epochs: epochCount(series), format: decimals)
    }

    private func accuracyChart(ofTask task: Int) -> LineChart {
        let head = recipe.tasks[task].head
        // By epoch the reports print the accuracies of a single task alone.
        let published = task == 0 ? recipe.published.testAccuracies : []
        let series = series({ $0.accuracies[task] }, published: [(.test, published)])
        let level =
            published.isEmpty ? recipe.published.metrics.first { $0.key == "\(head)_accuracy" }?.value : nil
        let values = series.flatMap { $0.points.map(\.value) } + [level].compactMap(\.self)
        let isLogarithmic = values.allSatisfy { $0 < 1 }
        return LineChart(
            title: "Accuracy, \(head)",
            quantity: isLogarithmic ? "%, by the logarithm of the errors" : "%", series: series,
            level: level.map { (.test, $0) },
            axis: isLogarithmic
                ? ChartAxis(accuracies: values) : ChartAxis(linear: values) { ChartAxis.short(100 * $0) },
            epochs: epochCount(series), format: percent)
    }

    private var rateChart: LineChart {
        let rates = run.epochs.map(\.learningRate)
        return LineChart(
            title: "Learning rate", quantity: "rate of the epoch’s last step",
            series: [LineChart.Series(subject: .rate, values: rates)], axis: ChartAxis(linear: rates + [0]),
            epochs: rates.count, format: ChartAxis.short)
    }

    private func epochCount(_ series: [LineChart.Series]) -> Int { series.map(\.values.count).max() ?? 1 }

    /// The same figures as numbers.
    var epochTable: Markup {
        guard !run.epochs.isEmpty else { return "" }
        let hasValidation = run.epochs.contains { $0.validation != nil }
        let columns =
            ["training loss"] + (hasValidation ? ["validation loss"] : []) + ["test loss"]
            + recipe.tasks.map { "\($0.head) test accuracy" } + ["learning rate", "seconds"]
        let rows: [Markup] = run.epochs.map { epoch in
            let cells =
                [decimals(epoch.training.loss)]
                + (hasValidation ? [epoch.validation.map { decimals($0.loss) } ?? "–"] : [])
                + [epoch.test.map { decimals($0.loss) } ?? "–"] + (epoch.test?.accuracies.map(percent) ?? [])
                + [ChartAxis.short(epoch.learningRate), String(format: "%.1f", epoch.seconds)]
            return "<tr><th scope=\"row\">\(epoch.epoch)</th>\(cells.map { "<td>\($0)</td>" as Markup })</tr>\n"
        }
        return """
            <div class="scroll"><table>
            <caption>By epoch; seconds are those of the training alone</caption>
            <thead><tr><th scope="col">epoch</th>\(columns.map { "<th scope=\"col\">\($0)</th>" as Markup })</tr></thead>
            <tbody>
            \(rows)</tbody></table></div>

            """
    }
}
