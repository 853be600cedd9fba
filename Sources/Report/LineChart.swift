import Foundation
import LanesRecipes

/// Values in the course of a training as lines, drawn as SVG.
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

    /// Shapes of their own, for those who cannot tell the colours.
    enum Marker { case circle, square, triangle }

    struct Point {
        /// In epochs: 1 is the first one's end.
        let epoch: Double
        let value: Double
    }

    /// One line.
    struct Series {
        let name: String
        /// The name of its colour in the stylesheet.
        let style: Markup
        let points: [Point]
        var marker: Marker?
        var isDashed = false
        /// The least and the greatest of several lines, whose mean the points are.
        var band: [(epoch: Double, least: Double, greatest: Double)] = []

        init(_ name: String, style: Markup, _ points: [Point], marker: Marker? = nil, isDashed: Bool = false) {
            (self.name, self.style, self.marker, self.isDashed) = (name, style, marker, isDashed)
            self.points = points.filter { $0.value.isFinite }
        }

        /// - Parameters:
        ///   - isPublished: By the source report: dashed, without markers.
        ///   - isByStep: So many points that markers would hide the line.
        init(_ subject: Subject, _ points: [Point], isPublished: Bool = false, isByStep: Bool = false) {
            let marker: Marker =
                switch subject {
                case .training, .rate: .circle
                case .validation: .square
                case .test: .triangle
                }
            self.init(
                subject.rawValue + (isPublished ? ", published" : ""), style: subject.style, points,
                marker: isPublished || isByStep ? nil : marker, isDashed: isPublished)
        }
    }

    let title: String
    /// What the vertical axis shows, with its unit.
    let quantity: String
    let series: [Series]
    /// A published figure of the last epoch alone: a dashed line across the chart.
    var level: (subject: Subject, value: Double)?
    let axis: ChartAxis
    /// How many epochs the horizontal axis is long.
    let epochs: Int
    /// Of an epoch, if known.
    var steps: Int?
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
        \(grid)\(series.map(band))\(levelLine)\(series.map(line))</svg></figure>

        """
    }

    private var epochAxis: ChartAxis { ChartAxis(epochs: epochs, steps: steps) }

    private func x(_ position: Double) -> Double { Self.left + 6 + position * (Self.right - Self.left - 14) }
    private func y(_ position: Double) -> Double { Self.bottom - position * (Self.bottom - Self.top) }

    private var grid: Markup {
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
        let unit = epochs <= 2 && steps != nil ? "step" : "epoch"
        return """
            \(rows)<path class="axis" d="M\(Self.left) \(Self.bottom)H\(Self.right)"/>
            \(columns)<text class="label" x="0" y="12">\(quantity)</text>
            <text class="label middle" x="\((Self.left + Self.right) / 2)" y="\(Self.height - 6)">\(unit)</text>

            """
    }

    private var levelLine: Markup {
        guard let level else { return "" }
        return """
            <path class="line \(level.subject.style) published" \
            d="M\(Self.left) \(y(axis.position(level.value)))H\(Self.right)"/>

            """
    }

    private func band(_ series: Series) -> Markup {
        let band = series.band.filter { $0.least.isFinite && $0.greatest.isFinite }
        guard !band.isEmpty else { return "" }
        let epochAxis = epochAxis
        let above: [Markup] = band.map { "\(x(epochAxis.position($0.epoch))),\(y(axis.position($0.greatest))) " }
        let below: [Markup] = band.reversed().map {
            "\(x(epochAxis.position($0.epoch))),\(y(axis.position($0.least))) "
        }
        return "<polygon class=\"band \(series.style)\" points=\"\(above)\(below)\"/>\n"
    }

    private func line(_ series: Series) -> Markup {
        let epochAxis = epochAxis
        let places = series.points.map { (x(epochAxis.position($0.epoch)), y(axis.position($0.value))) }
        let points: [Markup] = places.map { "\($0.0),\($0.1) " }
        let kind: Markup = series.isDashed ? " published" : ""
        let markers = series.marker.map { shape in places.map { marker(shape, series.style, x: $0.0, y: $0.1) } } ?? []
        return """
            <polyline class="line \(series.style)\(kind)" points="\(points)"/>\(markers)

            """
    }

    private func marker(_ marker: Marker, _ style: Markup, x: Double, y: Double) -> Markup {
        switch marker {
        case .circle: "<circle class=\"marker \(style)\" cx=\"\(x)\" cy=\"\(y)\" r=\"3\"/>"
        case .square: "<path class=\"marker \(style)\" d=\"M\(x - 3) \(y - 3)h6v6h-6z\"/>"
        case .triangle: "<path class=\"marker \(style)\" d=\"M\(x) \(y - 4.2)l4 7h-8z\"/>"
        }
    }

    /// What the lines are; one alone is what the title says.
    private var legend: Markup {
        let level = level.map { [Series($0.subject, [], isPublished: true)] } ?? []
        let items: [Markup] = (series + level).map { series in
            let kind: Markup = series.isDashed ? " published" : ""
            let marker: Markup = series.marker.map { self.marker($0, series.style, x: 13, y: 7) } ?? ""
            return """
                <li><svg width="26" height="14" aria-hidden="true"><path class="line \(series.style)\(kind)" \
                d="M0 7H26"/>\(marker)</svg>\(series.name)</li>
                """
        }
        return items.count > 1 ? "<ul class=\"legend\">\(items)</ul>" : ""
    }

    private var description: String {
        let lines = series.compactMap { series -> String? in
            guard let first = series.points.first, let last = series.points.last else { return nil }
            return "\(series.name): \(format(first.value)) at epoch \(written(first.epoch)), \(format(last.value)) at "
                + "epoch \(written(last.epoch))."
        }
        let level = level.map { ["\($0.subject.rawValue), published: \(format($0.value))."] } ?? []
        return (lines + level).joined(separator: " ")
    }
}
