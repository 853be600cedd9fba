import Foundation
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesTraining
import TestSupport
import Testing

@Suite("The command export", .timeLimit(.minutes(1)))
struct ExportCommandTests {
    let directory: TemporaryDirectory

    /// A folder with a network of `tiny` that has learnt nothing.
    init() throws {
        directory = try TemporaryDirectory()
        let recipe = Recipe.tiny
        let graph = try recipe.graph()
        let parameters = try Parameters<Float>(graph, seed: 1)
        try parameters.stateDictionary().write(to: url("bare.safetensors"))
        try Model(graph, parameters, classes: recipe.tasks.map(\.classes), metadata: ["recipe": "tiny"])
            .write(to: url("model.safetensors"))
    }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: "\(directory.path)/\(name)") }

    private func run(_ words: [String]) async throws -> CommandProcess {
        try await CommandProcess.run(words, of: "export", in: directory)
    }

    @Test("A saved network is written in either format, by the file's name")
    func formats() async throws {
        for (words, start) in [
            (["model.safetensors", "a.onnx"], [8, 8, 0x12, 5]),
            (["bare.safetensors", "b.ONNX", "--recipe", "tiny", "--opset", "13", "--input", "bytes"], [8, 8]),
            (["model.safetensors", "c.mlmodel", "--input", "image", "--probabilities"], [8, 4]),
        ] as [([String], [UInt8])] {
            let run = try await run(words)
            #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
            #expect(run.output == "\(words[1]): image 1×28×28 → digit 10\n")
            #expect(try Data(contentsOf: url(words[1])).starts(with: start))
        }
    }

    @Test("Mistakes get one line and the exit code of their kind, and nothing is written")
    func mistakes() async throws {
        let content = try Data(contentsOf: url("model.safetensors"))
        try content.prefix(content.count - 1).write(to: url("short.safetensors"))
        try content.prefix(100).write(to: url("shorter.safetensors"))
        var notFinite = content
        notFinite.replaceSubrange(content.count - 4..<content.count, with: [0, 0, 0xC0, 0x7F])
        try notFinite.write(to: url("nan.safetensors"))
        var other = content
        other.replaceSubrange(try #require(other.range(of: Data("BatchNorm".utf8))), with: Data("BatchMoon".utf8))
        try other.write(to: url("other.safetensors"))
        let before = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        let cases: [([String], Int32, String)] = [
            ([], 64, "found no MODEL.safetensors, expected the saved network"),
            (["model.safetensors"], 64, "found no FILE, expected where to write it"),
            (
                ["model.safetensors", "a.txt"], 64,
                "found 'a.txt', expected a FILE whose name ends in .onnx or .mlmodel"
            ),
            (
                ["model.safetensors", "a.onnx", "--opset", "18"], 64,
                "--opset: found '18', expected a whole number of 13 to 17"
            ),
            (["model.safetensors", "a.mlmodel", "--opset", "17"], 64, "--opset: only for ONNX"),
            (
                ["model.safetensors", "a.onnx", "--input", "image"], 64,
                "expected one of normalized, values, bytes for ONNX"
            ),
            (["model.safetensors", "a.mlmodel", "--input", "no"], 64, "normalized, values, bytes, image for Core ML"),
            (["bare.safetensors", "a.onnx"], 64, "expected --recipe NAME"),
            (["short.safetensors", "a.onnx"], 65, "short.safetensors: "),
            (["short.safetensors", "a.mlmodel"], 65, "short.safetensors: "),
            (["shorter.safetensors", "a.onnx"], 65, "shorter.safetensors: "),
            (["nan.safetensors", "a.onnx"], 65, "found a number that is infinite or NaN"),
            (["other.safetensors", "a.onnx"], 65, "found a layer of type BatchMoon"),
            (["none.safetensors", "a.onnx"], 66, "none.safetensors: No such file or directory"),
            (["model.safetensors", "none/a.onnx"], 74, "none/a.onnx: cannot create a file in its folder"),
        ]
        for (words, code, message) in cases {
            let run = try await run(words)
            #expect(run.exitCode == code, "\(words): \(run.errors)")
            #expect(run.errors.hasPrefix("export: ") && run.errors.contains(message), "\(words): \(run.errors)")
            #expect(run.errors.count { $0 == "\n" } == 1 && run.output.isEmpty)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == before)
    }
}
