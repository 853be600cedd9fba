import Datasets
import StaticGraph
import TestSupport
import Testing

@testable import Recipes

@Suite("Batches of images")
struct ImageBatchesTests {
    /// Four images in which every byte value occurs, each shifted by one.
    private func images() throws -> LabeledImages {
        let area = 28 * 28
        return try LabeledImages(
            name: "bytes", height: 28, width: 28, pixels: (0..<4 * area).map { UInt8(($0 % area + $0 / area) % 256) },
            labels: [7, 2, 0, 9])
    }

    private func examples() throws -> Examples { Examples(try images(), (0..<4).map { Example(image: $0) }) }

    @Test("Pixels are normalized as the recipe says, each image where the order wants it", arguments: Recipe.all)
    func normalization(recipe: Recipe) throws {
        let images = try images()
        let batches = ImageBatches(try examples(), order: [2, 0, 3], batchSize: 2, firstStep: 5, recipe: recipe)
        let (mean, deviation) = (Double(recipe.normalization.mean), Double(recipe.normalization.deviation))
        for (sample, step, image) in [(0, 5, 2), (1, 5, 0), (0, 6, 3)] {
            var values = [Float](repeating: .nan, count: 28 * 28)
            var span = values.mutableSpan
            batches.load(sample: sample, ofStep: step, input: 0, into: &span)
            let bytes = images.pixels[image * values.count..<(image + 1) * values.count].map(Double.init)
            // Scale and offset are rounded twice each, and so are their product and sum.
            let bounds = bytes.map {
                roundingBound(Float.self, roundings: 4, magnitude: ($0 / 255 + mean) / deviation)
            }
            expectClose(
                values.map(Double.init), bytes.map { ($0 / 255 - mean) / deviation }, within: bounds, recipe.name)
        }
    }

    @Test("Labels are each task's class of the digit and its turn")
    func labels() throws {
        let recipe = Recipe(
            "two tasks", "", normalization: .none,
            tasks: [.digit, DigitTask("sum", classes: []) { digit, turns in 10 * Int(digit) + turns }],
            heads: Recipe.mlp.heads)
        let examples = Examples(try images(), (0..<4).map { Example(image: $0, quarterTurns: 3 - $0) })
        let batches = ImageBatches(examples, order: [3, 2, 1, 0], batchSize: 3, firstStep: 0, recipe: recipe)
        let expected: [[Int32]] = [[9, 90], [0, 1], [2, 22], [7, 73]]
        for (place, labels) in expected.enumerated() {
            var found: [Int32] = [-1, -1]
            var span = found.mutableSpan
            batches.labels(ofSample: place % 3, ofStep: place / 3, into: &span)
            #expect(found == labels)
        }
    }

    @Test(
        "The last batch holds what is left",
        arguments: [(100, 64, [64, 36]), (128, 64, [64, 64]), (5, 64, [5]), (3, 1, [1, 1, 1]), (0, 64, [])])
    func sizes(count: Int, batchSize: Int, expected: [Int]) throws {
        let batches = ImageBatches(
            try examples(), order: Array(repeating: 0, count: count), batchSize: batchSize, firstStep: 7, recipe: .mlp)
        #expect(batches.steps == 7..<7 + expected.count)
        #expect(batches.steps.map { batches.sampleCount(ofStep: $0) } == expected)
    }
}
