import Foundation
import LanesCommandLine
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesReport
import LanesTraining

/// The command `evaluate`: the metrics of a saved network on test data.
enum EvaluateCommand {
    static func run() throws {
        let options = EvaluateOptions.parser.parseOrExit(into: EvaluateOptions())
        let saved = try SavedModel(contentsOf: options.model, recipe: options.recipe)
        if let recipe = saved.recipe { return try evaluate(saved, recipe, options) }
        guard options.report == nil else { throw UsageError("--report: only for the network of a recipe") }
        guard let path = options.data else {
            throw UsageError(
                "found no --data for a network of no recipe, expected a table, a folder of pictures or IDX files")
        }
        let data = try EvaluationData.load(path, for: saved.model)
        let evaluation = try saved.model.evaluate(data, threads: options.threads)
        try check(evaluation, of: options.model)
        try printResults(evaluation, of: saved.model, on: data.name, isJSON: options.json)
    }

    /// A recipe's network on the recipe's own test images.
    private static func evaluate(_ saved: SavedModel, _ recipe: Recipe, _ options: EvaluateOptions) throws {
        let data = try DigitData(directory: options.data, trainLimit: 1)
        let run = try Run(
            saved, recipe: recipe, data: data, command: commandLine("evaluate"), threads: options.threads)
        try check(run.result, of: options.model)
        // Before anything is printed, so that an error stands alone.
        if let report = options.report {
            let files = [report, options.model].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
            guard files[0] != files[1] else { throw UsageError("--report: found the network's own file") }
            try AtomicFile.write(Data(HTMLReport(run).html.utf8), to: URL(fileURLWithPath: report))
        }
        if options.json {
            printToStandardError("\(data.origin)\n")
            return try printLine(JSONLines(run.recipe).done(run))
        }
        try printLine(
            "\(data.origin)\n\(run.recipe.name): \(run.test.count) test images, loss \(decimals(run.result.loss))")
        try printLine(run.recipe.summary(of: run.result))
        try printLine("weights SHA-256 \(run.weightsDigest)")
        if let report = options.report { try printLine("report \(printable(report))") }
    }

    /// - Throws: `TrainingError` for results that are not finite.
    private static func check(_ evaluation: Evaluation, of model: String) throws(TrainingError) {
        let figures = [("loss", evaluation.loss)] + evaluation.metrics.map { ($0.name, $0.value) }
        guard let (name, _) = figures.first(where: { !$0.1.isFinite }) else { return }
        throw .outputNotFinite(place: "\(model): the \(name) of the test data")
    }

    private static func printResults(
        _ evaluation: Evaluation, of model: Model, on data: String, isJSON: Bool
    ) throws {
        let digest = try model.parameters.digest()
        if isJSON {
            var metrics: [String: Double] = [:]
            for figure in evaluation.metrics { metrics[figure.name] = figure.value }
            return try printLine(
                JSONLines.line([
                    "event": "done", "data": data, "samples": evaluation.count, "test_loss": evaluation.loss,
                    "metrics": metrics, "weights_sha256": digest,
                ]))
        }
        try printLine("\(printable(data)): \(counted(evaluation.count, "sample")), loss \(decimals(evaluation.loss))")
        for figure in evaluation.metrics { try printLine("\(printable(figure.name)) \(decimals(figure.value))") }
        for (index, head) in model.graph.heads.enumerated() where !model.classes[index].isEmpty {
            let confusion = evaluation.confusions[index]
            guard confusion.classes > 0 else { continue }
            try printLine("\n" + confusion.summary(head: head.name, classes: model.classes[index]))
        }
        try printLine("weights SHA-256 \(digest)")
    }
}

/// What stands on the command line of `evaluate`.
struct EvaluateOptions {
    var model = ""
    var recipe: String?
    var data: String?
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var report: String?
    var json = false

    static let parser = ArgumentParser<EvaluateOptions>(
        command: "evaluate",
        summary: """
            Prints the metrics of a saved network on test data. For the network of a recipe it is MNIST, looked for in \
            --data DIR, else in $MNIST_DIR, else in ./data/mnist; where there is none, digits are drawn. For a network \
            of one's own, --data names a CSV table, a folder with a subfolder of pictures for each class, or a directory \
            of test files in MNIST's format.
            """,
        arguments: [.argument("MODEL.safetensors", "the saved network", isRequired: true) { $0.model = $1 }],
        options: [
            .text("recipe", "NAME", "for a file that does not say it, as one that PyTorch wrote") { $0.recipe = $1 },
            .text("data", "PATH", "the test data") { $0.data = $1 },
            .integer("threads", "N", atMost: 1024, "default: all cores; any number gives the same results") {
                $0.threads = $1
            },
            .page("report", "write a report to this HTML file") { $0.report = $1 },
            .flag("json", "print one JSON object on standard output") { $0.json = true },
        ])
}
