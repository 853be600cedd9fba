import Datasets
import Foundation
import StaticGraph
import TestSupport
import Testing

@testable import Recipes

@Suite("Saved networks")
struct SavedModelTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory.path + "/model.safetensors" }

    /// Writes random weights of a recipe, with the remarks that are given or else those of a run with seed 3.
    @discardableResult
    private func write(_ recipe: Recipe, metadata: [String: String]? = nil) throws -> Parameters<Float> {
        let parameters = try Parameters<Float>(recipe.graph(), seed: 3)
        try parameters.stateDictionary(metadata: metadata ?? SavedModel.metadata(of: recipe, seed: 3))
            .write(to: URL(fileURLWithPath: path))
        return parameters
    }

    @Test("A file says everything that is needed to use it", arguments: Recipe.all)
    func roundTrip(recipe: Recipe) throws {
        let parameters = try write(recipe)
        let model = try SavedModel(contentsOf: path)
        #expect(model.recipe.name == recipe.name)
        #expect(model.metadata["format"] == "pt" && model.metadata["seed"] == "3")
        #expect(model.metadata["mean"].flatMap { Float($0) } == recipe.normalization.mean)
        #expect(model.metadata["deviation"].flatMap { Float($0) } == recipe.normalization.deviation)
        #expect(try model.parameters.digest() == parameters.digest())
        #expect(model.graph.trainableCount == (try recipe.graph().trainableCount))
    }

    @Test("An evaluation of the file is that of the network that was saved")
    func evaluation() throws {
        let data = try drawnDigits(10, test: 60)
        let parameters = try write(.rotation)
        let run = try Run(SavedModel(contentsOf: path), data: data, command: "evaluate", threads: 2)
        let test = try Recipe.rotation.examples(of: data, seed: 9).test
        let expected = try Evaluator(.rotation, Recipe.rotation.graph(), parameters, threads: 1).evaluate(test)
        #expect(run.result == expected)
        #expect(try run.weightsDigest == parameters.digest())
        #expect(run.test.list == test.list && run.epochs.isEmpty && run.seed == nil)
        // Eight filters of 3×3.
        #expect(run.filters?.values.map(\.count) == Array(repeating: 9, count: 8))
    }

    @Test("In what a network's training was not the published experiment goes with its file")
    func differences() throws {
        try write(.mlp)
        #expect(try SavedModel(contentsOf: path).differences.isEmpty)
        try write(.mlp, metadata: SavedModel.metadata(of: .mlp, seed: 1, differences: ["1 epoch", "no augmentation"]))
        let model = try SavedModel(contentsOf: path)
        #expect(model.differences == ["1 epoch, no augmentation"])
        let run = try Run(model, data: drawnDigits(10, test: 10), command: "evaluate", threads: 1)
        #expect(run.differences == ["1 epoch, no augmentation", "tested on other images than MNIST's"])
        let changed = try Recipe.named("threehead", switches: ["dropout": "0.5"])
        try write(changed)
        #expect(try SavedModel(contentsOf: path).differences == ["dropout 0.5"])
        try write(.mlp, metadata: ["recipe": "merged"])
        #expect(
            try SavedModel(contentsOf: path, recipe: "mlp").differences == ["its file says that it is of recipe merged"]
        )
        try write(.mlp, metadata: [:])
        #expect(try SavedModel(contentsOf: path, recipe: "mlp").differences == ["nothing is known of its training"])
    }

    @Test("A file that names no recipe, as PyTorch writes it, needs to be told one")
    func withoutRecipe() throws {
        let parameters = try write(.mlp, metadata: ["format": "pt"])
        #expect(throws: UsageError("\(path): the file names no recipe, expected --recipe NAME")) {
            try SavedModel(contentsOf: path)
        }
        let model = try SavedModel(contentsOf: path, recipe: "mlp")
        #expect(model.recipe.name == "mlp")
        #expect(try model.parameters.digest() == parameters.digest())
    }

    @Test("A recipe that nobody knows, in the file or told")
    func unknownRecipe() throws {
        try write(.mlp, metadata: ["recipe": "mpl"])
        let problem = "its remarks are wrong: unknown recipe 'mpl', did you mean mlp?"
        #expect(throws: DatasetError.badData(file: path, problem: problem)) { try SavedModel(contentsOf: path) }
        #expect(throws: UsageError("unknown recipe 'rotatoin', did you mean rotation?")) {
            try SavedModel(contentsOf: path, recipe: "rotatoin")
        }
    }

    @Test(
        "The weights of another recipe are refused, and the tensor is named",
        arguments: [
            ("compact", "merged", "fc.weight"), ("threehead", "compact", "conv1.weight"),
            ("threehead", "threehead-improved", "bn1.weight"), ("mlp", "threehead", "conv1.weight"),
        ])
    func otherRecipe(written: String, told: String, tensor: String) throws {
        try write(try Recipe.named(written))
        let error = #expect(throws: SafetensorsError.self) { try SavedModel(contentsOf: path, recipe: told) }
        #expect(error?.description.hasPrefix("model.safetensors: tensor \(tensor): ") == true, "\(error as Any)")
    }

    @Test("No file, no tensors, half of a file")
    func broken() throws {
        #expect(throws: DatasetError.missingInput(path: path, problem: "no such file")) {
            try SavedModel(contentsOf: path)
        }
        try directory.write([], to: "model.safetensors")
        #expect(throws: SafetensorsError.self) { try SavedModel(contentsOf: path) }
        try write(.compact)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try directory.write(Array(whole.dropLast(whole.count / 2)), to: "model.safetensors")
        #expect(throws: SafetensorsError.self) { try SavedModel(contentsOf: path) }
        #expect(throws: FileError.self) { try SavedModel(contentsOf: directory.path) }
    }

    @Test("A file of another normalization is refused")
    func otherNormalization() throws {
        try write(.mlp, metadata: ["recipe": "mlp", "mean": "0.1307", "deviation": "0.5"])
        let problem = "found mean 0.1307, expected 0.5 of recipe mlp"
        #expect(throws: DatasetError.badData(file: "model.safetensors", problem: problem)) {
            try SavedModel(contentsOf: path)
        }
    }

    @Test("An image gets the classes that an evaluation gives it", arguments: ["mlp", "augmented", "threehead"])
    func predictions(name: String) throws {
        let recipe = try Recipe.named(name)
        try write(recipe)
        let model = try SavedModel(contentsOf: path, recipe: name)
        let evaluator = try Evaluator(model.recipe, model.graph, model.parameters, threads: 1)
        let images = SyntheticDigits.images(0..<8, seed: 3)
        for place in 0..<images.count {
            let one = try evaluator.evaluate(Examples(images, [Example(image: place)]))
            let pixels = Array(images.pixels[place * 784..<(place + 1) * 784])
            let image = try GrayImage(height: 28, width: 28, pixels: pixels, name: "drawn")
            let answers = try model.predict(image, name: "drawn")
            #expect(answers.map(\.head) == recipe.tasks.map(\.head))
            for (head, answer) in answers.enumerated() {
                let most = answer.probabilities.indices.max { answer.probabilities[$0] < answer.probabilities[$1] }
                #expect(one.confusions[head].counts.joined().count { $0 > 0 } == 1)
                #expect(one.confusions[head].counts.contains { $0[most ?? 0] == 1 })
                guard let mistake = one.mistakes[head].first else { continue }
                #expect(abs(mistake.probability - (answer.probabilities.max() ?? 0)) < 1e-6)
            }
        }
    }
}
