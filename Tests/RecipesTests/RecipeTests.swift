import Datasets
import Foundation
import Kernels
import Recipes
import StaticGraph
import Testing

@Suite("Recipes")
struct RecipeTests {
    @Test(
        "Parameters have PyTorch's names, and as many numbers as the published networks",
        arguments: [
            ("augmented", 421_642, ["conv1", "conv2", "fc1", "fc2"]), ("mlp", 468_874, ["fc1", "fc2", "fc3"]),
        ])
    func parameters(name: String, count: Int, modules: [String]) throws {
        let graph = try #require(Recipe.all.first { $0.name == name }).graph()
        #expect(graph.trainableCount == count)
        #expect(graph.parameters.map(\.name) == modules.flatMap { ["\($0).weight", "\($0).bias"] })
    }

    @Test("The plan names every node and every operation")
    func plan() throws {
        let table = try Trainer.planTable(of: .augmented, threads: 2)
        for word in ["conv1", "maxPool2", "32×14×14", "401,536", "421,642", "optimizer", "check step"] {
            #expect(table.contains(word), "\(word) is missing")
        }
    }

    @Test("Images of another size are refused")
    func size() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func bigEndian(_ numbers: [UInt32]) -> Data {
            Data(numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } })
        }
        for prefix in ["train", "t10k"] {
            let images = bigEndian([2051, 2, 3, 4]) + Data(repeating: 0, count: 24)
            try images.write(to: folder.appendingPathComponent("\(prefix)-images-idx3-ubyte"))
            let labels = bigEndian([2049, 2]) + Data([0, 1])
            try labels.write(to: folder.appendingPathComponent("\(prefix)-labels-idx1-ubyte"))
        }
        let error = #expect(throws: DatasetError.self) { try DigitData(directory: folder.path) }
        #expect(error?.description.contains("found images of 3×4, expected 28×28") == true)
    }
}

@Suite("The run's folder")
struct RunFolderTests {
    @Test("The best weights stay, the last ones follow")
    func bestAndLast() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let graph = try Recipe.mlp.graph()
        var run = try RunFolder(folder.path, recipe: .mlp, seed: 1)
        for (seed, accuracy) in [(1, 0.5), (2, 0.9), (3, 0.7)] {
            try run.add(
                Data("{\"epoch\":\(seed)}\n".utf8), accuracy: accuracy,
                parameters: Parameters<Float>(graph, seed: UInt64(seed)))
        }
        func digest(_ name: String) throws -> String {
            let parameters = Parameters<Float>(graph, seed: 9)
            try parameters.load(Safetensors(contentsOf: folder.appendingPathComponent(name)))
            return try parameters.digest()
        }
        #expect(try digest("best.safetensors") == Parameters<Float>(graph, seed: 2).digest())
        #expect(try digest("last.safetensors") == Parameters<Float>(graph, seed: 3).digest())
        let lines = try String(contentsOf: folder.appendingPathComponent("metrics.jsonl"), encoding: .utf8)
        #expect(lines == "{\"epoch\":1}\n{\"epoch\":2}\n{\"epoch\":3}\n")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["best.safetensors", "last.safetensors", "metrics.jsonl"])
    }

    @Test("A folder below a file is refused")
    func belowFile() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(throws: FileError.self) {
            try RunFolder(file.appendingPathComponent("run").path, recipe: .mlp, seed: 1)
        }
    }
}
