import Foundation
import LanesGraph
import LanesReport
import LanesTraining
import TestSupport
import Testing

@testable import LanesRecipes

@Suite("What a report is made of")
struct RunTests {
    @Test("An evaluation of a file is that of the network that was saved")
    func evaluation() throws {
        let (data, recipe) = (try drawnDigits(10, test: 60), Recipe.rotation)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/model.safetensors"
        let parameters = try Parameters<Float>(recipe.graph(), seed: 3)
        try parameters.stateDictionary(metadata: SavedModel.metadata(of: recipe, seed: 3, differences: ["1 epoch"]))
            .write(to: URL(fileURLWithPath: path))
        let saved = try SavedModel(contentsOf: path)
        let run = try Run(saved, recipe: recipe, data: data, command: "evaluate", threads: 2)
        let test = try recipe.examples(of: data, seed: 9).test
        let trainer = try Trainer(recipe.graph(), training: test, settings: recipe.settings, parameters: parameters)
        #expect(try run.result == trainer.evaluate(test))
        #expect(try run.weightsDigest == parameters.digest())
        #expect(run.test.list == test.list && run.epochs.isEmpty && run.seed == nil)
        #expect(run.differences == ["1 epoch", "tested on other images than MNIST's"])
        // Eight filters of 3×3.
        #expect(run.filters?.values.map(\.count) == Array(repeating: 9, count: 8))
    }
}
