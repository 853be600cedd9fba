import Foundation
import Recipes

/// What `train` prints on standard output: lines for people, or JSON, one object a line.
struct Report {
    let recipe: Recipe
    let isJSON: Bool

    func start(_ data: DigitData, parameters: Int, threads: Int) {
        // In JSON mode standard output holds nothing but JSON; where the data came from is still said.
        if isJSON { return printToStandardError("\(data.origin)\n") }
        printLine(data.origin)
        printLine(
            """
            \(recipe.name): \(recipe.summary); \(parameters) parameters
            \(data.train.count) training and \(data.test.count) test images, batch \(recipe.batchSize), \
            learning rate \(recipe.learningRate), \(threads) threads
            """)
    }

    func epoch(_ result: EpochResult) {
        if isJSON { return printLine(String(decoding: jsonLine(result).dropLast(), as: UTF8.self)) }
        let accuracies = zip(recipe.tasks, result.test.accuracies).map { task, accuracy in
            "\(task.head) accuracy \(Self.percent(accuracy))"
        }
        printLine(
            "epoch \(result.epoch)/\(recipe.epochs)  loss \(Self.decimals(result.trainLoss))"
                + "  test loss \(Self.decimals(result.test.loss))  \(accuracies.joined(separator: "  "))"
                + String(format: "  %.1f s", result.seconds))
    }

    func finish(_ last: EpochResult, digest: String, origin: String) {
        if isJSON {
            let event: [String: Any] = [
                "event": "done", "data": origin, "weights_sha256": digest, "metrics": metrics(last),
                "peak_memory_bytes": peakMemoryBytes(),
            ]
            return printLine(String(decoding: Self.line(event).dropLast(), as: UTF8.self))
        }
        if let published = recipe.published { printLine("published, on MNIST: \(published)") }
        printLine(String(format: "peak memory %.0f MB", Double(peakMemoryBytes()) / 1e6))
        printLine("weights SHA-256 \(digest)")
    }

    /// An epoch's JSON object with a line break.
    func jsonLine(_ result: EpochResult) -> Data {
        Self.line([
            "event": "epoch", "epoch": result.epoch, "seconds": result.seconds, "train_loss": result.trainLoss,
            "validation_loss": result.test.loss, "learning_rate": result.learningRate, "metrics": metrics(result),
        ])
    }

    private func metrics(_ result: EpochResult) -> [String: Double] {
        Dictionary(
            zip(recipe.tasks.map { "\($0.head)_accuracy" }, result.test.accuracies),
            uniquingKeysWith: { first, _ in first })
    }

    private static func line(_ object: [String: Any]) -> Data {
        // Strings and finite numbers are all that goes in, so this cannot fail; an empty object would be seen.
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return (data ?? Data("{}".utf8)) + Data("\n".utf8)
    }

    private static func percent(_ fraction: Double) -> String { String(format: "%.2f %%", fraction * 100) }
    private static func decimals(_ number: Double) -> String { String(format: "%.4f", number) }
}
