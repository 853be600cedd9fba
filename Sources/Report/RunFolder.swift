import Foundation
import LanesFiles
import LanesRecipes
import LanesTraining

/// The folder that a run's results go to:
/// - `config.json`: everything that decides what comes out;
/// - `metrics.jsonl`: a line an epoch, and one at the end;
/// - `last.safetensors`, `best.safetensors`: the weights with PyTorch's names, of the last epoch and of the best one;
/// - `checkpoint.safetensors`: where a run that was ended goes on;
/// - `report.html`: all of it to look at, written when the run has ended.
///
/// Every file is written whole or not at all, and the weights of an epoch before the line that tells of it. What an earlier
/// run left stays until the first epoch of this one has ended, but for the checkpoint of a run that had ended.
public final class RunFolder {
    /// The folder, as it was named.
    public let path: String
    private let folder: URL
    private let lock: RunLock
    private let recipe: Recipe
    private let metadata: [String: String]
    private let configuration: Data
    private let remarks: [String: String]
    /// Epochs whose results the files tell.
    private var recorded = 0
    private var metrics = Data()
    /// Whether the files are this run's, or there are none yet.
    private var isOurs: Bool
    /// Describes the unfinished earlier run in the folder, if there is one; its checkpoint stays until an epoch of this
    /// run has ended.
    public let unfinished: String?

    /// Makes ready for a run.
    ///
    /// - Parameters:
    ///   - lock: Of the folder.
    ///   - command: That started the run, as it is typed.
    ///   - remarks: What the checkpoint's file is to say besides.
    ///   - checkpoint: Where the run that is in the folder goes on; nil for a new run.
    /// - Throws: `FileError` where it cannot be written to.
    public init(
        _ lock: RunLock, recipe: Recipe, seed: UInt64, command: String, data: DigitData,
        remarks: [String: String] = [:], resuming checkpoint: Checkpoint? = nil
    ) throws {
        (self.lock, path, self.recipe, self.remarks) = (lock, lock.path, recipe, remarks)
        folder = URL(fileURLWithPath: path, isDirectory: true)
        metadata = SavedModel.metadata(of: recipe, seed: seed, differences: recipe.differences(on: data))
        configuration =
            try JSONSerialization.data(
                withJSONObject: recipe.configuration(command: command, seed: seed, data: data),
                options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]) + Data("\n".utf8)
        try AtomicFile.removeTemporaries(in: path)
        let names = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
        let isResumed = checkpoint != nil
        // A run that is resumed knows its own settings again.
        let knowsFolder =
            isResumed && (try? Data(contentsOf: folder.appendingPathComponent("config.json"))) == configuration
        isOurs = knowsFolder || names.isDisjoint(with: Self.results)
        unfinished = isResumed || !names.contains(Self.checkpointName) ? nil : Self.unfinished(in: path)
        // Now, so that a folder that cannot be written to is known before the training and not after it.
        let epochs = checkpoint?.epochs ?? []
        isOurs = isOurs || !epochs.isEmpty
        guard isOurs else { return }
        try write(configuration, "config.json")
        try record(epochs)
    }

    private static func unfinished(in path: String) -> String? {
        do {
            let earlier = try checkpoint(in: path)
            let words = "a run that was ended after \(counted(earlier.epochs.count, "epoch"))"
            return earlier.isFinished || earlier.step == 0 ? nil : words
        } catch {
            return "a run whose checkpoint cannot be read (\(error))"
        }
    }

    private static let checkpointName = "checkpoint.safetensors"
    private static let results = [
        "config.json", "metrics.jsonl", "last.safetensors", "best.safetensors", "report.html",
    ]

    /// Where the run in a folder goes on.
    ///
    /// - Throws: `FileError` where there is none, `SafetensorsError` or `ModelError` where it is broken.
    public static func checkpoint(in path: String) throws -> Checkpoint {
        try Checkpoint(contentsOf: URL(fileURLWithPath: path).appendingPathComponent(checkpointName))
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

    /// Saves where the training stands, and, if an epoch has ended since the last time, its weights and its line.
    ///
    /// - Returns: Whether the checkpoint was saved: not before the first epoch's end where an earlier run was not ended.
    @discardableResult
    public func save(_ checkpoint: Checkpoint, of trainer: Trainer) throws -> Bool {
        let hasEpoch = checkpoint.epochs.count > recorded
        guard unfinished == nil || recorded > 0 || hasEpoch else { return false }
        if hasEpoch {
            if !isOurs {
                // Weights name their own recipe. All other files of the earlier run go: none may describe these
                // weights, and its checkpoint must not resume among this run's results.
                let foreign = unfinished == nil ? [] : [Self.checkpointName]
                for name in foreign + ["report.html", "metrics.jsonl", "config.json"] { try remove(name) }
            }
            let model = trainer.model(metadata: metadata)
            try model.write(to: folder.appendingPathComponent("last.safetensors"))
            if trainer.bestEpoch?.epoch == checkpoint.epochs.count {
                try model.write(to: folder.appendingPathComponent("best.safetensors"))
            }
        }
        var file = checkpoint
        file.metadata = remarks
        try file.write(to: folder.appendingPathComponent(Self.checkpointName))
        guard hasEpoch else { return true }
        if !isOurs { try write(configuration, "config.json") }
        isOurs = true
        try record(checkpoint.epochs)
        return true
    }

    /// Adds the last line, and writes the report.
    public func finish(_ run: Run) throws {
        metrics += JSONLines(recipe).done(run, folder: path)
        try write(metrics, "metrics.jsonl")
        try report(run)
    }

    /// Writes the report of a run, ended or not, unless the folder still holds an earlier one's results.
    ///
    /// - Returns: Whether it did.
    @discardableResult
    public func report(_ run: Run) throws -> Bool {
        guard isOurs else { return false }
        try write(Data(HTMLReport(run).html.utf8), "report.html")
        return true
    }

    private func record(_ epochs: [EpochResult]) throws {
        for epoch in epochs[recorded...] { metrics += JSONLines(recipe).epoch(epoch) }
        recorded = epochs.count
        try write(metrics, "metrics.jsonl")
    }

    private func write(_ data: Data, _ name: String) throws {
        try AtomicFile.write(data, to: folder.appendingPathComponent(name))
    }

    private func remove(_ name: String) throws(FileError) {
        let file = folder.appendingPathComponent(name).path
        guard unlink(file) != 0, errno != ENOENT else { return }
        throw .unwritable(path: file, problem: "cannot remove it: \(String(cString: strerror(errno)))")
    }
}

/// A run's folder, which only one process at a time has, as long as this object lives and the process does.
public final class RunLock {
    let path: String
    private let descriptor: Int32

    /// Makes the folder, with those above it, unless it is there, and locks it.
    ///
    /// - Throws: `FileError` where that is impossible, or another process has it.
    public convenience init(making path: String) throws(FileError) {
        try AtomicFile.makeFolder(path)
        try self.init(path)
    }

    /// Locks a folder that is there.
    ///
    /// - Throws: `FileError` where there is none, or another process has it.
    public init(_ path: String) throws(FileError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let (code, problem) = (errno, String(cString: strerror(errno)))
            throw code == ENOENT
                ? .missingInput(path: path, problem: problem) : .unreadable(path: path, problem: problem)
        }
        // A file system without locks answers otherwise; there nobody is kept out.
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        close(descriptor)
        throw .unwritable(path: path, problem: "another run is at work in this folder")
    }

    deinit { close(descriptor) }
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
