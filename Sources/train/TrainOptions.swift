import Foundation
import LanesCommandLine
import LanesRecipes

/// What stands on the command line of `train`.
struct TrainOptions {
    var experiment = Experiment()
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var output: String?
    var resume: String?
    var checkpointInterval = 60.0
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
        arguments: [.argument("RECIPE", "the experiment to run") { $0.experiment.recipe = $1 }],
        options: [
            .text("data", "DIR", "directory of the four MNIST files, raw or .gz") { $0.experiment.data = $1 },
            .integer("epochs", "N", atMost: 1_000_000, "passes over the training images") { $0.experiment.epochs = $1 },
            .integer("batch-size", "N", atMost: 60_000, "images of a step") { $0.experiment.batchSize = $1 },
            .positiveNumber("learning-rate", "X", "step size of the optimizer") { $0.experiment.learningRate = $1 },
            .integer(
                "seed", "N", atLeast: 0, atMost: .max, "of weights, order, split, augmentation, dropout; default 1"
            ) {
                $0.experiment.seed = UInt64($1)
            },
            .integer("threads", "N", atMost: 1024, "default: all cores; any number gives the same weights") {
                $0.threads = $1
            },
            .integer("train-limit", "N", "take only the first N training images") { $0.experiment.trainLimit = $1 },
            .flag("no-augmentation", "train on the images as they are") { $0.experiment.noAugmentation = true },
            .flag("batch-norm", "threehead: BatchNorm after each convolution") {
                $0.experiment.switches["batch-norm"] = "true"
            },
            .text("dropout", "P", "threehead: drop features with this probability before the heads") {
                $0.experiment.switches["dropout"] = $1
            },
            .flag("global-average-pool", "threehead: in place of the third max-pool and the flatten") {
                $0.experiment.switches["global-average-pool"] = "true"
            },
            .text("loss-weights", "D,P,T", "threehead: what the losses of digit, parity and threshold count") {
                $0.experiment.switches["loss-weights"] = $1
            },
            .text("output", "DIR", "the run's folder; default runs/RECIPE-DATE") { $0.output = $1 },
            .text("resume", "DIR", "go on with the run in DIR where it was ended, with its recipe and its options") {
                $0.resume = $1
            },
            .positiveNumber(
                "checkpoint-every", "S", "seconds after which a run is saved, beside every epoch's end; default 60"
            ) { $0.checkpointInterval = $1 },
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
        if let data = experiment.data { return data }
        let named = ProcessInfo.processInfo.environment["MNIST_DIR"] ?? ""
        return named.isEmpty ? "data/mnist" : named
    }
}
