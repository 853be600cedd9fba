import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesTraining
import TestSupport
import Testing

/// A terminal does what control characters in a name say: move the cursor, change the title, pretend another line.
@Suite("Names from files cannot speak to the terminal", .timeLimit(.minutes(1)))
struct TerminalTests {
    private let directory: TemporaryDirectory
    private let evil = "a\u{1B}]0;title\u{07}\u{1B}[2J\nb\u{202E}\u{2028}\r\u{7F}\u{9B}"

    init() throws { directory = try TemporaryDirectory() }

    private func check(_ words: [String], of command: String, code: Int32) async throws {
        let run = try await CommandProcess.run(words, of: command, in: directory)
        #expect(run.exitCode == code, "\(run.errors)")
        let isPlain: (Unicode.Scalar) -> Bool = { scalar in
            scalar == "\n" || ![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory)
        }
        #expect(run.output.unicodeScalars.allSatisfy(isPlain), "\(run.output.debugDescription)")
        #expect(run.errors.unicodeScalars.allSatisfy(isPlain), "\(run.errors.debugDescription)")
        #expect((run.output + run.errors).contains("\\u{1b}"), "\(run.output) \(run.errors)")
        #expect(code == 0 || run.errors.split(separator: "\n").count == 1)
        #expect(!run.output.split(separator: "\n").contains { $0.hasPrefix("b") })
    }

    @Test("Heads and classes of a network")
    func networks() async throws {
        let image = Node.input("image", Shape(channels: 1, height: 2, width: 2))
        let graph = try Graph(heads: [Head(evil, image.flatten().linear(2), loss: .crossEntropy)])
        let model = try Model(graph, Parameters(graph, seed: 1), classes: [[evil, "c"]])
        try model.write(to: URL(fileURLWithPath: directory.path + "/model"))
        try directory.write(Array("P5 2 2 255\nabcd".utf8), to: "\(evil).pgm")
        try await check(["model", "\(evil).pgm"], of: "predict", code: 0)
        for name in [evil, "c"] { try directory.write(Array("P5 2 2 255\nabcd".utf8), to: "pictures/\(name)/1.pgm") }
        try await check(["model", "--data", "pictures"], of: "evaluate", code: 0)
    }

    @Test("Tensors and recipes of a file that is refused")
    func tensors() async throws {
        var file = try Parameters<Float>(Recipe.mlp.graph(), seed: 1).stateDictionary()
        file.tensors[evil] = try .init(shape: [1], [1 as Float])
        file.metadata["recipe"] = "mlp"
        try file.write(to: URL(fileURLWithPath: directory.path + "/tensors"))
        try await check(["tensors"], of: "evaluate", code: 65)
        file.metadata["recipe"] = evil
        try file.write(to: URL(fileURLWithPath: directory.path + "/recipe"))
        try await check(["recipe"], of: "evaluate", code: 65)
    }
}
