import LanesData
import LanesFiles
import Foundation
import LanesGraph
import LanesTraining
import TestSupport
import Testing

@testable import LanesRecipes

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

    @Test("A file says everything that is needed to use it", .namingCases)
    static func roundTripCases() {
        forEach(Recipe.all.map(\.name)) { try Self().roundTrip(name: $0) }
    }

    func roundTrip(name: String) throws {
        let recipe = try Recipe.named(name)
        let parameters = try write(recipe)
        let saved = try SavedModel(contentsOf: path)
        let model = saved.model
        #expect(saved.recipe?.name == recipe.name)
        #expect(model.metadata["seed"] == "3")
        #expect(model.normalization == recipe.settings.normalization)
        #expect(model.classes == recipe.tasks.map(\.classes))
        #expect(try model.parameters.digest() == parameters.digest())
        #expect(model.graph.trainableCount == (try recipe.graph().trainableCount))
    }

    @Test("In what a network's training was not the published experiment goes with its file")
    func differences() throws {
        try write(.mlp)
        #expect(try SavedModel(contentsOf: path).differences.isEmpty)
        try write(.mlp, metadata: SavedModel.metadata(of: .mlp, seed: 1, differences: ["1 epoch", "no augmentation"]))
        #expect(try SavedModel(contentsOf: path).differences == ["1 epoch, no augmentation"])
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
        #expect(
            throws: RecipeError(
                "model.safetensors: the file holds tensors alone and names no recipe, expected --recipe NAME")
        ) {
            try SavedModel(contentsOf: path)
        }
        let saved = try SavedModel(contentsOf: path, recipe: "mlp")
        #expect(saved.recipe?.name == "mlp")
        #expect(try saved.model.parameters.digest() == parameters.digest())
    }

    @Test("A recipe that nobody knows, in the file or told")
    func unknownRecipe() throws {
        try write(.mlp, metadata: ["recipe": "mpl"])
        let problem = "its remarks are wrong: unknown recipe 'mpl', did you mean mlp?"
        #expect(throws: FileError.badData(file: path, problem: problem)) { try SavedModel(contentsOf: path) }
        #expect(throws: RecipeError("unknown recipe 'rotatoin', did you mean rotation?")) {
            try SavedModel(contentsOf: path, recipe: "rotatoin")
        }
    }

    @Test("The weights of another recipe are refused, and the tensor is named", .namingCases)
    func otherRecipe() {
        forEach(
            [
                ("compact", "merged", "fc.weight"), ("threehead", "compact", "conv1.weight"),
                ("threehead", "threehead-improved", "bn1.weight"), ("mlp", "threehead", "conv1.weight"),
            ] as [(String, String, String)]
        ) { written, told, tensor in
            try write(try Recipe.named(written))
            let error = #expect(throws: SafetensorsError.self) { try SavedModel(contentsOf: path, recipe: told) }
            #expect(error?.description.hasPrefix("model.safetensors: tensor \(tensor): ") == true, "\(error as Any)")
        }
    }

    @Test("No file, no tensors, half of a file")
    func broken() throws {
        #expect(throws: FileError.missingInput(path: path, problem: "No such file or directory")) {
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

    @Test("A network of somebody's own program is of no recipe; told one, its tensors must be that one's")
    func ownNetwork() throws {
        let graph = try Graph(heads: [
            Head("kind", .input("x", Shape(channels: 3)).linear(2, name: "fc"), loss: .crossEntropy)
        ])
        let model = try Model(graph, Parameters(graph, seed: 1), classes: [["a", "b"]])
        try model.write(to: URL(fileURLWithPath: path))
        let saved = try SavedModel(contentsOf: path)
        #expect(saved.recipe == nil && saved.model.classes == [["a", "b"]] && saved.differences.isEmpty)
        #expect(throws: SafetensorsError.self) { try SavedModel(contentsOf: path, recipe: "mlp") }
    }

    @Test("What a training writes carries its network, and is read as it is")
    func wholeModel() throws {
        var recipe = try Recipe.named("threehead", switches: ["dropout": "0.25"])
        recipe.settings.epochs = 1
        let trainer = try recipe.trainer(on: drawnDigits(20, test: 10), seed: 4, threads: 2)
        try trainer.model(metadata: SavedModel.metadata(of: recipe, seed: 4)).write(to: URL(fileURLWithPath: path))
        let saved = try SavedModel(contentsOf: path)
        #expect(saved.recipe?.switches == recipe.switches)
        #expect(saved.model.normalization == recipe.settings.normalization)
        #expect(try saved.model.parameters.digest() == trainer.parameters.digest())
        #expect(saved.differences == ["dropout 0.25"])
    }

    @Test("A number that is not finite is refused, and its tensor is named", .namingCases)
    func notFinite() {
        forEach([Float.nan, .infinity] as [Float]) { value in
            let parameters = try write(.mlp)
            try parameters.set("fc3.bias", to: [Float](repeating: value, count: 10))
            try parameters.stateDictionary(metadata: ["recipe": "mlp"]).write(to: URL(fileURLWithPath: path))
            let problem = "tensor fc3.bias: found a number that is infinite or NaN"
            #expect(throws: FileError.badData(file: "model.safetensors", problem: problem)) {
                try SavedModel(contentsOf: path)
            }
        }
    }

    @Test("An image gets the classes that an evaluation gives it", .namingCases)
    func predictions() {
        forEach(["mlp", "augmented", "threehead"]) { name in
            let recipe = try Recipe.named(name)
            try write(recipe)
            let model = try SavedModel(contentsOf: path, recipe: name).model
            let images = SyntheticDigits.images(0..<8, seed: 3)
            for place in 0..<images.count {
                let one = try model.evaluate(Examples(images, [Example(image: place)], tasks: recipe.tasks), threads: 1)
                let answers = try model.predict(Array(images.pixels[place * 784..<(place + 1) * 784])).heads
                #expect(answers.map(\.name) == recipe.tasks.map(\.head))
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
}
