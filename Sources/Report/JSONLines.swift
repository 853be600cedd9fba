import Foundation
import LanesRecipes
import LanesTraining

/// The JSON objects of `--json` and of a run's `metrics.jsonl`, one a line.
public struct JSONLines: Sendable {
    let recipe: Recipe

    /// - Parameter recipe: The one that is trained.
    public init(_ recipe: Recipe) { self.recipe = recipe }

    /// An epoch's object with a line break. What is called `validation` is missing where the recipe holds no images out.
    /// `metrics` are the test images' too.
    public func epoch(_ result: EpochResult) -> Data {
        var object: [String: Any] = [
            "event": "epoch", "epoch": result.epoch, "seconds": result.seconds, "train_loss": result.training.loss,
            "learning_rate": result.learningRate, "train_metrics": metrics(result.training),
        ]
        object["validation_loss"] = result.validation?.loss
        object["validation_metrics"] = result.validation.map(metrics)
        object["test_loss"] = result.test?.loss
        for key in ["test_metrics", "metrics"] { object[key] = result.test.map(metrics) }
        object["test_images"] = result.test?.count
        return Self.line(object)
    }

    /// The last object: what the recipe's results are.
    ///
    /// - Parameter folder: Where the run's files are, if it has some.
    public func done(_ run: Run, folder: String? = nil) -> Data {
        var object: [String: Any] = [
            "event": "done", "data": run.origin, "weights_sha256": run.weightsDigest, "metrics": metrics(run.result),
            "test_metrics": metrics(run.result), "test_loss": run.result.loss, "test_images": run.result.count,
            "peak_memory_bytes": run.peakMemory, "differences": run.differences,
        ]
        object["result_epoch"] = run.resultEpoch?.epoch
        object["output"] = folder
        return Self.line(object)
    }

    /// A line for every loss and every look at the layers, in the order of the steps.
    func steps(_ history: TrainingHistory) -> Data {
        let settings = recipe.settings
        func rate(_ done: Int) -> Double {
            settings.learningRate * settings.schedule.factor(max(done - 1, 0), history.stepsPerEpoch, history.steps)
        }
        let losses = history.losses.filter(\.loss.isFinite).map { point in
            let object: [String: Any] = [
                "step": point.step, "epochs": Double(point.step) / Double(max(history.stepsPerEpoch, 1)),
                "train_loss": point.loss, "learning_rate": rate(point.step),
            ]
            return (point.step, object)
        }
        let sizes = history.layers.indices.map(history.sizes)
        let layers = history.measuredSteps.enumerated().map { place, step in
            let each = zip(history.layers, sizes).map { name, sizes in
                let figures = [
                    ("weight", sizes[place].weight), ("gradient", sizes[place].gradient),
                    ("update", sizes[place].update),
                ]
                return (name, Dictionary(uniqueKeysWithValues: figures.map { ($0, Double($1)) }.filter { $1.isFinite }))
            }
            let object: [String: Any] = ["step": step, "layers": Dictionary(each) { first, _ in first }]
            return (step, object)
        }
        return (losses + layers).sorted { $0.0 < $1.0 }.reduce(Data()) { $0 + Self.line($1.1) }
    }

    private func metrics(_ evaluation: Evaluation) -> [String: Double] {
        Dictionary(evaluation.metrics.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// An object of strings, finite numbers and arrays of them in one line, with its line break.
    public static func line(_ object: [String: Any]) -> Data {
        // Callers pass nothing that JSON cannot hold; if one did, an empty object would show it.
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return (data ?? Data("{}".utf8)) + Data("\n".utf8)
    }
}
