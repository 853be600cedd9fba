import Foundation
import LanesCommandLine
import LanesDownload
import LanesFiles
import LanesRecipes
import LanesReport
import LanesTraining

/// The command `train`: parses, calls, prints.
enum TrainCommand {
    static func run() throws {
        let options = TrainOptions.parser.parseOrExit(into: TrainOptions())
        if options.json, options.list || options.plan || options.statistics || options.samples != nil {
            throw UsageError("--json: only for a training, not with --list, --plan, --statistics or --show-samples")
        }
        if options.list { return printList() }
        let recipe = try options.chosenRecipe()
        if options.plan { return printLine(try recipe.planTable(threads: options.threads)) }
        if options.download { try download(to: options.dataDirectory) }
        let data = try DigitData(directory: options.data, trainLimit: options.trainLimit)
        if options.statistics {
            let training = try recipe.examples(of: data, seed: options.seed).training
            let (mean, deviation) = try statistics(training)
            return printLine(
                "\(data.origin)\n" + String(format: "mean %.4f  deviation %.4f  (pixels in 0…1)", mean, deviation))
        }
        if let file = options.samples {
            let examples = try recipe.examples(of: data, seed: options.seed).training
            let sheet = SampleSheet(recipe, examples, seed: options.seed)
            try AtomicFile.write(Data(sheet.svg.utf8), to: URL(fileURLWithPath: file))
            return printLine("\(data.origin)\n\(file)")
        }
        try train(recipe, data, options)
    }

    private static func train(_ recipe: Recipe, _ data: DigitData, _ options: TrainOptions) throws {
        let trainer = try recipe.trainer(on: data, seed: options.seed, threads: options.threads)
        let command = commandLine("train")
        // After everything else that can be wrong: an earlier run's files are replaced here.
        var folder = try RunFolder(
            options.output ?? RunFolder.defaultPath(of: recipe), recipe: recipe, seed: options.seed, command: command,
            data: data)
        let printer = TrainPrinter(recipe: recipe, isJSON: options.json)
        printer.start(trainer, origin: data.origin)
        let bar = options.json ? nil : ProgressBar()
        defer { bar?.clear() }  // Before an error is printed on its line.
        try trainer.run(
            onEpoch: { result in
                bar?.clear()
                printer.epoch(result)
                try folder.add(result, of: trainer)
            },
            onProgress: { bar?.show($0) })
        let run = try Run(
            recipe, trainer, test: recipe.testExamples(of: data), data: data, command: command)
        try folder.finish(run)
        printer.finish(run, folder: folder.path)
    }

    /// Mean and standard deviation of all pixels, each in 0…1.
    private static func statistics(_ examples: Examples) throws -> (mean: Float, deviation: Float) {
        let learned = try Normalization.learned(from: examples)
        return (learned.mean[0], learned.deviation[0])
    }

    private static func printList() {
        for recipe in Recipe.all {
            printLine(
                """
                \(recipe.name): \(recipe.summary)
                    batch \(recipe.settings.batchSize), learning rate \(recipe.settings.learningRate), \
                \(recipe.settings.epochs) epochs; \
                published: \(recipe.published.summary)
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
