import Foundation
import LanesData
import LanesGraph
import LanesKernels
import LanesRecipes
import LanesTraining
import TestSupport
import Testing

/// A network whose numbers are finite and whose answers are not: no answer may pass for one.
@Suite("The commands evaluate and predict, answers that are no numbers", .timeLimit(.minutes(1)))
struct SavedModelNotFiniteTests {
    private func spoil(_ parameters: Parameters<Float>, _ kind: String) throws {
        func fill(_ name: String, _ value: (Int) -> Float) throws {
            try parameters.set(name, to: (0..<(parameters[name]?.count ?? 0)).map(value))
        }
        switch kind {
        case "a weight of 3e38": try fill("fc.weight") { _ in 3e38 }
        case "a variance of -1":
            for name in parameters.names where name.hasSuffix("running_var") { try fill(name) { _ in -1 } }
        default:
            var random = RandomStream(seed: 1, purpose: .shuffle)
            for name in parameters.names where name.hasSuffix("weight") {
                try fill(name) { _ in random.uniform() < 0.5 ? 1e20 : -1e20 }
            }
        }
    }

    @Test(
        "Every command ends with one line and 70, and prints no answer",
        arguments: [("a weight of 3e38", "compact"), ("a variance of -1", "best"), ("weights of ±1e20", "mlp")])
    func commands(kind: String, name: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.writeDigits()
        let recipe = try Recipe.named(name)
        let parameters = try Parameters<Float>(recipe.graph(), seed: 1)
        let before = try parameters.digest()
        try spoil(parameters, kind)
        try #require(parameters.digest() != before)
        try parameters.stateDictionary(metadata: SavedModel.metadata(of: recipe, seed: 1))
            .write(to: URL(fileURLWithPath: directory.path + "/model.safetensors"))
        let pixels = (0..<784).map { (10..<18).contains($0 % 28) ? UInt8(230) : 20 }
        let bar = try GrayImage(height: 28, width: 28, pixels: pixels, name: "bar")
        try directory.write(PNG.encode(bar), to: "bar.png")
        for words in [
            ["evaluate", "model.safetensors", "--data", "digits"],
            ["evaluate", "model.safetensors", "--data", "digits", "--json"],
            ["predict", "model.safetensors", "bar.png", "--as-is"],
            ["predict", "model.safetensors", "bar.png", "--as-is", "--json"],
        ] {
            let run = try await CommandProcess.run(Array(words.dropFirst()), of: words[0], in: directory)
            #expect(run.exitCode == 70, "\(words): \(run.errors)")
            #expect(run.output.isEmpty, "\(words)")
            #expect(run.errors.hasPrefix("\(words[0]): ") && run.errors.contains(" is not finite"), "\(run.errors)")
            #expect(run.errors.count { $0 == "\n" } == 1, "\(run.errors)")
        }
    }
}
