import Foundation
import LanesCommandLine
import LanesRecipes
import LanesReport
import LanesTraining

/// What `train` prints on standard output: lines for people, or JSON, one object a line.
struct TrainPrinter {
    let recipe: Recipe
    let isJSON: Bool

    func start(_ trainer: Trainer, origin: String) {
        // In JSON mode standard output holds nothing but JSON; where the data came from is still said.
        if isJSON { return printToStandardError("\(origin)\n") }
        let parameters = trainer.graph.trainableCount
        let validation = trainer.validation.map { "\($0.count) validation, " } ?? ""
        printLine(
            """
            \(origin)
            \(recipe.name): \(recipe.summary); \(parameters) parameters, all trainable
            \(trainer.training.count) training, \(validation)\(trainer.test?.count ?? 0) test \
            images, batch \(recipe.settings.batchSize), learning rate \(recipe.settings.learningRate), \
            \(counted(trainer.settings.threads, "thread"))
            """)
    }

    func epoch(_ result: EpochResult) {
        if isJSON { return printLine(JSONLines(recipe).epoch(result)) }
        let validation = result.validation.map { "  validation loss \(decimals($0.loss))" } ?? ""
        let test = result.test ?? result.deciding
        let accuracies = zip(recipe.tasks, test.accuracies).map { "\($0.head) \(percent($1))" }
        printLine(
            "epoch \(result.epoch)/\(recipe.settings.epochs)  loss \(decimals(result.training.loss))\(validation)"
                + "  test loss \(decimals(test.loss))  \(accuracies.joined(separator: "  "))"
                + String(format: "  %.1f s", result.seconds))
    }

    func finish(_ run: Run, folder: String) {
        if isJSON { return printLine(JSONLines(recipe).done(run, folder: folder)) }
        if let epoch = run.resultEpoch { printLine("\nresults of epoch \(epoch.epoch)") }
        printLine(run.recipe.summary(of: run.result))
        printLine("\npublished: \(recipe.published.summary)")
        if !recipe.published.report.isEmpty, !run.differences.isEmpty {
            printLine("this run is not the published experiment: \(run.differences.joined(separator: ", "))")
        }
        printLine(String(format: "peak memory %.0f MB", Double(run.peakMemory) / 1e6))
        printLine("weights SHA-256 \(run.weightsDigest)")
        printLine("report \(folder)/report.html")
    }
}
