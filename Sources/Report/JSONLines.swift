import Foundation
import LanesRecipes
import LanesTraining

/// The JSON objects of `--json` and of a run's `metrics.jsonl`, one a line.
public struct JSONLines: Sendable {
    let recipe: Recipe

    /// - Parameter recipe: The one that is trained.
    public init(_ recipe: Recipe) { self.recipe = recipe }

    /// An epoch's object with a line break. The loss called `validation_loss` is that of the test images where the recipe
    /// holds none out.
    public func epoch(_ result: EpochResult) -> Data {
        var object: [String: Any] = [
            "event": "epoch", "epoch": result.epoch, "seconds": result.seconds, "train_loss": result.training.loss,
            "validation_loss": result.deciding.loss, "learning_rate": result.learningRate,
            "train_metrics": metrics(result.training),
        ]
        object["test_loss"] = result.test?.loss
        object["metrics"] = result.test.map(metrics)
        object["validation_metrics"] = result.validation.map(metrics)
        return Self.line(object)
    }

    /// The last object: what the recipe's results are.
    ///
    /// - Parameter folder: Where the run's files are, if it has some.
    public func done(_ run: Run, folder: String? = nil) -> Data {
        var object: [String: Any] = [
            "event": "done", "data": run.origin, "weights_sha256": run.weightsDigest, "metrics": metrics(run.result),
            "test_loss": run.result.loss, "peak_memory_bytes": run.peakMemory, "differences": run.differences,
        ]
        object["result_epoch"] = run.resultEpoch?.epoch
        object["output"] = folder
        return Self.line(object)
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
