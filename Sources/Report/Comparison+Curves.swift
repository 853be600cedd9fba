import Foundation
import LanesRecipes

extension Comparison {
    /// The curves of all groups over each other.
    var curves: Markup {
        let accuracies = heads.flatMap { head in
            [("test", "test_\(head)_accuracy"), ("validation", "validation_\(head)_accuracy")].map { part, figure in
                chart("\(part.capitalized) accuracy, \(head)", isAccuracy: true) { points($0, figure) }
            }
        }
        let charts =
            [
                chart("Training loss") { run in
                    run.steps.isEmpty
                        ? points(run, "train_loss")
                        : run.steps.map { LineChart.Point(epoch: $0.epochs, value: $0.loss) }
                },
                chart("Validation loss") { points($0, "validation_loss") },
                chart("Test loss") { points($0, "test_loss") },
            ] + accuracies + [
                chart("Learning rate", isLinear: true) { run in
                    run.steps.map { LineChart.Point(epoch: $0.epochs, value: $0.rate) }
                }
            ]
        let drawn = charts.compactMap(\.self)
        guard !drawn.isEmpty else { return "" }
        return """
            <section id="curves">
            <h2>Curves</h2>
            <p class="remark">Training losses are those of the images as they were changed and of the weights as they were \
            when each image was trained on; validation and test figures are taken after each epoch.</p>
            <div class="charts">
            \(drawn.map(\.markup))</div>
            </section>

            """
    }

    private func points(_ run: SavedRun, _ figure: String) -> [LineChart.Point] {
        run.epochs.compactMap { epoch in
            epoch.figures[figure].map { LineChart.Point(epoch: Double(epoch.epoch), value: $0) }
        }
    }

    /// nil where no run has such points.
    private func chart(
        _ title: String, isAccuracy: Bool = false, isLinear: Bool = false,
        _ points: (SavedRun) -> [LineChart.Point]
    ) -> LineChart? {
        let series = groups.compactMap { group -> LineChart.Series? in
            let lines = group.runs.map { points($0).filter(\.value.isFinite) }.filter { !$0.isEmpty }
            guard let first = lines.first else { return nil }
            let isByStep = first.contains { $0.epoch != $0.epoch.rounded() }
            let marker: LineChart.Marker? = isByStep ? nil : [.circle, .square, .triangle][markerPlace(group)]
            guard lines.count > 1 else {
                return LineChart.Series(group.name, style: group.style, first, marker: marker)
            }
            let band = Self.band(lines)
            var series = LineChart.Series(
                "\(group.name), \(lines.count) seeds", style: group.style,
                band.map { LineChart.Point(epoch: $0.epoch, value: $0.mean) }, marker: marker)
            series.band = band.map { ($0.epoch, $0.least, $0.greatest) }
            return series
        }
        let values = series.flatMap { $0.points.map(\.value) + $0.band.flatMap { [$0.least, $0.greatest] } }
        guard !values.isEmpty else { return nil }
        let isLogarithmic = !isLinear && values.allSatisfy { isAccuracy ? $0 < 1 : $0 > 0 }
        let axis: ChartAxis
        let quantity: String
        if isAccuracy {
            axis =
                isLogarithmic ? ChartAxis(accuracies: values) : ChartAxis(linear: values) { ChartAxis.short(100 * $0) }
            quantity = isLogarithmic ? "%, by the logarithm of the errors" : "%"
        } else {
            axis = isLogarithmic ? ChartAxis(logarithmic: values) : ChartAxis(linear: values + [0])
            quantity = isLinear ? "rate" : isLogarithmic ? "loss, logarithmic" : "loss"
        }
        let epochs = runs.map { $0.epochs.last?.epoch ?? 1 }.max() ?? 1
        let format: (Double) -> String = isAccuracy ? { percent($0) } : { written($0) }
        return LineChart(title: title, quantity: quantity, series: series, axis: axis, epochs: epochs, format: format)
    }

    private func markerPlace(_ group: Group) -> Int {
        (groups.firstIndex { $0.runs[0].path == group.runs[0].path } ?? 0) % 3
    }

    /// Mean, least and greatest of several lines, where all of them have a point.
    static func band(
        _ lines: [[LineChart.Point]]
    ) -> [(epoch: Double, mean: Double, least: Double, greatest: Double)] {
        let known = lines.map { Dictionary($0.map { ($0.epoch, $0.value) }, uniquingKeysWith: { first, _ in first }) }
        return (lines.first ?? []).compactMap { point in
            let values = known.compactMap { $0[point.epoch] }
            guard values.count == lines.count, let least = values.min(), let greatest = values.max() else { return nil }
            return (point.epoch, values.reduce(0, +) / Double(values.count), least, greatest)
        }
    }
}
