import Datasets
import Foundation
import Recipes
import StaticGraph

/// The command `train`: parses, calls, prints.
enum TrainCommand {
    /// Returns the process's exit code: 0, 64 usage, 65 bad data, 66 missing input, 70 a training that ran away, 74 I/O.
    static func run() -> Int32 {
        let options = TrainOptions.parser.parseOrExit(into: TrainOptions())
        do {
            try run(options)
            return 0
        } catch {
            printToStandardError("train: \(error)\n")
            return exitCode(of: error)
        }
    }

    private static func exitCode(of error: any Error) -> Int32 {
        switch error {
        case is UsageError, is GraphError: UsageError.exitCode
        case DatasetError.badData: 65
        case DatasetError.missingInput: 66
        case is TrainingError: 70
        default: 74
        }
    }

    private static func run(_ options: TrainOptions) throws {
        if options.list { return printList() }
        let recipe = try options.chosenRecipe()
        if options.plan {
            return printLine(try Trainer.planTable(of: recipe, threads: options.threads))
        }
        if options.download { try download(to: options.dataDirectory) }
        let data = try DigitData(directory: options.data, trainLimit: options.trainLimit)
        let trainer = try Trainer(recipe, data: data, seed: options.seed, threads: options.threads)
        // After everything else that can be wrong: an earlier run's metrics are emptied here.
        var folder = try options.output.map { try RunFolder($0, recipe: recipe, seed: options.seed) }
        let report = Report(recipe: recipe, isJSON: options.json)
        report.start(data, parameters: trainer.graph.trainableCount, threads: options.threads)
        let bar = options.json ? nil : ProgressBar()
        defer { bar?.clear() }  // Before an error is printed on its line.
        var last: EpochResult?
        try trainer.run(
            onProgress: { bar?.show($0) },
            onEpoch: { result in
                bar?.clear()
                report.epoch(result)
                try folder?.add(
                    report.jsonLine(result), accuracy: result.test.accuracies[0], parameters: trainer.parameters)
                last = result
            })
        if let last { report.finish(last, digest: try trainer.parameters.digest(), origin: data.origin) }
    }

    private static func printList() {
        for recipe in Recipe.all {
            printLine(
                """
                \(recipe.name): \(recipe.summary)
                    batch \(recipe.batchSize), learning rate \(recipe.learningRate), \(recipe.epochs) epochs; \
                published: \(recipe.published ?? "no figures")
                """)
        }
    }

    private static func download(to directory: String) throws {
        var shown = ""
        try Download(to: directory).run { file, received, expected in
            guard isatty(STDERR_FILENO) == 1 || shown != file else { return }
            shown = file
            let size = expected.map { " of \($0)" } ?? ""
            let end = isatty(STDERR_FILENO) == 1 ? "\r" : "\n"
            printToStandardError("\(file): \(received)\(size) bytes\(end)")
        }
        if isatty(STDERR_FILENO) == 1 { printToStandardError("\n") }
    }
}
