import Foundation
import Recipes
import StaticGraph

/// The command `evaluate`: the metrics of a saved network on the test images.
enum EvaluateCommand {
    static func run() throws {
        let options = EvaluateOptions.parser.parseOrExit(into: EvaluateOptions())
        let model = try SavedModel(contentsOf: options.model, recipe: options.recipe)
        let data = try DigitData(directory: options.data, trainLimit: 1)
        let run = try Run(model, data: data, command: commandLine("evaluate"), threads: options.threads)
        // Before anything is printed, so that an error stands alone.
        if let report = options.report {
            try AtomicFile.write(Data(HTMLReport(run).html.utf8), to: URL(fileURLWithPath: report))
        }
        if options.json {
            printToStandardError("\(data.origin)\n")
            return printLine(JSONLines(run.recipe).done(run))
        }
        printLine(
            "\(data.origin)\n\(run.recipe.name): \(run.test.count) test images, loss \(decimals(run.result.loss))")
        printLine(run.recipe.summary(of: run.result))
        printLine("weights SHA-256 \(run.weightsDigest)")
        if let report = options.report { printLine("report \(report)") }
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
            Prints the metrics of a saved network on the test images. The file says which recipe it belongs to.
            The data is looked for in --data DIR, else in $MNIST_DIR, else in ./data/mnist; where there is none, \
            digits are drawn.
            """,
        arguments: [.argument("MODEL.safetensors", "the saved network", isRequired: true) { $0.model = $1 }],
        options: [
            .text("recipe", "NAME", "for a file that does not say it, as one that PyTorch wrote") { $0.recipe = $1 },
            .text("data", "DIR", "directory of the four MNIST files, raw or .gz") { $0.data = $1 },
            .integer("threads", "N", atMost: 1024, "default: all cores; any number gives the same results") {
                $0.threads = $1
            },
            .text("report", "FILE", "write a report to this HTML file") { $0.report = $1 },
            .flag("json", "print one JSON object on standard output") { $0.json = true },
        ])
}
