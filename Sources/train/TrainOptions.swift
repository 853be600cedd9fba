import Foundation
import LanesCommandLine
import LanesRecipes

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
    var switches: [String: String] = [:]
    var noAugmentation = false
    var output: String?
    var json = false
    var plan = false
    var list = false
    var statistics = false
    var samples: String?
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
            .integer("epochs", "N", atMost: 1_000_000, "passes over the training images") { $0.epochs = $1 },
            .integer("batch-size", "N", atMost: 60_000, "images of a step") { $0.batchSize = $1 },
            .positiveNumber("learning-rate", "X", "step size of the optimizer") { $0.learningRate = $1 },
            .integer(
                "seed", "N", atLeast: 0, atMost: .max, "of weights, order, split, augmentation, dropout; default 1"
            ) {
                $0.seed = UInt64($1)
            },
            .integer("threads", "N", atMost: 1024, "default: all cores; any number gives the same weights") {
                $0.threads = $1
            },
            .integer("train-limit", "N", "take only the first N training images") { $0.trainLimit = $1 },
            .flag("no-augmentation", "train on the images as they are") { $0.noAugmentation = true },
            .flag("batch-norm", "threehead: BatchNorm after each convolution") { $0.switches["batch-norm"] = "true" },
            .text("dropout", "P", "threehead: drop features with this probability before the heads") {
                $0.switches["dropout"] = $1
            },
            .flag("global-average-pool", "threehead: in place of the third max-pool and the flatten") {
                $0.switches["global-average-pool"] = "true"
            },
            .text("loss-weights", "D,P,T", "threehead: what the losses of digit, parity and threshold count") {
                $0.switches["loss-weights"] = $1
            },
            .text("output", "DIR", "the run's folder; default runs/RECIPE-DATE") { $0.output = $1 },
            .flag("json", "print JSON on standard output, one object a line") { $0.json = true },
            .flag("plan", "print the plan of a training step, and stop") { $0.plan = true },
            .flag("list", "print all recipes with their published figures, and stop") { $0.list = true },
            .flag("statistics", "print mean and deviation of the training images, and stop") { $0.statistics = true },
            .text("show-samples", "FILE", "draw the images that the network gets to an SVG file, and stop") {
                $0.samples = $1
            },
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
        var chosen = try Recipe.named(recipe ?? Recipe.all[0].name, switches: switches)
        chosen.settings.epochs = epochs ?? chosen.settings.epochs
        chosen.settings.batchSize = batchSize ?? chosen.settings.batchSize
        chosen.settings.learningRate = learningRate ?? chosen.settings.learningRate
        if noAugmentation { chosen.settings.transforms = [] }
        return chosen
    }
}
