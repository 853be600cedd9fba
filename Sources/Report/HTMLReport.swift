import Foundation
import LanesGraph
import LanesRecipes

/// A run as one page that needs nothing but itself: no scripts, no other files, no network. It is well-formed XML too.
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
        let remark: Markup = run.remark.map { "<p class=\"warning\">\($0)</p>\n" } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(recipe.name): \(kind)</title>
            <style>
            \(HTMLReport.stylesheet)</style>
            </head>
            <body>
            <header>
            <h1>\(recipe.name)</h1>
            <p class="summary">\(recipe.summary)</p>
            <p class="remark">\(introduction)</p>
            \(remark)</header>
            <main>
            \(headline)\(publishedFigures)\(curves)\(epochTable)\(tasks)\(filters)\(howToRepeat)</main>
            </body>
            </html>

            """
    }

    private var introduction: String {
        let weights = "\(grouped(run.parameterCount)) trainable parameters"
        let images = "\(grouped(run.test.count)) test images"
        guard isTraining else {
            return "An evaluation of saved weights on \(images); nothing was trained. \(weights). Data: \(run.origin)."
        }
        let epochs = counted(run.epochs.count, "epoch")
        return "Trained for \(epochs) on \(grouped(run.trainingCount)) images, tested on \(images). \(weights). "
            + "Data: \(run.origin)."
    }

    /// All about one task.
    private func task(_ index: Int) -> Markup {
        """
        <section>
        <h2>Task: \(recipe.tasks[index].head)</h2>
        \(classes(ofTask: index))\(mistakes(ofTask: index))</section>

        """
    }
}
