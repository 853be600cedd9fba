import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining

extension Comparison {
    /// What each group came to on the test images.
    var results: Markup {
        let columns = heads.map { "\($0), test accuracy" } + ["test loss", "training seconds an epoch"]
        let rows: [Markup] = groups.map { group in
            let accuracies = heads.map { head in accuracy(group, head) }
            let seconds = group.runs.flatMap { $0.epochs.map(\.seconds) }
            let loss = summary(group.runs.compactMap { $0.results["test_loss"] }, decimals)
            let time = seconds.isEmpty ? "–" : String(format: "%.1f", seconds.reduce(0, +) / Double(seconds.count))
            let cells: [Markup] = (accuracies + [loss, time]).map { "<td>\($0)</td>" }
            return """
                <tr><th scope="row"><svg width="26" height="14" aria-hidden="true"><path class="line \(group.style)" \
                d="M0 7H26"/></svg> \(group.name)</th><td>\(group.runs.count)</td>\(cells)</tr>

                """
        }
        let unfinished = runs.filter { !$0.hasEnded }
        let remark = unfinished.map {
            "\(Self.folder($0)) after \($0.epochs.count) of \(counted($0.plannedEpochs, "epoch"))"
        }
        let notEnded: Markup =
            remark.isEmpty ? "" : "<p class=\"warning\">Not at their end yet: \(remark.joined(separator: ", ")).</p>\n"
        return """
            <section id="results">
            <h2>Results on the test images</h2>
            <p class="remark">Of one run the figure with its 95 % interval (Wilson’s, from the number of test images); of \
            several seeds the mean with the least and the greatest.</p>
            \(notEnded)\(Self.scrolling("Results", """
            <table>
            <thead><tr><th scope="col">settings</th><th scope="col">runs</th>\
            \(columns.map { "<th scope=\"col\">\($0)</th>" as Markup })</tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """))</section>

            """
    }

    private func accuracy(_ group: Group, _ head: String) -> String {
        let values = group.runs.compactMap { $0.results["test_\(head)_accuracy"] }
        guard group.runs.count == 1, let value = values.first else { return summary(values, percent) }
        return Self.withInterval(value, of: group.runs[0].testCount)
    }

    /// "98.00 % (97.71 to 98.26 %)"; without its interval where nobody knows of how many images it is.
    static func withInterval(_ accuracy: Double, of count: Int?) -> String {
        guard let count, count > 0, (0...1).contains(accuracy) else { return percent(accuracy) }
        let right = Int((accuracy * Double(count)).rounded())
        let interval = ConfusionMatrix.interval(right, of: count)
        return percent(accuracy)
            + String(format: " (%.2f to %.2f %%)", 100 * interval.lowerBound, 100 * interval.upperBound)
    }

    private func summary(_ values: [Double], _ format: (Double) -> String) -> String {
        guard let least = values.min(), let greatest = values.max() else { return "–" }
        let mean = format(values.reduce(0, +) / Double(values.count))
        return values.count == 1 ? mean : "\(mean) (\(format(least).replacing(" %", with: "")) to \(format(greatest)))"
    }

    /// The settings in which the groups differ.
    var settingsTable: Markup {
        let text: Markup
        if groups.count == 1 {
            text = "<p>These runs differ in nothing but the seed.</p>\n"
        } else if differing.isEmpty {
            text = "<p>These runs have the same settings, but other heads.</p>\n"
        } else {
            let rows: [Markup] = differing.map { name in
                let cells: [Markup] = groups.map { "<td class=\"words\">\($0.runs[0].settings[name] ?? "–")</td>" }
                return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
            }
            text = Self.scrolling(
                "Settings that differ",
                """
                <table>
                <thead><tr><th scope="col">setting</th>\
                \(groups.map { "<th scope=\"col\" class=\"text\">\($0.name)</th>" as Markup })</tr></thead>
                <tbody>
                \(rows)</tbody></table>
                """)
        }
        return """
            <section id="settings">
            <h2>Settings that differ</h2>
            \(text)</section>

            """
    }

    /// Every run by itself.
    var runTable: Markup {
        let columns =
            ["settings", "seed", "epochs"] + heads.map { "\($0), test accuracy (95 % interval)" } + ["test loss"]
        let rows: [Markup] = groups.flatMap { group in
            group.runs.map { run -> Markup in
                let accuracies = heads.map { head in
                    run.results["test_\(head)_accuracy"].map { Self.withInterval($0, of: run.testCount) } ?? "–"
                }
                let cells =
                    [group.name, run.seed.map { "\($0)" } ?? "–", "\(run.epochs.count) of \(run.plannedEpochs)"]
                    + accuracies + [run.results["test_loss"].map(decimals) ?? "–"]
                return """
                    <tr><th scope="row">\(Self.folder(run))</th>\(cells.map { "<td>\($0)</td>" as Markup })</tr>

                    """
            }
        }
        return """
            <section id="runs">
            <h2>Every run</h2>
            \(Self.scrolling("Every run", """
            <table>
            <thead><tr><th scope="col">folder</th>\(columns.map { "<th scope=\"col\">\($0)</th>" as Markup })</tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """))</section>

            """
    }

    private static func scrolling(_ name: String, _ table: Markup) -> Markup {
        HTMLReport.scrolling(name, table)
    }
}
