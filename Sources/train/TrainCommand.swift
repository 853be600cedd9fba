import Datasets
import Foundation
import Recipes
import StaticGraph

/// The command `train`: parses, calls, prints.
enum TrainCommand {
    static func run() throws {
        let options = TrainOptions.parser.parseOrExit(into: TrainOptions())
        if options.json, options.list || options.plan || options.statistics || options.samples != nil {
            throw UsageError("--json: only for a training, not with --list, --plan, --statistics or --show-samples")
        }
        if options.list { return printList() }
        let recipe = try options.chosenRecipe()
        if options.plan { return printLine(try Trainer.planTable(of: recipe, threads: options.threads)) }
        if options.download { try download(to: options.dataDirectory) }
        let data = try DigitData(directory: options.data, trainLimit: options.trainLimit)
        if options.statistics {
            let (mean, deviation) = try recipe.examples(of: data, seed: options.seed).training.statistics
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
        let trainer = try Trainer(recipe, data: data, seed: options.seed, threads: options.threads)
        let command = commandLine("train")
        // After everything else that can be wrong: an earlier run's files are replaced here.
        var folder = try RunFolder(
            options.output ?? RunFolder.defaultPath(of: recipe), recipe: recipe, seed: options.seed, command: command,
            data: data)
        let printer = TrainPrinter(recipe: recipe, isJSON: options.json)
        printer.start(trainer, origin: data.origin, threads: options.threads)
        let bar = options.json ? nil : ProgressBar()
        defer { bar?.clear() }  // Before an error is printed on its line.
        var epochs: [EpochResult] = []
        try trainer.run(
            onProgress: { bar?.show($0) },
            onEpoch: { result in
                bar?.clear()
                printer.epoch(result)
                try folder.add(result, parameters: trainer.parameters)
                epochs.append(result)
            })
        let run = try Run(trainer, data: data, epochs: epochs, command: command, threads: options.threads)
        try folder.finish(run)
        printer.finish(run, folder: folder.path)
    }

    private static func printList() {
        for recipe in Recipe.all {
            printLine(
                """
                \(recipe.name): \(recipe.summary)
                    batch \(recipe.batchSize), learning rate \(recipe.learningRate), \(recipe.epochs) epochs; \
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
