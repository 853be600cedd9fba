import Foundation
import LanesGraph
import LanesTraining
import LanesFiles
import TestSupport
import Testing

@testable import LanesRecipes
@testable import LanesReport

@Suite("The run's folder")
struct RunFolderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func folder(
        _ name: String = "run", recipe: Recipe = .mlp, resuming checkpoint: Checkpoint? = nil
    ) throws -> RunFolder {
        try RunFolder(
            RunLock(making: directory.path + "/" + name), recipe: recipe, seed: 3, command: "swift run train",
            data: drawnDigits(10, test: 10), resuming: checkpoint)
    }

    /// The SHA-256 of a file's weights.
    private func digest(_ name: String) throws -> String {
        try Model(contentsOf: URL(fileURLWithPath: directory.path + "/run/" + name)).parameters.digest()
    }

    private func files(_ name: String = "run") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path + "/" + name).sorted()
    }

    private func content(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: directory.path + "/run/" + name))
    }

    @Test("The settings are numbers where they are numbers, as short as they were written")
    func settings() throws {
        _ = try folder(recipe: .augmented)
        let object = try #require(JSONSerialization.jsonObject(with: content("config.json")) as? [String: Any])
        #expect(object["mean"] as? [Double] == [0.1307] && object["deviation"] as? [Double] == [0.3081])
        #expect(try String(decoding: content("config.json"), as: UTF8.self).contains(" 0.1307\n"))
    }

    /// A training of a few epochs, the first of which learn and the last of which go astray.
    private func trained(epochs: Int, validationFraction: Double = 0) throws -> (Trainer, digests: [String]) {
        let recipe = Recipe(
            "restless", "", validationFraction: validationFraction,
            settings: TrainingSettings(
                epochs: epochs, schedule: .step(epochs: 2, factor: 100),
                normalization: [Normalization(mean: 0.1307, deviation: 0.3081)]),
            heads: Recipe.mlp.heads)
        let run = try folder(recipe: recipe)
        let trainer = try recipe.trainer(on: drawnDigits(), seed: 3, threads: 2)
        var digests: [String] = []
        try trainer.run(
            onEpoch: { _ in digests.append(try trainer.parameters.digest()) },
            onCheckpoint: { try run.save($0, of: trainer) })
        return (trainer, digests)
    }

    @Test("The best weights stay, the last ones follow", arguments: [0, 0.2])
    func bestAndLast(validationFraction: Double) throws {
        let (trainer, digests) = try trained(epochs: 4, validationFraction: validationFraction)
        let best = try #require(trainer.bestEpoch?.epoch)
        try #require(best < 4)
        #expect(try digest("best.safetensors") == digests[best - 1])
        #expect(try digest("last.safetensors") == digests[3])
        let lines = trainer.epochs.map { String(decoding: JSONLines(.mlp).epoch($0), as: UTF8.self) }
        #expect(try String(decoding: content("metrics.jsonl"), as: UTF8.self) == lines.joined())
        #expect(
            try files() == [
                "best.safetensors", "checkpoint.safetensors", "config.json", "last.safetensors", "metrics.jsonl",
                "steps.jsonl",
            ])
    }

    @Test("The weights' files say what they are of")
    func remarks() throws {
        _ = try trained(epochs: 1)
        let file = try Safetensors(contentsOf: URL(fileURLWithPath: directory.path + "/run/best.safetensors"))
        var remarks = file.metadata
        #expect(remarks.removeValue(forKey: "lanes.model")?.contains("\"mean\":[0.1307]") == true)
        #expect(
            remarks == [
                "format": "pt", "recipe": "restless", "seed": "3", "differences": "other images than MNIST's",
            ])
    }

    @Test("A run that has ended leaves seven files, whatever an earlier one left")
    func sevenFiles() throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            var recipe = Recipe.mlp
            recipe.settings.epochs = 1
            let data = try drawnDigits(64, test: 10)
            let trainer = try recipe.trainer(on: data, seed: seed, threads: 2)
            let folder = try folder("a/b", recipe: recipe)
            if seed == 1 { #expect(try files("a/b") == ["config.json", "metrics.jsonl"]) }
            try trainer.run(onCheckpoint: { try folder.save($0, of: trainer) })
            let run = try Run(recipe, trainer, test: recipe.testExamples(of: data), data: data, command: "")
            #expect(try run.weightsDigest == trainer.parameters.digest() && run.result == trainer.epochs[0].test)
            try folder.finish(run)
            let all = [
                "best.safetensors", "checkpoint.safetensors", "config.json", "draw.html", "last.safetensors",
                "metrics.jsonl", "report.html", "steps.jsonl",
            ]
            #expect(try files("a/b") == all)
            let report = try String(contentsOfFile: directory.path + "/a/b/report.html", encoding: .utf8)
            #expect(report.contains("<a href=\"draw.html\">"))
        }
    }

    /// A run of a few steps, ended in the middle of an epoch.
    private func endInEpoch(_ number: Int, seed: UInt64 = 3) throws -> Trainer {
        var recipe = Recipe.mlp
        (recipe.settings.epochs, recipe.settings.batchSize) = (3, 10)
        let folder = try folder(recipe: recipe)
        let trainer = try recipe.trainer(on: drawnDigits(64, test: 10), seed: seed, threads: 2)
        try trainer.run(
            checkpointEvery: 0, onCheckpoint: { try folder.save($0, of: trainer) },
            onProgress: { if $0.epoch == number, $0.done > 20 { $0.pause() } })
        return trainer
    }

    @Test(
        "A run that fails as it takes over the folder of an unfinished one leaves nothing that would go on among its files"
    )
    func failingTakeover() throws {
        _ = try endInEpoch(2)
        #expect(try folder().unfinished == "a run that was ended after 1 epoch")
        try FileManager.default.removeItem(atPath: directory.path + "/run/best.safetensors")
        try directory.write([], to: "run/best.safetensors/inside")
        #expect(throws: FileError.self) { try endInEpoch(2, seed: 4) }
        #expect(throws: FileError.self) { try RunFolder.checkpoint(in: directory.path + "/run") }
    }

    @Test("A run that goes on in its first epoch knows its folder, and writes its report there")
    func resumedInFirstEpoch() throws {
        let trainer = try endInEpoch(1)
        var recipe = Recipe.mlp
        (recipe.settings.epochs, recipe.settings.batchSize) = (3, 10)
        let checkpoint = try RunFolder.checkpoint(in: directory.path + "/run")
        #expect(checkpoint.epochs.isEmpty && checkpoint.step > 0)
        let data = try drawnDigits(10, test: 10)
        let run = try Run(recipe, trainer, test: recipe.testExamples(of: data), data: data, command: "")
        #expect(try folder(recipe: recipe, resuming: checkpoint).report(run))
        // Another run's it does not take for its own.
        #expect(try folder(recipe: .compact, resuming: checkpoint).report(run) == false)
    }

    @Test("A checkpoint that cannot be read stays until the first epoch's end, as any other that is not finished")
    func unreadableCheckpoint() throws {
        try directory.write([1, 2, 3], to: "run/checkpoint.safetensors")
        let unfinished = try folder().unfinished
        #expect(unfinished?.hasPrefix("a run whose checkpoint cannot be read (") == true)
    }

    @Test("config.json holds the settings", .namingCases)
    static func configurationCases() {
        forEach(Recipe.all.map(\.name)) { try Self().configuration(name: $0) }
    }

    func configuration(name: String) throws {
        let recipe = try Recipe.named(name)
        _ = try folder(recipe: recipe)
        let object = try JSONSerialization.jsonObject(with: content("config.json"))
        let settings = try #require(object as? [String: Any])
        #expect(settings["recipe"] as? String == recipe.name)
        #expect(settings["command"] as? String == "swift run train")
        #expect(settings["data"] as? String == "drawn")
        #expect((settings["seed"] as? NSNumber)?.intValue == 3)
        #expect((settings["training_images"] as? NSNumber)?.intValue == 10)
        #expect((settings["batch_size"] as? NSNumber)?.intValue == recipe.settings.batchSize)
        #expect((settings["epochs"] as? NSNumber)?.intValue == recipe.settings.epochs)
        #expect((settings["learning_rate"] as? NSNumber)?.doubleValue == recipe.settings.learningRate)
        #expect((settings["augmentation"] as? [String])?.count == recipe.settings.transforms.count)
        let heads = try #require(settings["heads"] as? [[String: Any]])
        #expect(heads.map { $0["name"] as? String } == recipe.tasks.map(\.head))
        #expect(heads.map { $0["classes"] as? [String] } == recipe.tasks.map(\.classes))
        #expect(settings["switches"] as? [String: String] == recipe.switches)
    }

    @Test("Without a name of its own a run goes to runs/RECIPE-DATE")
    func defaultPath() throws {
        let path = RunFolder.defaultPath(of: .threeheadImproved)
        let parts = try #require(
            path.wholeMatch(of: #/runs/threehead-improved-(\d{4})-(\d\d)-(\d\d)-(\d\d)(\d\d)(\d\d)/#), "\(path)")
        #expect(try (1...12).contains(#require(Int(parts.2))) && (1...31).contains(#require(Int(parts.3))))
        #expect(try #require(Int(parts.4)) < 24)
    }

    @Test("A folder below a file is refused with the system's reason")
    func belowFile() throws {
        try directory.write([], to: "file")
        let (path, reason) = (directory.path + "/file", String(cString: strerror(EEXIST)))
        #expect(throws: FileError.unwritable(path: path, problem: "cannot make the folder: \(reason)")) {
            try folder("file/run")
        }
    }

    @Test("A file that cannot be replaced is an error that names it, and nothing half-written stays", .namingCases)
    static func blockedCases() {
        forEach([
            "config.json", "metrics.jsonl", "steps.jsonl", "last.safetensors", "best.safetensors", "report.html",
            "checkpoint.safetensors", "draw.html",
        ]) { try Self().blocked(name: $0) }
    }

    func blocked(name: String) throws {
        // A folder under the file's name, since permissions do not hold back a superuser.
        try directory.write([], to: "run/\(name)/inside")
        var recipe = Recipe.mlp
        recipe.settings.epochs = 1
        let data = try drawnDigits(10, test: 10)
        let trainer = try recipe.trainer(on: data, seed: 1, threads: 1)
        let error = #expect(throws: FileError.self) {
            let run = try folder(recipe: recipe)
            try trainer.run(onCheckpoint: { try run.save($0, of: trainer) })
            try run.finish(Run(recipe, trainer, test: recipe.testExamples(of: data), data: data, command: ""))
        }
        guard case .unwritable(let path, _)? = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(path.hasSuffix(name))
        let all = [
            "best.safetensors", "checkpoint.safetensors", "config.json", "draw.html", "last.safetensors",
            "metrics.jsonl", "report.html", "steps.jsonl",
        ]
        #expect(try Set(files()).isSubset(of: all))
        #expect(FileManager.default.fileExists(atPath: directory.path + "/run/\(name)/inside"))
    }
}
