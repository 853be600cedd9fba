import Foundation
import Recipes

/// What stands on the command line of `train`.
struct TrainOptions {
    var recipe: String?
    var data: String?
    var epochs: Int?
    var batchSize: Int?
    var learningRate: Double?
    var seed: UInt64 = 1
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var trainLimit: Int?
    var output: String?
    var json = false
    var plan = false
    var list = false
    var download = false

    static let parser = ArgumentParser<TrainOptions>(
        command: "train",
        summary: """
            Trains a network on MNIST. Without RECIPE it is \(Recipe.all[0].name); --list shows them all.
            The data is looked for in --data DIR, else in $MNIST_DIR, else in ./data/mnist; where there is none, \
            digits are drawn.
            """,
        arguments: [.argument("RECIPE", "the experiment to run") { $0.recipe = $1 }],
        options: [
            .text("data", "DIR", "directory of the four MNIST files, raw or .gz") { $0.data = $1 },
            .integer("epochs", "N", "passes over the training images") { $0.epochs = $1 },
            .integer("batch-size", "N", atMost: 60_000, "images of a step") { $0.batchSize = $1 },
            .positiveNumber("learning-rate", "X", "step size of the optimizer") { $0.learningRate = $1 },
            .integer("seed", "N", atLeast: 0, "of weights, order and dropout; default 1") { $0.seed = UInt64($1) },
            .integer("threads", "N", atMost: 1024, "default: all cores; any number gives the same weights") {
                $0.threads = $1
            },
            .integer("train-limit", "N", "take only the first N training images") { $0.trainLimit = $1 },
            .text("output", "DIR", "write weights and metrics to this folder") { $0.output = $1 },
            .flag("json", "print JSON on standard output, one object a line") { $0.json = true },
            .flag("plan", "print the plan of a training step, and stop") { $0.plan = true },
            .flag("list", "print all recipes with their published figures, and stop") { $0.list = true },
            .flag("download", "fetch MNIST to where it is looked for first") { $0.download = true },
        ])

    /// Where a download goes: where the data will be looked for.
    var dataDirectory: String {
        if let data { return data }
        let named = ProcessInfo.processInfo.environment["MNIST_DIR"] ?? ""
        return named.isEmpty ? "data/mnist" : named
    }

    /// The recipe that is named, changed as the options say.
    func chosenRecipe() throws -> Recipe {
        let name = recipe ?? Recipe.all[0].name
        guard var chosen = Recipe.all.first(where: { $0.name == name }) else {
            let names = Recipe.all.map(\.name)
            let hint = closest(to: name, among: names).map { "did you mean \($0)?" }
            throw UsageError("unknown recipe '\(name)', \(hint ?? "expected one of " + names.joined(separator: ", "))")
        }
        chosen.epochs = epochs ?? chosen.epochs
        chosen.batchSize = batchSize ?? chosen.batchSize
        chosen.learningRate = learningRate ?? chosen.learningRate
        return chosen
    }
}
