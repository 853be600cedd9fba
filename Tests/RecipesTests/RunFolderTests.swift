import Foundation
import StaticGraph
import TestSupport
import Testing

@testable import Recipes

@Suite("The run's folder")
struct RunFolderTests {
    private let directory: TemporaryDirectory
    private let graph: Graph

    init() throws {
        directory = try TemporaryDirectory()
        graph = try Recipe.mlp.graph()
    }

    private func folder(_ name: String = "run", recipe: Recipe = .mlp) throws -> RunFolder {
        try RunFolder(
            directory.path + "/" + name, recipe: recipe, seed: 3, command: "swift run train",
            data: drawnDigits(10, test: 10))
    }

    private func parameters(_ seed: UInt64) -> Parameters<Float> { Parameters(graph, seed: seed) }

    /// The seed that gave the weights of a file.
    private func seed(of name: String) throws -> UInt64? {
        let file = try Safetensors(contentsOf: URL(fileURLWithPath: directory.path + "/run/" + name))
        let loaded = parameters(9)
        try loaded.load(file)
        let digest = try loaded.digest()
        return try (1...3).first { try parameters($0).digest() == digest }
    }

    private func files(_ name: String = "run") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path + "/" + name).sorted()
    }

    private func content(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: directory.path + "/run/" + name))
    }

    /// An epoch with so many right answers of ten.
    private func epoch(_ number: Int, correct: Int, validation: Int? = nil) -> EpochResult {
        func evaluation(_ correct: Int) -> Evaluation {
            var confusion = ConfusionMatrix(classes: 10)
            for label in 0..<10 { confusion.add(label: label, prediction: label < correct ? label : (label + 1) % 10) }
            return Evaluation(loss: 0.5, confusions: [confusion], mistakes: [[]])
        }
        return EpochResult(
            epoch: number, seconds: 1, learningRate: 0.001, training: evaluation(0),
            validation: validation.map(evaluation), test: evaluation(correct))
    }

    @Test("The settings are numbers where they are numbers, as short as they were written")
    func settings() throws {
        _ = try folder(recipe: .augmented)
        let object = try #require(JSONSerialization.jsonObject(with: content("config.json")) as? [String: Any])
        #expect(object["mean"] as? Double == 0.1307 && object["deviation"] as? Double == 0.3081)
        #expect(try String(decoding: content("config.json"), as: UTF8.self).contains(": 0.1307,"))
    }

    @Test("The best weights stay, the last ones follow")
    func bestAndLast() throws {
        var run = try folder()
        let epochs = [epoch(1, correct: 5), epoch(2, correct: 9), epoch(3, correct: 7)]
        for epoch in epochs { try run.add(epoch, parameters: parameters(UInt64(epoch.epoch))) }
        #expect(try seed(of: "best.safetensors") == 2)
        #expect(try seed(of: "last.safetensors") == 3)
        let lines = epochs.map { String(decoding: JSONLines(.mlp).epoch($0), as: UTF8.self) }
        #expect(try String(decoding: content("metrics.jsonl"), as: UTF8.self) == lines.joined())
        #expect(try files() == ["best.safetensors", "config.json", "last.safetensors", "metrics.jsonl"])
    }

    @Test("Where images are held out, they choose the best epoch")
    func bestByValidation() throws {
        var run = try folder()
        try run.add(epoch(1, correct: 5, validation: 8), parameters: parameters(1))
        try run.add(epoch(2, correct: 9, validation: 7), parameters: parameters(2))
        #expect(try seed(of: "best.safetensors") == 1)
    }

    @Test("The first of equally good epochs is the best one, and says what it was")
    func ties() throws {
        var run = try folder()
        for seed in 1...2 as ClosedRange<UInt64> { try run.add(epoch(1, correct: 0), parameters: parameters(seed)) }
        #expect(try seed(of: "best.safetensors") == 1)
        let file = try Safetensors(contentsOf: URL(fileURLWithPath: directory.path + "/run/best.safetensors"))
        #expect(
            file.metadata == [
                "format": "pt", "recipe": "mlp", "seed": "3", "mean": "0.5", "deviation": "0.5",
                "differences": "other images than MNIST's",
            ])
    }

    @Test("A run that has ended leaves five files, whatever an earlier one left")
    func fiveFiles() throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            var recipe = Recipe.mlp
            recipe.epochs = 1
            let data = try drawnDigits(64, test: 10)
            let trainer = try Trainer(recipe, data: data, seed: seed, threads: 2)
            var run = try folder("a/b", recipe: recipe)
            #expect(try files("a/b") == ["config.json", "metrics.jsonl"])
            var epochs: [EpochResult] = []
            try trainer.run(onEpoch: { epoch in
                try run.add(epoch, parameters: trainer.parameters)
                epochs.append(epoch)
            })
            try run.finish(Run(trainer, data: data, epochs: epochs, command: "", threads: 2))
            let five = ["best.safetensors", "config.json", "last.safetensors", "metrics.jsonl", "report.html"]
            #expect(try files("a/b") == five)
        }
    }

    @Test("config.json holds the settings", arguments: Recipe.all)
    func configuration(recipe: Recipe) throws {
        _ = try folder(recipe: recipe)
        let object = try JSONSerialization.jsonObject(with: content("config.json"))
        let settings = try #require(object as? [String: Any])
        #expect(settings["recipe"] as? String == recipe.name)
        #expect(settings["command"] as? String == "swift run train")
        #expect(settings["data"] as? String == "drawn")
        #expect((settings["seed"] as? NSNumber)?.intValue == 3)
        #expect((settings["training_images"] as? NSNumber)?.intValue == 10)
        #expect((settings["batch_size"] as? NSNumber)?.intValue == recipe.batchSize)
        #expect((settings["epochs"] as? NSNumber)?.intValue == recipe.epochs)
        #expect((settings["learning_rate"] as? NSNumber)?.doubleValue == recipe.learningRate)
        #expect((settings["augmentation"] as? [String])?.count == recipe.augmentation.count)
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
        #expect(throws: FileError(path: path, operation: "make the folder", reason: reason)) { try folder("file/run") }
    }

    @Test(
        "A file that cannot be replaced is an error that names it, and nothing half-written stays",
        arguments: ["config.json", "metrics.jsonl", "last.safetensors", "best.safetensors", "report.html"])
    func blocked(name: String) throws {
        // A folder under the file's name, since permissions do not hold back a superuser.
        try directory.write([], to: "run/\(name)/inside")
        var recipe = Recipe.mlp
        recipe.epochs = 1
        let data = try drawnDigits(10, test: 10)
        let trainer = try Trainer(recipe, data: data, seed: 1, threads: 1)
        let error = #expect(throws: FileError.self) {
            var run = try folder(recipe: recipe)
            try run.add(epoch(1, correct: 1), parameters: trainer.parameters)
            try run.finish(Run(trainer, data: data, epochs: [epoch(1, correct: 1)], command: "", threads: 1))
        }
        #expect(error?.path.hasSuffix(name) == true)
        let five = ["best.safetensors", "config.json", "last.safetensors", "metrics.jsonl", "report.html"]
        #expect(try Set(files()).isSubset(of: five))
        #expect(FileManager.default.fileExists(atPath: directory.path + "/run/\(name)/inside"))
    }
}
