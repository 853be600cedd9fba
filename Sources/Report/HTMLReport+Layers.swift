import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// How great the weights, gradients and updates of each layer were in the course of the training.
    var layerSizes: Markup {
        guard let history = run.history, history.measuredSteps.count > 1 else { return "" }
        let columns: [(name: String, style: Markup, size: (LayerSize) -> Float)] = [
            ("weights", "rate", \.weight), ("gradients", "training", \.gradient), ("updates", "test", \.update),
        ]
        let all = history.layers.indices.map(history.sizes)
        let axes = columns.map { column in
            let values = all.joined().map { Double(column.size($0)) }.filter { $0 > 0 && $0.isFinite }
            return values.isEmpty ? nil : ChartAxis(logarithmic: values)
        }
        let rows: [Markup] = zip(history.layers, all).map { layer, sizes in
            let cells: [Markup] = zip(columns, axes).map { column, axis in
                let values = sizes.map { Double(column.size($0)) }
                return """
                    <td>\(spark(values, history.measuredSteps, axis, column.style, name: "\(column.name) of \(layer)"))\
                    <span class="value">\(written(values.last ?? 0, digits: 2))</span></td>
                    """
            }
            let share = sizes.last.map { Double($0.update) / Double(max($0.weight, .leastNormalMagnitude)) }
            return "<tr><th scope=\"row\">\(layer)</th>\(cells)<td>\(written(share ?? 0, digits: 2))</td></tr>\n"
        }
        let heads: [Markup] = zip(columns, axes).map { column, axis in
            let ends = axis.map { "\($0.ticks.first?.label ?? "") to \($0.ticks.last?.label ?? "")" } ?? ""
            return "<th scope=\"col\">\(column.name)<br/><small>\(ends)</small></th>"
        }
        return """
            <section id="layers">
            <h2>Layers in the course of the training</h2>
            <p class="remark">Root mean squares of each layer’s numbers, from the first step to the last, each column on one \
            logarithmic scale, with the value at the end. Gradients are those of one batch, updates what the step then \
            changed; looked at \(history.measuredSteps.count) times.</p>
            \(Self.scrolling("Sizes of the layers’ numbers", """
            <table class="sparks">
            <thead><tr><th scope="col">layer</th>\(heads)<th scope="col">update ÷ weight</th></tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """))</section>

            """
    }

    /// A line as small as a word.
    private func spark(
        _ values: [Double], _ steps: [Int], _ axis: ChartAxis?, _ style: Markup, name: String
    ) -> Markup {
        let (width, height) = (120.0, 26.0)
        let end = Double(max(steps.last ?? 1, 1))
        let points: [Markup] = zip(steps, values).compactMap { step, value in
            guard let axis, value > 0, value.isFinite else { return nil }
            return "\(2 + (width - 4) * Double(step) / end),\(height - 2 - (height - 4) * axis.position(value)) "
        }
        let ends = [values.first, values.last].map { written($0 ?? 0, digits: 2) }
        return """
            <svg class="spark" viewBox="0 0 \(width) \(height)" role="img"><title>\(name): \(ends[0]) to \(ends[1])</title>\
            <polyline class="line \(style)" points="\(points)"/></svg>
            """
    }
}
