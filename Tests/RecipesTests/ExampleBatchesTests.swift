import LanesData
import LanesFiles
import LanesKernels
import LanesGraph
import LanesTraining
import TestSupport
import Testing

@testable import LanesRecipes

@Suite("Batches of a recipe's examples")
struct ExampleBatchesTests {
    /// Four images in which every byte value occurs, each shifted by one.
    private func images() throws -> LabeledImages {
        let area = 28 * 28
        return try LabeledImages(
            name: "bytes", height: 28, width: 28, pixels: (0..<4 * area).map { UInt8(($0 % area + $0 / area) % 256) },
            labels: [7, 2, 0, 9])
    }

    private func examples() throws -> Examples {
        Examples(try images(), (0..<4).map { Example(image: $0) }, tasks: [.digit])
    }

    private func batches(
        _ recipe: Recipe, _ examples: Examples, order: [Int], size: Int, firstStep: Int = 0,
        augmentation: (seed: UInt64, epoch: Int)? = nil
    ) -> DatasetBatches {
        DatasetBatches(
            examples, order: order, batchSize: size, firstStep: firstStep, normalization: recipe.settings.normalization,
            augmentation: augmentation.map {
                .init(
                    transforms: recipe.settings.transforms, seed: $0.seed, epoch: $0.epoch,
                    scratch: ScratchPool(count: 1, size: 784))
            })
    }

    @Test("Pixels are normalized as the recipe says, each image where the order wants it", .namingCases)
    static func normalizationCases() {
        forEach(Recipe.all.map(\.name)) { try Self().normalization(name: $0) }
    }

    func normalization(name: String) throws {
        let (images, recipe) = (try images(), try Recipe.named(name))
        let batches = self.batches(recipe, try examples(), order: [2, 0, 3], size: 2, firstStep: 5)
        let normalization = recipe.settings.normalization[0]
        let (mean, deviation) = (Double(normalization.mean[0]), Double(normalization.deviation[0]))
        for (sample, step, image) in [(0, 5, 2), (1, 5, 0), (0, 6, 3)] {
            var values = [Float](repeating: .nan, count: 28 * 28)
            var span = values.mutableSpan
            try batches.load(sample: sample, ofStep: step, input: 0, into: &span)
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
        let tasks = [DigitTask.digit, DigitTask("sum", classes: []) { digit, turns in 10 * Int(digit) + turns }]
        let list = (0..<4).map { Example(image: $0, quarterTurns: 3 - $0) }
        let batches = self.batches(.mlp, Examples(try images(), list, tasks: tasks), order: [3, 2, 1, 0], size: 3)
        let expected: [[Float]] = [[9, 90], [0, 1], [2, 22], [7, 73]]
        for (place, labels) in expected.enumerated() {
            for (head, label) in labels.enumerated() {
                var found: [Float] = [.nan]
                var span = found.mutableSpan
                try batches.target(ofSample: place % 3, ofStep: place / 3, head: head, into: &span)
                #expect(found == [label])
            }
        }
    }

    private func load(_ batches: DatasetBatches, sample: Int, step: Int) throws -> [Float] {
        var values = [Float](repeating: .nan, count: 784)
        var span = values.mutableSpan
        try batches.load(sample: sample, ofStep: step, input: 0, into: &span)
        return values
    }

    @Test("An example is turned counter-clockwise before it is normalized", .namingCases)
    func turns() {
        forEach(0...3) { quarterTurns in
            var pixels = [UInt8](repeating: 0, count: 784)
            pixels[2 * 28 + 5] = 255
            let images = try LabeledImages(name: "dot", height: 28, width: 28, pixels: pixels, labels: [1])
            let turned = Examples(images, [Example(image: 0, quarterTurns: quarterTurns)], tasks: [.digit])
            let batches = self.batches(.mlp, turned, order: [0], size: 1)
            // Row 2, column 5: to the left edge it was 5, which becomes the distance to the bottom.
            let (row, column) = [(2, 5), (22, 2), (25, 22), (5, 25)][quarterTurns]
            for (index, value) in try load(batches, sample: 0, step: 0).enumerated() {
                #expect(abs(value - (index == row * 28 + column ? 1 : -1)) < 1e-6, "pixel \(index)")
            }
        }
    }

    @Test("Augmentation depends on seed, epoch and example, and on nothing else", .namingCases)
    func augmentation() {
        forEach(Recipe.all.filter { !$0.settings.transforms.isEmpty }.map(\.name)) { name in
            let recipe = try Recipe.named(name)
            let examples = Examples(try drawnDigits(4).train, digits: Array(0...9), tasks: [.digit])
            func image(
                _ place: Int, seed: UInt64 = 1, epoch: Int = 1, order: [Int] = [0, 1, 2, 3], size: Int = 4
            ) throws -> [Float] {
                let batches = self.batches(
                    recipe, examples, order: order, size: size, firstStep: 6, augmentation: (seed, epoch))
                // `place` is somewhere in the order.
                let position = order.firstIndex(of: place) ?? 0
                return try load(batches, sample: position % size, step: 6 + position / size)
            }
            for place in 0..<4 {
                let first = try image(place)
                #expect(try image(place) == first)
                #expect(try image(place, order: [3, 2, 0, 1], size: 3) == first)
                #expect(try image(place, epoch: 2) != first)
                #expect(try image(place, seed: 2) != first)
                // As much ink as before, but for what was pushed out or enlarged.
                let plain = try load(batches(recipe, examples, order: [place], size: 1), sample: 0, step: 0)
                #expect(plain != first)
                let normalization = recipe.settings.normalization[0]
                let background = -normalization.mean[0] / normalization.deviation[0]
                func ink(_ image: [Float]) -> Float { image.reduce(0) { $0 + $1 - background } }
                #expect((0.6...1.7).contains(ink(first) / ink(plain)))
            }
            // Two examples of one image are changed differently.
            let same = Examples(examples.images, [Example(image: 0), Example(image: 0)], tasks: [.digit])
            let batches = self.batches(recipe, same, order: [0, 1], size: 2, augmentation: (1, 1))
            #expect(try load(batches, sample: 0, step: 0) != load(batches, sample: 1, step: 0))
        }
    }

    @Test("Augmentation is transform after transform, from one stream, then normalization")
    func transforms() throws {
        let data = try drawnDigits(2)
        let recipe = Recipe.augmented
        let examples = Examples(data.train, digits: Array(0...9), tasks: [.digit])
        let batches = self.batches(recipe, examples, order: [1, 0], size: 2, augmentation: (5, 3))
        var expected = data.train.pixels[784...].map { Float($0) / 255 }
        var random = RandomStream(seed: 5, purpose: .augmentation, epoch: 3, index: 1)
        for transform in recipe.settings.transforms {
            let source = expected
            var target = expected.mutableSpan
            transform.apply(to: source.span, shape: Recipe.imageShape, random: &random, into: &target)
        }
        for (found, expected) in zip(try load(batches, sample: 0, step: 0), expected) {
            #expect(abs(found - (expected - 0.1307) / 0.3081) < 1e-5)
        }
    }
}
