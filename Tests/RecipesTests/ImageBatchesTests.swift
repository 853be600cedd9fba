import Datasets
import Kernels
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

    private func load(_ batches: ImageBatches, sample: Int, step: Int) -> [Float] {
        var values = [Float](repeating: .nan, count: 784)
        var span = values.mutableSpan
        batches.load(sample: sample, ofStep: step, input: 0, into: &span)
        return values
    }

    @Test("An example is turned counter-clockwise before it is normalized", arguments: 0...3)
    func turns(quarterTurns: Int) throws {
        var pixels = [UInt8](repeating: 0, count: 784)
        pixels[2 * 28 + 5] = 255
        let images = try LabeledImages(name: "dot", height: 28, width: 28, pixels: pixels, labels: [1])
        let batches = ImageBatches(
            Examples(images, [Example(image: 0, quarterTurns: quarterTurns)]), order: [0], batchSize: 1, firstStep: 0,
            recipe: .mlp)
        // Row 2, column 5: to the left edge it was 5, which becomes the distance to the bottom.
        let (row, column) = [(2, 5), (22, 2), (25, 22), (5, 25)][quarterTurns]
        for (index, value) in load(batches, sample: 0, step: 0).enumerated() {
            #expect(abs(value - (index == row * 28 + column ? 1 : -1)) < 1e-6, "pixel \(index)")
        }
    }

    @Test(
        "Augmentation depends on seed, epoch and example, and on nothing else",
        arguments: Recipe.all.filter { !$0.augmentation.isEmpty })
    func augmentation(recipe: Recipe) throws {
        let examples = Examples(try drawnDigits(4).train, digits: Array(0...9))
        func image(
            _ place: Int, seed: UInt64 = 1, epoch: Int = 1, order: [Int] = [0, 1, 2, 3], size: Int = 4
        ) -> [Float] {
            let batches = ImageBatches(
                examples, order: order, batchSize: size, firstStep: 6, recipe: recipe, augmentation: (seed, epoch))
            // `place` is somewhere in the order.
            let position = order.firstIndex(of: place) ?? 0
            return load(batches, sample: position % size, step: 6 + position / size)
        }
        for place in 0..<4 {
            let first = image(place)
            #expect(image(place) == first)
            #expect(image(place, order: [3, 2, 0, 1], size: 3) == first)
            #expect(image(place, epoch: 2) != first)
            #expect(image(place, seed: 2) != first)
            // As much ink as before, but for what was pushed out or enlarged.
            let plain = load(
                ImageBatches(examples, order: [place], batchSize: 1, firstStep: 0, recipe: recipe), sample: 0, step: 0)
            #expect(plain != first)
            let background = -recipe.normalization.mean / recipe.normalization.deviation
            func ink(_ image: [Float]) -> Float { image.reduce(0) { $0 + $1 - background } }
            #expect((0.6...1.7).contains(ink(first) / ink(plain)))
        }
        // Two examples of one image are changed differently.
        let same = Examples(examples.images, [Example(image: 0), Example(image: 0)])
        let batches = ImageBatches(
            same, order: [0, 1], batchSize: 2, firstStep: 0, recipe: recipe, augmentation: (1, 1))
        #expect(load(batches, sample: 0, step: 0) != load(batches, sample: 1, step: 0))
    }

    @Test("Augmentation is transform after transform, from one stream, then normalization")
    func transforms() throws {
        let data = try drawnDigits(2)
        let recipe = Recipe.augmented
        let batches = ImageBatches(
            Examples(data.train, digits: Array(0...9)), order: [1, 0], batchSize: 2, firstStep: 0, recipe: recipe,
            augmentation: (5, 3))
        var expected = data.train.pixels[784...].map { Float($0) / 255 }
        var random = RandomStream(seed: 5, purpose: .augmentation, epoch: 3, index: 1)
        for transform in recipe.augmentation {
            let source = expected
            var target = expected.mutableSpan
            transform.apply(
                to: source.span, size: Extent(height: 28, width: 28), random: &random, into: &target)
        }
        for (found, expected) in zip(load(batches, sample: 0, step: 0), expected) {
            #expect(abs(found - (expected - 0.1307) / 0.3081) < 1e-5)
        }
    }
}
