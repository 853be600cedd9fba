import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining
import TestSupport
import Testing

@Suite("The page that predict writes", .timeLimit(.minutes(1)))
struct DrawingPageCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let graph = try Recipe.tiny.graph()
        let parameters = try Parameters<Float>(graph, seed: 1)
        try Model(
            graph, parameters, classes: [(0...9).map(String.init)],
            metadata: SavedModel.metadata(of: .tiny, seed: 1)
        ).write(to: url("digits.safetensors"))
        let table = try Graph(heads: [Head("kind", .input("row", Shape(channels: 2)).linear(2), loss: .crossEntropy)])
        try Model(table, Parameters<Float>(table, seed: 1), classes: [["a", "b"]]).write(to: url("table.safetensors"))
        let picture = Node.input("picture", Shape(channels: 3, height: 6, width: 5)).flatten().linear(2)
        let own = try Graph(heads: [Head("kind", picture, loss: .crossEntropy)])
        try Model(own, Parameters<Float>(own, seed: 1), classes: [["a", "b"]]).write(to: url("own.safetensors"))
    }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: directory.path).appendingPathComponent(name) }

    private func predict(_ words: String...) async throws -> CommandProcess {
        try await CommandProcess.run(words, of: "predict", in: directory)
    }

    @Test("It is written for digits and for pictures, and refused in words")
    func writing() async throws {
        let digits = try await predict("digits.safetensors", "--page", "digits.html")
        #expect(digits.exitCode == 0, "\(digits.errors)")
        #expect(digits.output == "digits.html: 0.1 MB, to be opened in a browser\n")
        let page = try String(contentsOf: url("digits.html"), encoding: .utf8)
        #expect(page.contains("<h1>Draw a digit</h1>") && page.contains(">tiny: depthwise-separable"))
        #expect(page.contains("data-picture=\"digit\""))

        let own = try await predict("own.safetensors", "--page", "own.html", "--json")
        let text = try String(contentsOf: url("own.html"), encoding: .utf8)
        #expect(own.output == "{\"bytes\":\(text.utf8.count),\"event\":\"page\",\"page\":\"own.html\"}\n")
        #expect(text.contains(">own.safetensors: 182 parameters<") && text.contains("data-picture=\"scaled\""))

        for (words, code, message) in [
            (["table.safetensors", "--page", "t.html"], 65, "input row: found 2 numbers, expected a picture to draw"),
            (["digits.safetensors", "--page", "nowhere/d.html"], 74, "nowhere/d.html: "),
            (["digits.safetensors", "--page", "d.html", "none.png"], 66, "none.png: "),
        ] as [([String], Int32, String)] {
            let run = try await CommandProcess.run(words, of: "predict", in: directory)
            #expect(run.exitCode == code && run.errors.contains(message), "\(run.errors)")
        }
    }
}
