import Datasets
import Foundation
import Kernels
import Recipes
import StaticGraph
import TestSupport
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
        let folder = try TemporaryDirectory()
        try writeImages(2, height: 3, width: 4, to: folder)
        let error = #expect(throws: DatasetError.self) { try DigitData(directory: folder.path) }
        #expect(error?.description.contains("found images of 3×4, expected 28×28") == true)
        let small = SyntheticDigits.images(0..<2, seed: 1)
        let other = try LabeledImages(
            name: "mine", height: 28, width: 27, pixels: Array(repeating: 0, count: 2 * 28 * 27), labels: [0, 1])
        for (train, test) in [(small, other), (other, small)] {
            #expect(throws: DatasetError.badData(file: "mine", problem: "found images of 28×27, expected 28×28")) {
                try DigitData(train: train, test: test, origin: "mine")
            }
        }
    }

    @Test("The limit takes the first training images, and all the test images stay", arguments: [1, 4, 5, 9, nil])
    func trainLimit(limit: Int?) throws {
        let folder = try TemporaryDirectory()
        try writeImages(5, height: 28, width: 28, to: folder)
        let data = try DigitData(directory: folder.path, trainLimit: limit, environment: [:])
        #expect(data.train.labels == Array([0, 1, 2, 3, 4][..<min(limit ?? 5, 5)]))
        #expect(data.train.pixels.count == data.train.count * 28 * 28)
        #expect(data.test.count == 5)
    }

    private func writeImages(_ count: UInt32, height: UInt32, width: UInt32, to folder: TemporaryDirectory) throws {
        let pixels = [UInt8](repeating: 0, count: Int(count * height * width))
        for prefix in ["train", "t10k"] {
            try folder.write(
                idx(magic: 2051, dimensions: [count, height, width], elements: pixels),
                to: "\(prefix)-images-idx3-ubyte")
            try folder.write(
                idx(magic: 2049, dimensions: [count], elements: Array(0..<UInt8(count))),
                to: "\(prefix)-labels-idx1-ubyte")
        }
    }
}
