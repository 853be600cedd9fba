import Foundation
import LanesRecipes
import LanesGraph
import LanesTraining
import LanesFiles
import TestSupport
import Testing

/// Weights go both ways between our recipes and the PyTorch modules of Fixtures/recipes.py.
@Suite("Exchange with PyTorch")
struct ExchangeTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/recipes")

    private func fixture(_ name: String) throws -> Safetensors {
        try Safetensors(contentsOf: Self.folder.appending(path: "\(name).safetensors"))
    }

    @Test("A file that PyTorch wrote gives PyTorch's outputs", .namingCases)
    static func fromPyTorchCases() {
        forEach(Recipe.all.map(\.name)) { try Self().fromPyTorch(name: $0) }
    }

    func fromPyTorch(name: String) throws {
        let graph = try Recipe.named(name).graph()
        let expected = try fixture("expected")
        let images = FixtureImages(values: try expected.values("images", as: Float.self))
        let parameters = try Parameters<Float>(graph, seed: 1)
        try parameters.load(fixture(name))
        let executor = try Executor(
            graph, parameters: parameters, mode: .prediction, batchSize: images.count, threads: 2)
        try executor.run(steps: 0..<1, from: images)

        let heads = expected.tensors.keys.filter { $0.hasPrefix("\(name)/") }
        #expect(heads.sorted() == graph.heads.map { "\(name)/\($0.name)" }.sorted())
        for (head, description) in graph.heads.enumerated() {
            let reference = try expected.values("\(name)/\(description.name)", as: Double.self)
            let outputs = executor.output(ofHead: head).map(Double.init)
            try #require(outputs.count == reference.count)
            let differences = zip(outputs, reference).map { abs($0 - $1) }
            let isClose = differences.allSatisfy { $0 <= 1e-4 }
            #expect(isClose, "\(description.name): the worst is off by \(differences.max() ?? 0)")
        }
    }

    /// What `load_state_dict(strict=True)` asks of a file, and the types besides.
    @Test("A file of ours has the tensors that PyTorch's own has", .namingCases)
    static func toPyTorchCases() {
        forEach(Recipe.all.map(\.name)) { try Self().toPyTorch(name: $0) }
    }

    func toPyTorch(name: String) throws {
        let recipe = try Recipe.named(name)
        let folder = try TemporaryDirectory()
        let url = URL(filePath: folder.path).appending(path: "ours.safetensors")
        try Parameters<Float>(recipe.graph(), seed: 1).stateDictionary().write(to: url)
        let ours = try Safetensors(contentsOf: url)
        let theirs = try fixture(recipe.name)
        #expect(ours.tensors.mapValues(Description.init) == theirs.tensors.mapValues(Description.init))
        #expect(ours.metadata == theirs.metadata)
    }
}

/// All that is said of a tensor but its numbers.
private struct Description: Equatable {
    let shape: [Int]
    let type: Safetensors.DataType

    init(_ tensor: Safetensors.Tensor) {
        shape = tensor.shape
        type = tensor.type
    }
}

/// The fixture's images as one batch. They have one channel, so PyTorch's order is the graph's.
private struct FixtureImages: BatchSource {
    let values: [Float]
    var count: Int { values.count / Recipe.imageShape.count }

    func sampleCount(ofStep step: Int) -> Int { count }

    func load(sample: Int, ofStep step: Int, input: Int, into image: inout MutableSpan<Float>) {
        for index in 0..<image.count { image[index] = values[sample * image.count + index] }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {}
}
