import LanesData
import LanesFiles
import Foundation
import LanesGraph
import LanesTraining
import TestSupport
import Testing

import LanesRecipes

@Suite("The commands evaluate and predict", .timeLimit(.minutes(1)))
struct SavedModelCommandTests {
    let directory: TemporaryDirectory

    /// A folder with a network of `merged` that has learnt nothing, small data, and a picture of a bar.
    init() throws {
        directory = try TemporaryDirectory()
        try directory.writeDigits()
        let recipe = Recipe.merged
        let parameters = try Parameters<Float>(recipe.graph(), seed: 1)
        let file = try parameters.stateDictionary(metadata: SavedModel.metadata(of: recipe, seed: 1))
        try file.write(to: url("model.safetensors"))
        try parameters.stateDictionary().write(to: url("bare.safetensors"))
        let bar = try GrayImage(
            height: 50, width: 40,
            pixels: (0..<2000).map { (15..<25).contains($0 % 40) && (400..<1600).contains($0) ? 20 : 230 },
            name: "bar")
        try Data(PNG.encode(bar)).write(to: url("bar.png"))
    }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: "\(directory.path)/\(name)") }

    private func run(_ command: String, _ words: [String]) async throws -> CommandProcess {
        try await CommandProcess.run(words, of: command, in: directory)
    }

    @Test("The metrics of a saved network, without any other option than the data")
    func evaluate() async throws {
        let run = try await run("evaluate", ["model.safetensors", "--data", "digits", "--report", "report.html"])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.errors.isEmpty)
        #expect(run.output.contains("merged: 20 test images"), "\(run.output)")
        #expect(run.output.contains("group: accuracy") && run.output.contains("2 3 5 8"), "\(run.output)")
        let report = try String(contentsOf: url("report.html"), encoding: .utf8)
        #expect(report.contains("</html>"))
    }

    @Test("The same figures as JSON")
    func evaluateJSON() async throws {
        let run = try await run("evaluate", ["model.safetensors", "--data", "digits", "--json"])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.lines.count == 1)
        let object = try #require(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        let metrics = try #require(object["metrics"] as? [String: Double])
        #expect(
            Set(metrics.keys)
                == ["accuracy", "macro_precision", "macro_recall", "macro_f1"].map { "group_\($0)" }.reduce(into: []) {
                    $0.insert($1)
                })
    }

    @Test("A file that names no recipe needs one on the command line")
    func bare() async throws {
        let without = try await run("evaluate", ["bare.safetensors", "--data", "digits"])
        #expect(without.exitCode == 64)
        #expect(
            without.errors
                == "evaluate: bare.safetensors: the file holds tensors alone and names no recipe, expected --recipe NAME\n"
        )
        let with = try await run("evaluate", ["bare.safetensors", "--data", "digits", "--recipe", "merged"])
        #expect(with.exitCode == 0, "\(with.errors)")
    }

    @Test("A picture is shown as the network sees it, and every class gets its probability")
    func predict() async throws {
        let run = try await run("predict", ["model.safetensors", "bar.png", "bar.png"])
        #expect(run.exitCode == 0, "\(run.errors)")
        // The name, 14 lines of two rows of pixels each, and one head; twice.
        #expect(run.lines.count == 2 * 16)
        #expect(run.lines[0] == "bar.png")
        #expect(run.lines[1...14].allSatisfy { $0.count == 28 })
        #expect(run.lines[7].contains("█") && !run.lines[1].contains("█"))
        #expect(run.lines[15].hasPrefix("group: "))
        #expect(!run.output.contains("\u{1B}"))
    }

    @Test("The probabilities as JSON sum to one")
    func predictJSON() async throws {
        let run = try await run("predict", ["model.safetensors", "bar.png", "--json"])
        let object = try #require(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        let heads = try #require(object["probabilities"] as? [String: [String: Double]])
        let classes = try #require(heads["group"])
        #expect(Set(classes.keys) == ["0 6", "1 7", "2 3 5 8", "4 9"])
        #expect(abs(classes.values.reduce(0, +) - 1) < 1e-12)
        // A network that has learnt nothing is sure of nothing.
        #expect(object["unsure"] as? [String] == ["group"] && object["place"] == nil)
        let text = try await self.run("predict", ["model.safetensors", "bar.png"])
        #expect(text.lines.last?.hasSuffix(" — not sure: below 60 %") == true, "\(text.output)")
    }

    @Test("Several digits are told, and read from left to right; a bad picture does not stop the others")
    func severalDigitsAndBadPictures() async throws {
        let pixels = (0..<50 * 90).map { index in
            let isInk = [15..<25, 55..<60].contains { $0.contains(index % 90) } && (10..<40).contains(index / 90)
            return UInt8(isInk ? 20 : 230)
        }
        try Data(PNG.encode(GrayImage(height: 50, width: 90, pixels: pixels, name: "two"))).write(to: url("two.png"))
        try Data(Data(contentsOf: url("bar.png")).prefix(1000)).write(to: url("half.png"))
        let run = try await run("predict", ["model.safetensors", "two.png", "bar.png", "nothing.png", "half.png"])
        #expect(run.exitCode == 65)
        #expect(run.lines.count == 16 && run.lines[0] == "bar.png", "\(run.output)")
        let errors = run.errors.split(separator: "\n")
        #expect(errors.count == 3, "\(run.errors)")
        #expect(
            errors[0].hasSuffix(
                "two.png: found 2 digits side by side, expected one (--split reads them from left to right)"))
        let swapped = try await self.run("predict", ["model.safetensors", "nothing.png", "half.png", "bar.png"])
        #expect(swapped.exitCode == 66 && swapped.lines.count == 16)
        let split = try await self.run("predict", ["model.safetensors", "--split", "two.png"])
        #expect(split.exitCode == 0 && split.lines.count == 1 + 2 * 15 + 1, "\(split.errors)")
        #expect(split.lines.last?.hasPrefix("from left to right: ") == true)
        let json = try await self.run("predict", ["model.safetensors", "--split", "--json", "two.png"])
        let places = try json.lines.map {
            try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["place"] as? Int
        }
        #expect(places == [1, 2])
    }

    private static let cases: [(command: String, words: [String], code: Int32, message: String)] = [
        ("evaluate", [], 64, "found no MODEL.safetensors, expected the saved network"),
        ("predict", [], 64, "found no MODEL.safetensors, expected the saved network"),
        ("predict", ["model.safetensors"], 64, "found no IMAGE…, expected the pictures"),
        ("evaluate", ["model.safetensors", "other"], 64, "unexpected argument 'other'"),
        ("evaluate", ["model.safetensors", "--recipe", "compacd"], 64, "did you mean compact?"),
        ("evaluate", ["model.safetensors", "--recipe", "compact"], 65, "tensor fc.weight: found shape [4, 144]"),
        ("evaluate", ["model.safetensors", "--data", "nowhere"], 66, "nowhere: no such directory"),
        ("evaluate", ["nothing.safetensors"], 66, "nothing.safetensors: No such file or directory"),
        ("evaluate", ["bar.png"], 65, "bar.png"), ("evaluate", ["digits"], 74, "digits: "),
        (
            "evaluate", ["model.safetensors", "--data", "digits", "--report", "none/report.html"], 74,
            "none/report.html: cannot"
        ),
        ("predict", ["model.safetensors", "nothing.png"], 66, "nothing.png: "),
        ("predict", ["model.safetensors", "half.png"], 65, "half.png: the file is cut off"),
        ("predict", ["model.safetensors", "model.safetensors"], 65, "model.safetensors: "),
        ("predict", ["model.safetensors", "bar.png", "--as-is"], 65, "found 50×40 pixels, expected 28×28"),
    ]

    @Test("Mistakes get one line and the exit code of their kind", arguments: cases.indices)
    func mistakes(index: Int) async throws {
        let (command, words, code, message) = Self.cases[index]
        try Data(Data(contentsOf: url("bar.png")).prefix(1000)).write(to: url("half.png"))
        let before = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        let run = try await run(command, words)
        #expect(run.exitCode == code)
        #expect(run.errors.hasPrefix("\(command): ") && run.errors.contains(message), "\(run.errors)")
        #expect(run.errors.count { $0 == "\n" } == 1)
        #expect(run.output.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == before)
    }
}
