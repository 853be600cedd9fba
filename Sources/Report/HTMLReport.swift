import Foundation
import LanesGraph
import LanesRecipes

/// A run as one page that needs nothing but itself: no other files, no network, and no scripts but the line by which the
/// page of a run that goes on loads itself again. It is well-formed XML too.
public struct HTMLReport {
    let run: Run

    /// - Parameter run: What the page tells about.
    public init(_ run: Run) { self.run = run }

    var recipe: Recipe { run.recipe }
    var isTraining: Bool { run.seed != nil }
    private var hasResult: Bool { run.result.count > 0 }
    /// Whether it is the published experiment, so that a difference of figures means something.
    var isExperiment: Bool { run.differences.isEmpty }

    /// The whole content of the file, in UTF-8.
    public var html: String { page.text }

    private var page: Markup {
        let kind = isTraining ? "training run" : "evaluation"
        let tasks: [Markup] = hasResult ? recipe.tasks.indices.map(task) : []
        let drawing: Markup =
            run.drawingPage.map { "<p><a href=\"\($0)\">Draw a digit for this network</a></p>\n" } ?? ""
        let remark: Markup = run.remark.map { "<p class=\"warning\">\($0)</p>\n" } ?? ""
        let body: Markup = """
            <header>
            <h1>\(recipe.name)</h1>
            <p class="summary">\(recipe.summary)</p>
            <p class="remark">\(introduction)</p>
            \(progress)\(remark)\(drawing)</header>
            <main>
            \(headline)\(publishedFigures)\(curves)\(tasks)\(network)\(layerSizes)\(filters)\(featureMaps)\(howToRepeat)</main>

            """
        return htmlPage(title: "\(recipe.name): \(kind)", head: reload, body: body)
    }

    /// Seconds after which the page of a run that goes on loads itself again. Browsers then stay where they were on it.
    private static let reloadInterval = 3

    private var reload: Markup {
        guard run.isRunning else { return "" }
        return """
            <script>setTimeout(function () { location.reload() }, \(Self.reloadInterval * 1000))</script>
            <noscript><meta http-equiv="refresh" content="\(Self.reloadInterval)"/></noscript>

            """
    }

    /// How far a run that goes on has come.
    private var progress: Markup {
        guard run.isRunning else { return "" }
        let (epochs, planned) = (run.epochs.count, recipe.settings.epochs)
        let done = max(epochs * (run.history?.stepsPerEpoch ?? 0), run.history?.losses.last?.step ?? 0)
        let all = max(run.history?.steps ?? 1, 1)
        let now = run.date.formatted(date: .omitted, time: .standard)
        let begins =
            done == 0 ? "The training begins" : "The training runs: \(counted(epochs, "epoch")) of \(planned) done"
        return """
            <p class="running" role="status"><progress max="\(all)" value="\(min(done, all))" \
            aria-label="steps done">\(100 * done / all) %</progress> \(begins), step \(grouped(done)) of \(grouped(all)), \
            at \(now). This page loads itself again.</p>

            """
    }

    private var introduction: String {
        let weights = "\(grouped(run.parameterCount)) trainable parameters"
        let images = "\(grouped(run.test.count)) test images"
        guard isTraining else {
            return "An evaluation of saved weights on \(images); nothing was trained. \(weights). Data: \(run.origin)."
        }
        let held = run.validationCount == 0 ? "" : ", validated on \(grouped(run.validationCount))"
        let trained = run.isRunning ? "Training" : "Trained for \(counted(run.epochs.count, "epoch"))"
        return "\(trained) on \(grouped(run.trainingCount)) training images\(held), tested on \(images). \(weights). "
            + "Data: \(run.origin)."
    }

    /// All about one task.
    private func task(_ index: Int) -> Markup {
        """
        <section id="task\(index + 1)">
        <h2>Task: \(recipe.tasks[index].head)</h2>
        \(classes(ofTask: index))\(calibration(ofTask: index))\(mistakes(ofTask: index))\
        \(certainty(ofTask: index))</section>

        """
    }
}
