import LanesData
import LanesFiles
import Foundation
import LanesKernels
import LanesTraining
import TestSupport
import Testing

@testable import LanesRecipes
@testable import LanesReport

@Suite("The sheet of samples")
struct SampleSheetTests {
    private func sheet(_ recipe: Recipe, _ examples: Examples, seed: UInt64 = 3) throws -> ParsedElement {
        try ParsedElement.root(of: SampleSheet(recipe, examples, seed: seed).svg)
    }

    @Test("It holds the first images of the first epoch, each with its classes", .namingCases)
    static func picturesCases() {
        forEach(Recipe.all.map(\.name)) { try Self().pictures(name: $0) }
    }

    func pictures(name: String) throws {
        let recipe = try Recipe.named(name)
        let data = try drawnDigits()
        let examples = try recipe.examples(of: data, seed: 3).training
        let order = permutation(count: examples.count, seed: 3, epoch: 1)
        let batches = DatasetBatches(
            examples, order: order, batchSize: recipe.settings.batchSize, firstStep: 0, normalization: [.none],
            augmentation: .init(
                transforms: recipe.settings.transforms, seed: 3, epoch: 1,
                scratch: ScratchPool(count: 1, size: Recipe.imageShape.count)))
        let sheet = try sheet(recipe, examples)
        let pictures = sheet.all("image")
        try #require(pictures.count == 96)
        for (place, picture) in pictures.enumerated() {
            let (step, sample) = place.quotientAndRemainder(dividingBy: recipe.settings.batchSize)
            let example = examples.list[order[place]]
            let pixels = try #require(try picture.picture("href")).pixels
            if recipe.settings.transforms.isEmpty {
                #expect(pixels == turned(examples.images, example))
            } else {
                var values = [Float](repeating: .nan, count: pixels.count)
                var span = values.mutableSpan
                try batches.load(sample: sample, ofStep: step, input: 0, into: &span)
                let differences = zip(values, pixels).map { abs(Double($0) * 255 - Double($1)) }
                // Half a level is what rounding takes; Float takes a little more.
                #expect(differences.allSatisfy { $0 < 0.501 })
            }
            let classes = recipe.tasks.map {
                $0.classes[$0.label(examples.digit(of: example), example.quarterTurns)]
            }
            #expect(picture.text == "step \(step + 1), \(classes.joined(separator: ", "))")
        }
        let labels = sheet.all("text").dropFirst(2).map(\.text)
        #expect(labels.count == 96 * recipe.tasks.count)
        #expect(Set(labels).isSubset(of: Set(recipe.tasks.flatMap(\.classes))))
    }

    @Test("Another seed shows others; without random changes the images are as they are")
    func seeds() throws {
        let examples = try Recipe.augmented.examples(of: try drawnDigits(), seed: 1).training
        func addresses(_ recipe: Recipe, seed: UInt64) throws -> [String?] {
            try sheet(recipe, examples, seed: seed).all("image").map { $0.attributes["href"] }
        }
        var plain = Recipe.augmented
        plain.settings.transforms = []
        #expect(try addresses(.augmented, seed: 1) == addresses(.augmented, seed: 1))
        #expect(try addresses(.augmented, seed: 1) != addresses(.augmented, seed: 2))
        #expect(try zip(addresses(.augmented, seed: 1), addresses(plain, seed: 1)).allSatisfy { $0 != $1 })
    }

    @Test("Few images make a small sheet", .namingCases)
    func few() {
        forEach([0, 1, 13]) { count in
            let images = SyntheticDigits.images(0..<20, seed: 1)
            let sheet = try sheet(.mlp, Examples(images, (0..<count).map { Example(image: $0) }, tasks: [.digit]))
            #expect(sheet.all("image").count == count)
            // 12 in a row: each row takes 84 units.
            #expect(sheet.attributes["height"] == "\(62 + 24 + 84 * ((count + 11) / 12))")
        }
    }

    @Test("Names stay text")
    func escaping() throws {
        let recipe = Recipe(
            "<b>", "", tasks: [DigitTask("head", classes: ["&</text>"]) { _, _ in 0 }], settings: TrainingSettings(),
            heads: Recipe.mlp.heads)
        let images = SyntheticDigits.images(0..<1, seed: 1)
        let sheet = try sheet(recipe, Examples(images, digits: recipe.digits, tasks: recipe.tasks))
        #expect(sheet.all("text").last?.text == "&</text>")
        #expect(sheet.all("b").isEmpty)
    }
}
