import Foundation
import LanesCommandLine
import LanesDownload
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesReport
import LanesTraining

/// The command `train`: parses, calls, prints.
enum TrainCommand {
    static func run() throws {
        let options = TrainOptions.parser.parseOrExit(into: TrainOptions())
        let onlyPrints = options.list || options.plan || options.statistics || options.samples != nil
        if options.json, onlyPrints {
            throw UsageError("--json: only for a training, not with --list, --plan, --statistics or --show-samples")
        }
        if options.resume != nil, onlyPrints || options.output != nil || options.download {
            throw UsageError("--resume: only with options of the training, and not with --output")
        }
        if options.list { return try printList() }
        if let folder = options.resume { return try resume(folder, options) }
        let recipe = try options.experiment.chosenRecipe()
        if options.plan { return try printLine(recipe.planTable(threads: options.threads)) }
        if options.download { try download(to: options.dataDirectory) }
        let seed = options.experiment.seed ?? 1
        if options.statistics {
            let data = try options.experiment.digits()
            let (mean, deviation) = try statistics(recipe.examples(of: data, seed: seed).training)
            return try printLine(
                "\(data.origin)\n" + String(format: "mean %.4f  deviation %.4f  (pixels in 0…1)", mean, deviation))
        }
        if let file = options.samples {
            let data = try options.experiment.digits()
            let sheet = SampleSheet(recipe, try recipe.examples(of: data, seed: seed).training, seed: seed)
            try AtomicFile.write(Data(sheet.svg.utf8), to: URL(fileURLWithPath: file))
            return try printLine("\(data.origin)\n\(file)")
        }
        var experiment = options.experiment.completed(by: recipe, seed: seed)
        experiment.command = commandLine("train")
        try train(experiment, into: options.output ?? RunFolder.defaultPath(of: recipe), options)
    }

    /// Goes on with the run in a folder.
    private static func resume(_ folder: String, _ options: TrainOptions) throws {
        // Before its checkpoint is read: a run that is at work would write another.
        let lock = try RunLock(folder)
        let checkpoint = try RunFolder.checkpoint(in: folder)
        guard let json = checkpoint.metadata[experimentKey],
            var experiment = try? JSONDecoder().decode(Experiment.self, from: Data(json.utf8))
        else {
            throw FileError.badData(file: folder, problem: "its checkpoint is of no run of this command")
        }
        try experiment.check(options.experiment, folder: folder)
        experiment.data = options.experiment.data ?? experiment.data
        try train(experiment, into: folder, options, resuming: (checkpoint, lock))
    }

    /// Where a checkpoint's file keeps the experiment.
    private static let experimentKey = "lanes.experiment"

    private static func train(
        _ experiment: Experiment, into path: String, _ options: TrainOptions,
        resuming earlier: (checkpoint: Checkpoint, lock: RunLock)? = nil
    ) throws {
        Interruption.watch()
        let recipe = try experiment.chosenRecipe()
        let data = try experiment.digits()
        var experiment = experiment
        if earlier == nil { experiment.origin = data.origin }
        let (command, seed) = (experiment.command, experiment.seed ?? 1)
        let trainer: Trainer
        do {
            trainer = try recipe.trainer(on: data, seed: seed, threads: options.threads, resuming: earlier?.checkpoint)
        } catch let error as SettingsError where error.setting.hasSuffix("samples") {
            // Numbers alone do not say what went wrong.
            throw SettingsError(
                error.setting, found: "\(error.found) (\(data.origin))",
                expected: "\(error.expected) (\(experiment.origin))")
        }
        // After everything else that can be wrong.
        let folder = try RunFolder(
            earlier?.lock ?? RunLock(making: path), recipe: recipe, seed: seed, command: command, data: data,
            remarks: [experimentKey: String(decoding: try JSONEncoder().encode(experiment), as: UTF8.self)],
            resuming: earlier?.checkpoint)
        if let unfinished = folder.unfinished {
            printToStandardError(
                "\(path) holds \(printable(unfinished)); train --resume \(shellWord(path)) goes on with it. It stays until "
                    + "the first epoch of this run has ended.\n")
        }
        var printer = TrainPrinter(recipe: recipe, isJSON: options.json)
        printer.start(trainer, origin: data.origin)
        let bar = options.json ? nil : ProgressBar()
        defer { bar?.clear() }  // Before an error is printed on its line.
        var isSaved = false
        let test = try recipe.testExamples(of: data)
        func ended(remark: String? = nil) throws -> Run {
            var run = try Run(recipe, trainer, test: test, data: data, command: command)
            run.remark = remark
            return run
        }
        do {
            try trainer.run(
                checkpointEvery: options.checkpointInterval,
                onEpoch: { result in
                    bar?.clear()
                    printer.epoch(result)
                },
                onCheckpoint: { checkpoint in
                    isSaved = try folder.save(checkpoint, of: trainer)
                    // Of a run that has ended there is the whole report at once.
                    if checkpoint.isFinished || Interruption.noted != nil { return }
                    folder.reportLater {
                        try Run(recipe, trainer, test: test, data: data, command: command, isRunning: true)
                    }
                },
                onProgress: { progress in
                    if Interruption.noted != nil { progress.pause() }
                    bar?.show(progress)
                },
                onEvaluation: { bar?.show($0) })
        } catch let error as TrainingError {
            try folder.report(ended(remark: "The training ran away: \(error)."))
            throw error
        } catch {
            // The page of a run that lives reloads itself, so it must not stay; whether it can be written counts less.
            _ = try? folder.report(ended(remark: "The training ended with an error: \(error)"))
            throw error
        }
        if !trainer.isFinished, let signal = Interruption.noted {
            bar?.clear()
            let place = "in epoch \(trainer.epochs.count + 1) of \(recipe.settings.epochs)"
            let stop = "ended by \(Interruption.name(signal)) \(place)"
            let next =
                isSaved
                ? "it goes on with: swift run train --resume \(shellWord(path))"
                : "nothing of it was saved: the earlier run is still there"
            try folder.report(ended(remark: "The training was \(stop); \(next)"))
            printer.interrupted(by: Interruption.name(signal), trainer, folder: path, isSaved: isSaved)
            throw Interruption(signal: signal, "\(stop); \(next)")
        }
        let result = try ended()
        try folder.finish(result)
        printer.finish(result, folder: folder.path)
        try printer.checkOutput()
    }

    /// Mean and standard deviation of all pixels, each in 0…1.
    private static func statistics(_ examples: Examples) throws -> (mean: Float, deviation: Float) {
        let learned = try Normalization.learned(from: examples)
        return (learned.mean[0], learned.deviation[0])
    }

    private static func printList() throws {
        let width = min(terminalColumns(of: STDOUT_FILENO) ?? 80, 80)
        for recipe in Recipe.all {
            let about =
                "batch \(recipe.settings.batchSize), learning rate \(recipe.settings.learningRate), "
                + "\(counted(recipe.settings.epochs, "epoch")); published: \(recipe.published.summary)"
            let lines = folded(words: about, width: width - 4, indent: 0).replacing("\n", with: "\n    ")
            try printLine(
                folded(words: "\(recipe.name): \(recipe.summary)", width: width, indent: 4) + "\n    " + lines)
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

extension Experiment {
    /// The images, as far as they are wanted.
    func digits() throws -> DigitData { try DigitData(directory: data, trainLimit: trainLimit) }
}
