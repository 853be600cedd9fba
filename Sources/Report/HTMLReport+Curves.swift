import Foundation
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// Losses and learning rate by step, accuracies by epoch; nothing where nothing was trained.
    var curves: Markup {
        guard isTraining, !run.epochs.isEmpty || run.history?.losses.isEmpty == false else { return "" }
        let charts = [lossChart] + recipe.tasks.indices.map(accuracyChart) + [rateChart]
        return """
            <section id="training">
            <h2>Training</h2>
            <p class="remark">Training figures are those of the images as they were changed and of the weights as they \
            were when each image was trained on; the others are taken after the epoch.</p>
            <div class="charts">
            \(charts.map(\.markup))</div>
            \(epochTable)</section>

            """
    }

    /// Values after epochs 1, 2 and so on.
    private func points(_ values: [Double]) -> [LineChart.Point] {
        values.enumerated().map { LineChart.Point(epoch: Double($0.offset + 1), value: $0.element) }
    }

    /// Of the epochs that have some of these images.
    private func points(
        _ figure: (Evaluation) -> Double, of images: (EpochResult) -> Evaluation?
    ) -> [LineChart.Point] {
        run.epochs.compactMap { epoch in
            images(epoch).map { LineChart.Point(epoch: Double(epoch.epoch), value: figure($0)) }
        }
    }

    /// Validation is left out where nothing is held out, a published line where nothing was published.
    private func series(
        _ figure: (Evaluation) -> Double, training: LineChart.Series? = nil,
        published: [(LineChart.Subject, [Double])]
    ) -> [LineChart.Series] {
        let all = [
            training ?? LineChart.Series(.training, points(figure) { $0.training }),
            LineChart.Series(.validation, points(figure) { $0.validation }),
            LineChart.Series(.test, points(figure) { $0.test }),
        ]
        return (all + published.map { LineChart.Series($0, points($1), isPublished: true) })
            .filter { !$0.points.isEmpty }
    }

    /// The training loss by step, where it is known.
    private var lossBySteps: LineChart.Series? {
        guard let history = run.history, !history.losses.isEmpty, history.stepsPerEpoch > 0 else { return nil }
        return LineChart.Series(
            .training,
            history.losses.map {
                LineChart.Point(epoch: Double($0.step) / Double(history.stepsPerEpoch), value: $0.loss)
            }, isByStep: true)
    }

    private var lossChart: LineChart {
        let published = recipe.published
        let series = series(
            \.loss, training: lossBySteps,
            published: [(.training, published.trainLosses), (.validation, published.validationLosses)])
        let level = published.testLoss
        let values = series.flatMap { $0.points.map(\.value) } + [level].compactMap(\.self)
        let isLogarithmic = values.allSatisfy { $0 > 0 }
        return LineChart(
            title: recipe.tasks.count == 1 ? "Loss" : "Loss, all tasks together",
            quantity: isLogarithmic ? "loss, logarithmic" : "loss", series: series, level: level.map { (.test, $0) },
            axis: isLogarithmic ? ChartAxis(logarithmic: values) : ChartAxis(linear: values),
            epochs: epochCount, steps: run.history?.stepsPerEpoch, format: decimals)
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
            epochs: epochCount, steps: run.history?.stepsPerEpoch, format: percent)
    }

    /// By step, as the schedule has it: what is done, and, while it runs, what is to come.
    private var rateChart: LineChart {
        var all = points(run.epochs.map(\.learningRate))
        var done = Double(run.epochs.count)
        if let history = run.history, history.steps > 0, history.stepsPerEpoch > 0 {
            let (settings, count) = (recipe.settings, min(history.steps, 300))
            all = (0...count).map { place in
                let step = min(history.steps - 1, place * history.steps / count)
                return LineChart.Point(
                    epoch: Double(step) / Double(history.stepsPerEpoch),
                    value: settings.learningRate * settings.schedule.factor(step, history.stepsPerEpoch, history.steps))
            }
            done = max(done, Double(history.losses.last?.step ?? 0) / Double(history.stepsPerEpoch))
        }
        let isByStep = run.history != nil
        var series = [LineChart.Series(.rate, all.filter { $0.epoch <= done }, isByStep: isByStep)]
        let planned = all.filter { $0.epoch >= done }
        if run.isRunning, planned.count > 1 {
            series.append(LineChart.Series("planned", style: "rate", planned, isDashed: true))
        }
        let values = series.flatMap { $0.points.map(\.value) }
        return LineChart(
            title: "Learning rate", quantity: isByStep ? "rate" : "rate of the epoch’s last step", series: series,
            axis: ChartAxis(linear: values + [0]), epochs: epochCount, steps: run.history?.stepsPerEpoch,
            format: ChartAxis.short)
    }

    /// While it runs the axes have room for what is to come.
    private var epochCount: Int {
        let published = [recipe.published.trainLosses, recipe.published.validationLosses]
        let planned = run.isRunning ? recipe.settings.epochs : 1
        return max(run.epochs.count, published.map(\.count).max() ?? 0, planned)
    }

    /// The same figures as numbers.
    private var epochTable: Markup {
        guard !run.epochs.isEmpty else { return "" }
        let hasValidation = run.epochs.contains { $0.validation != nil }
        let parts =
            (hasValidation ? [("validation", { $0.validation })] : []) + [("test", { $0.test })]
            as [(String, (EpochResult) -> Evaluation?)]
        let columns =
            ["training loss"]
            + parts.flatMap { name, _ in ["\(name) loss"] + recipe.tasks.map { "\($0.head) \(name) accuracy" } }
            + ["learning rate at the end", "training seconds"]
        let rows: [Markup] = run.epochs.map { epoch in
            let figures = parts.flatMap { _, images in
                images(epoch).map { [decimals($0.loss)] + $0.accuracies.map(percent) }
                    ?? Array(repeating: "–", count: 1 + recipe.tasks.count)
            }
            let cells =
                [decimals(epoch.training.loss)] + figures
                + [written(epoch.learningRate), String(format: "%.1f", epoch.seconds)]
            return "<tr><th scope=\"row\">\(epoch.epoch)</th>\(cells.map { "<td>\($0)</td>" as Markup })</tr>\n"
        }
        let isOpen: Markup = run.epochs.count <= 12 ? " open=\"open\"" : ""
        return """
            <details\(isOpen)><summary>By epoch, as numbers</summary>
            \(Self.scrolling("The figures of every epoch", """
            <table>
            <thead><tr><th scope="col">epoch</th>\(columns.map { "<th scope=\"col\">\($0)</th>" as Markup })</tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """))</details>

            """
    }

    /// A wide table in a box that scrolls, also by the keyboard.
    static func scrolling(_ name: String, _ table: Markup) -> Markup {
        "<div class=\"scroll\" role=\"region\" aria-label=\"\(name)\" tabindex=\"0\">\(table)</div>\n"
    }
}
