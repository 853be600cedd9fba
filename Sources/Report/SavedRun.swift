import Foundation
import LanesFiles
import LanesTraining

/// What a run's folder tells, without its recipe or its network.
struct SavedRun {
    /// A line of `metrics.jsonl` of an epoch.
    struct Epoch {
        let epoch: Int
        /// Of training.
        let seconds: Double
        /// By their names: `train_loss`, `validation_loss`, `test_loss`, `validation_digit_accuracy`, `test_digit_accuracy`.
        let figures: [String: Double]
    }

    let path: String
    /// Of `config.json`, as text, but for what every run has its own.
    let settings: [String: String]
    let recipe: String
    let seed: Int?
    /// Of the tasks, in order.
    let heads: [String]
    let plannedEpochs: Int
    let epochs: [Epoch]
    /// Epochs, training loss and learning rate between the epochs' ends; empty where an older run did not save them.
    let steps: [(epochs: Double, loss: Double, rate: Double)]
    /// What it came to: of its result's epoch where it has ended, or else of its last one.
    let results: [String: Double]
    let testCount: Int?
    let hasEnded: Bool

    /// - Throws: `FileError` for a folder that is not there or is no run's.
    init(_ path: String) throws {
        self.path = path
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        func content(_ name: String) throws(FileError) -> Data {
            let file = folder.appendingPathComponent(name).path
            guard FileManager.default.fileExists(atPath: file) else {
                throw FileError.missingInput(path: file, problem: "no such file: is \(path) the folder of a run?")
            }
            guard let data = FileManager.default.contents(atPath: file) else {
                throw FileError.unreadable(path: file, problem: "cannot be read")
            }
            return data
        }
        guard let configuration = (try? JSONSerialization.jsonObject(with: content("config.json"))) as? [String: Any]
        else {
            _ = try content("config.json")
            throw FileError.badData(
                file: "\(path)/config.json", problem: "found no JSON object, expected a run's settings")
        }
        recipe = configuration["recipe"] as? String ?? "unknown"
        seed = (configuration["seed"] as? NSNumber)?.intValue
        heads = (configuration["heads"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        plannedEpochs = (configuration["epochs"] as? NSNumber)?.intValue ?? 1
        var settings: [String: String] = [:]
        for (name, value) in configuration where !["command", "seed", "summary", "heads"].contains(name) {
            if name == "switches", let switches = value as? [String: Any] {
                for (name, value) in switches { settings[name] = "\(value)" }
            } else {
                settings[name.replacing("_", with: " ")] = Self.text(value)
            }
        }
        self.settings = settings

        let lines = Self.objects(try content("metrics.jsonl"))
        epochs = lines.filter { $0["event"] as? String == "epoch" }.compactMap { line in
            guard let epoch = (line["epoch"] as? NSNumber)?.intValue, epoch > 0 else { return nil }
            return Epoch(epoch: epoch, seconds: Self.number(line["seconds"]) ?? 0, figures: Self.figures(line))
        }
        let done = lines.last { $0["event"] as? String == "done" }
        hasEnded = done != nil
        results = done.map(Self.figures) ?? epochs.last?.figures ?? [:]
        testCount = (lines.compactMap { $0["test_images"] as? NSNumber }.last)?.intValue
        steps = Self.objects((try? content("steps.jsonl")) ?? Data()).compactMap { line in
            guard let epochs = Self.number(line["epochs"]), let loss = Self.number(line["train_loss"]) else {
                return nil
            }
            return (epochs, loss, Self.number(line["learning_rate"]) ?? .nan)
        }
    }

    /// One a line; what is none is left out, as the last line of a run that was killed may be.
    private static func objects(_ data: Data) -> [[String: Any]] {
        data.split(separator: UInt8(ascii: "\n")).compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
        }
    }

    private static func number(_ value: Any?) -> Double? { (value as? NSNumber)?.doubleValue }

    private static func figures(_ line: [String: Any]) -> [String: Double] {
        var figures: [String: Double] = [:]
        let isHeldOut = line["validation_metrics"] != nil
        for name in ["train_loss", "validation_loss", "test_loss"] { figures[name] = number(line[name]) }
        // An older run called the test images' loss so where it held none out.
        if !isHeldOut { figures["validation_loss"] = nil }
        for (name, metrics) in [
            ("train", line["train_metrics"]), ("validation", line["validation_metrics"]),
            ("test", line["test_metrics"] ?? line["metrics"]),
        ] {
            for (figure, value) in metrics as? [String: Any] ?? [:] { figures["\(name)_\(figure)"] = number(value) }
        }
        return figures
    }

    private static func text(_ value: Any) -> String {
        switch value {
        case let list as [Any]: list.isEmpty ? "none" : list.map(text).joined(separator: ", ")
        case let number as NSNumber where number.doubleValue != number.doubleValue.rounded():
            ChartAxis.short(number.doubleValue)
        default: "\(value)"
        }
    }
}
