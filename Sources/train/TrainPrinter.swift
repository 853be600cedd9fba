import Foundation
import LanesCommandLine
import LanesRecipes
import LanesReport
import LanesTraining

/// What `train` prints on standard output: lines for people, or JSON, one object a line.
///
/// Output that nobody can take ends no training; it is told afterwards.
struct TrainPrinter {
    let recipe: Recipe
    let isJSON: Bool
    private var failure: OutputError?

    init(recipe: Recipe, isJSON: Bool) { (self.recipe, self.isJSON) = (recipe, isJSON) }

    private mutating func print(_ text: String) { print(Data("\(text)\n".utf8)) }

    private mutating func print(_ line: Data) {
        guard failure == nil else { return }
        do throws(OutputError) { try printLine(line) } catch { failure = error }
    }

    /// - Throws: `OutputError` where a line could not be printed, unless its reader had what it wanted.
    func checkOutput() throws(OutputError) {
        if let failure, !failure.isReaderGone { throw failure }
    }

    mutating func start(_ trainer: Trainer, origin: String) {
        // In JSON mode standard output holds nothing but JSON; where the data came from is still said.
        if isJSON { return printToStandardError("\(origin)\n") }
        let parameters = trainer.graph.trainableCount
        let validation = trainer.validation.map { "\($0.count) validation, " } ?? ""
        words("\(origin)")
        words("\(recipe.name): \(recipe.summary); \(parameters) parameters, all trainable")
        words(
            "\(trainer.training.count) training, \(validation)\(trainer.test?.count ?? 0) test images, batch "
                + "\(recipe.settings.batchSize), learning rate \(recipe.settings.learningRate), "
                + counted(trainer.settings.threads, "thread"))
    }

    /// A line that is broken between words where it goes to a terminal and is wider.
    private mutating func words(_ text: String) { print(folded(words: text, width: columns)) }

    private var columns: Int? { terminalColumns(of: STDOUT_FILENO) }

    mutating func epoch(_ result: EpochResult) {
        if isJSON { return print(JSONLines(recipe).epoch(result)) }
        print(folded(Self.parts(of: result, recipe), width: columns))
    }

    /// What an epoch's line says, each part to be kept whole.
    static func parts(of result: EpochResult, _ recipe: Recipe) -> [String] {
        func figures(_ name: String, _ evaluation: Evaluation?) -> [String] {
            guard let evaluation else { return [] }
            return ["\(name) loss \(decimals(evaluation.loss))"]
                + zip(recipe.tasks, evaluation.accuracies).map { "\(name) \($0.head) \(percent($1))" }
        }
        return ["epoch \(result.epoch)/\(recipe.settings.epochs)", "training loss \(decimals(result.training.loss))"]
            + figures("validation", result.validation) + figures("test", result.test)
            + [String(format: "%.1f s", result.seconds)]
    }

    /// In JSON; people are told with the command's end.
    mutating func interrupted(by signal: String, _ trainer: Trainer, folder: String, isSaved: Bool) {
        guard isJSON else { return }
        var object: [String: Any] = [
            "event": "interrupted", "signal": signal, "epochs": trainer.epochs.count, "output": folder,
        ]
        if isSaved { object["resume"] = "swift run train --resume \(shellWord(folder))" }
        print(JSONLines.line(object))
    }

    mutating func finish(_ run: Run, folder: String) {
        if isJSON { return print(JSONLines(recipe).done(run, folder: folder)) }
        if let epoch = run.resultEpoch {
            print("")
            words("results on the test images, of epoch \(epoch.epoch)\(run.choice)")
        }
        print(run.recipe.summary(of: run.result, width: columns))
        print("")
        words("published: \(recipe.published.summary)")
        if !recipe.published.report.isEmpty, !run.differences.isEmpty {
            words("this run is not the published experiment: \(run.differences.joined(separator: ", "))")
        }
        print(String(format: "peak memory %.0f MB", Double(run.peakMemory) / 1e6))
        print("weights SHA-256 \(run.weightsDigest)")
        print("report \(printable(folder))/report.html")
    }
}
