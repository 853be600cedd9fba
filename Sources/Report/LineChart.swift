import Foundation

/// Values by epoch as lines, drawn as SVG.
struct LineChart {
    /// What a line tells, which decides its colour and its markers.
    enum Subject: String {
        case training, validation, test
        case rate = "learning rate"

        /// The name of its colour in the stylesheet.
        var style: Markup {
            switch self {
            case .training: "training"
            case .validation: "validation"
            case .test: "test"
            case .rate: "rate"
            }
        }
    }

    /// One line.
    struct Series {
        let subject: Subject
        /// Of epochs 1, 2 and so on.
        let values: [Double]
        /// Of the source report: dashed, without markers.
        var isPublished = false

        var name: String { subject.rawValue + (isPublished ? ", published" : "") }
        /// Epoch and value, as far as they can be drawn.
        var points: [(epoch: Int, value: Double)] {
            values.enumerated().filter { $0.element.isFinite }.map { ($0.offset + 1, $0.element) }
        }
    }

    let title: String
    /// What the vertical axis shows, with its unit.
    let quantity: String
    let series: [Series]
    /// A published figure of the last epoch alone: a dashed line across the chart.
    var level: (subject: Subject, value: Double)?
    let axis: ChartAxis
    let epochs: Int
    /// How a value is written in the description.
    let format: (Double) -> String

    // Of the drawing, in its own units; at its usual size they are about pixels.
    private static let (width, height) = (380.0, 270.0)
    private static let (left, right, top, bottom) = (52.0, 372.0, 32.0, 222.0)

    /// The chart with its title and legend.
    var markup: Markup {
        """
        <figure class="chart"><figcaption>\(title)</figcaption>
        \(legend)
        <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img"><title>\(title)</title><desc>\(description)</desc>
        \(grid)\(levelLine)\(series.map(line))</svg></figure>

        """
    }

    private func x(_ position: Double) -> Double { Self.left + 12 + position * (Self.right - Self.left - 24) }
    private func y(_ position: Double) -> Double { Self.bottom - position * (Self.bottom - Self.top) }

    private var grid: Markup {
        let epochAxis = ChartAxis(epochs: epochs)
        let rows: [Markup] = axis.ticks.map { tick in
            """
            <path class="grid" d="M\(Self.left) \(y(tick.position))H\(Self.right)"/>\
            <text class="tick end" x="\(Self.left - 7)" y="\(y(tick.position) + 4)">\(tick.label)</text>

            """
        }
        let columns: [Markup] = epochAxis.ticks.map { tick in
            """
            <path class="axis" d="M\(x(tick.position)) \(Self.bottom)v4"/>\
            <text class="tick middle" x="\(x(tick.position))" y="\(Self.bottom + 18)">\(tick.label)</text>

            """
        }
        return """
            \(rows)<path class="axis" d="M\(Self.left) \(Self.bottom)H\(Self.right)"/>
            \(columns)<text class="label" x="0" y="12">\(quantity)</text>
            <text class="label middle" x="\((Self.left + Self.right) / 2)" y="\(Self.height - 6)">epoch</text>

            """
    }

    private var levelLine: Markup {
        guard let level else { return "" }
        return """
            <path class="line \(level.subject.style) published" \
            d="M\(Self.left) \(y(axis.position(level.value)))H\(Self.right)"/>

            """
    }

    private func line(_ series: Series) -> Markup {
        let epochAxis = ChartAxis(epochs: epochs)
        let places = series.points.map { (x(epochAxis.position(Double($0.epoch))), y(axis.position($0.value))) }
        let points: [Markup] = places.map { "\($0.0),\($0.1) " }
        let kind: Markup = series.isPublished ? " published" : ""
        let markers = series.isPublished ? [] : places.map { marker(series.subject, x: $0.0, y: $0.1) }
        return """
            <polyline class="line \(series.subject.style)\(kind)" points="\(points)"/>\(markers)

            """
    }

    /// Shapes of their own, for those who cannot tell the colours.
    private func marker(_ subject: Subject, x: Double, y: Double) -> Markup {
        switch subject {
        case .training, .rate:
            "<circle class=\"marker \(subject.style)\" cx=\"\(x)\" cy=\"\(y)\" r=\"3\"/>"
        case .validation:
            "<path class=\"marker \(subject.style)\" d=\"M\(x - 3) \(y - 3)h6v6h-6z\"/>"
        case .test:
            "<path class=\"marker \(subject.style)\" d=\"M\(x) \(y - 4.2)l4 7h-8z\"/>"
        }
    }

    /// What the lines are; one alone is what the title says.
    private var legend: Markup {
        let level = level.map { [Series(subject: $0.subject, values: [], isPublished: true)] } ?? []
        let items: [Markup] = (series + level).map { series in
            let kind: Markup = series.isPublished ? " published" : ""
            let marker: Markup = series.isPublished ? "" : marker(series.subject, x: 13, y: 7)
            return """
                <li><svg width="26" height="14" aria-hidden="true"><path class="line \(series.subject.style)\(kind)" \
                d="M0 7H26"/>\(marker)</svg>\(series.name)</li>
                """
        }
        return items.count > 1 ? "<ul class=\"legend\">\(items)</ul>" : ""
    }

    private var description: String {
        let lines = series.compactMap { series -> String? in
            guard let first = series.points.first, let last = series.points.last else { return nil }
            return "\(series.name): \(format(first.value)) in epoch \(first.epoch), \(format(last.value)) in epoch "
                + "\(last.epoch)."
        }
        let level = level.map { ["\($0.subject.rawValue), published: \(format($0.value))."] } ?? []
        return (lines + level).joined(separator: " ")
    }
}
