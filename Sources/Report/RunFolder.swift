import Foundation
import LanesFiles
import LanesRecipes
import LanesTraining

/// The folder that a run's results go to:
/// - `config.json`: everything that decides what comes out;
/// - `metrics.jsonl`: a line an epoch, and one at the end;
/// - `last.safetensors`, `best.safetensors`: the weights with PyTorch's names, of the last epoch and of the best one;
/// - `report.html`: all of it to look at, written when the run has ended.
///
/// Every file is written whole or not at all.
public struct RunFolder {
    public let path: String
    private let folder: URL
    private let recipe: Recipe
    private let metadata: [String: String]
    private var metrics = Data()

    /// Makes the folder, with those above it. What an earlier run left there is replaced.
    ///
    /// - Throws: `FileError` where that is impossible.
    public init(_ path: String, recipe: Recipe, seed: UInt64, command: String, data: DigitData) throws {
        self.path = path
        self.recipe = recipe
        folder = URL(fileURLWithPath: path, isDirectory: true)
        metadata = SavedModel.metadata(of: recipe, seed: seed, differences: recipe.differences(on: data))
        try AtomicFile.makeFolder(path)
        // Now, so that a folder that cannot be written to is known before the training and not after it.
        let settings = try JSONSerialization.data(
            withJSONObject: recipe.configuration(command: command, seed: seed, data: data),
            options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
        try write(settings + Data("\n".utf8), "config.json")
        try write(metrics, "metrics.jsonl")
        // Files alone: a folder of that name is not of our making, and fails the run when the file is to be written.
        for earlier in ["last.safetensors", "best.safetensors", "report.html"] {
            unlink(folder.appendingPathComponent(earlier).path)
        }
    }

    /// `runs/RECIPE-DATE`, with the time of the day, and with a number where that is there already.
    public static func defaultPath(of recipe: Recipe) -> String {
        let units: Set<Calendar.Component> = [.year, .month, .day, .hour, .minute, .second]
        let now = Calendar(identifier: .gregorian).dateComponents(units, from: Date())
        let numbers = [now.year, now.month, now.day, now.hour, now.minute, now.second].map { $0 ?? 0 }
        let parts = numbers.map { String(format: "%02d", $0) }
        let path = "runs/\(recipe.name)-\(parts[..<3].joined(separator: "-"))-\(parts[3...].joined())"
        let paths = [path] + (2...99).map { "\(path)-\($0)" }
        return paths.first { !FileManager.default.fileExists(atPath: $0) } ?? path
    }

    /// Adds an epoch's line and its weights.
    public mutating func add(_ result: EpochResult, of trainer: Trainer) throws {
        try add(JSONLines(recipe).epoch(result))
        let model = trainer.model(metadata: metadata)
        try model.write(to: folder.appendingPathComponent("last.safetensors"))
        guard trainer.bestEpoch?.epoch == result.epoch else { return }
        try model.write(to: folder.appendingPathComponent("best.safetensors"))
    }

    /// Adds the last line, and writes the report.
    public mutating func finish(_ run: Run) throws {
        try add(JSONLines(recipe).done(run, folder: path))
        try write(Data(HTMLReport(run).html.utf8), "report.html")
    }

    private mutating func add(_ line: Data) throws {
        metrics += line
        try write(metrics, "metrics.jsonl")
    }

    private func write(_ data: Data, _ name: String) throws {
        try AtomicFile.write(data, to: folder.appendingPathComponent(name))
    }
}

extension Recipe {
    /// Everything that decides what comes out of a run, as JSON.
    func configuration(command: String, seed: UInt64, data: DigitData) -> [String: Any] {
        [
            "recipe": name, "summary": summary, "command": command, "data": data.origin, "seed": seed,
            "training_images": data.train.count, "digits": digits.map { Int($0) }, "quarter_turns": quarterTurns,
            "validation_fraction": validationFraction, "mean": settings.normalization[0].mean.map(decimal),
            "deviation": settings.normalization[0].deviation.map(decimal),
            "augmentation": settings.transforms.map(\.description),
            "heads": tasks.map { ["name": $0.head, "classes": $0.classes] as [String: Any] },
            "batch_size": settings.batchSize, "optimizer": settings.optimizer.description,
            "learning_rate": settings.learningRate, "schedule": settings.schedule.description,
            "epochs": settings.epochs, "results": settings.keepsBest ? "best" : "last", "switches": switches,
            "differences": differences(on: data),
        ]
    }
}

/// The Double of a Float's shortest decimal: 0.1307, not 0.13070000708103180.
private func decimal(_ number: Float) -> Double { Double("\(number)") ?? Double(number) }
