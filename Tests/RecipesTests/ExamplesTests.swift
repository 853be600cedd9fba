import LanesData
import LanesFiles
import Foundation
import LanesRecipes
import LanesTraining
import TestSupport
import Testing

@Suite("Examples")
struct ExamplesTests {
    /// As many images of a grey each as there are labels.
    private func data(train: [UInt8], test: [UInt8] = Array(0...9)) throws -> DigitData {
        func images(_ labels: [UInt8], _ name: String) throws -> LabeledImages {
            try LabeledImages(
                name: name, height: 28, width: 28, pixels: labels.flatMap { [UInt8](repeating: $0, count: 784) },
                labels: labels)
        }
        return try DigitData(train: images(train, "train"), test: images(test, "test"), origin: "grey")
    }

    @Test("Six digits at four quarter turns each, the others left out")
    func rotation() throws {
        let (training, validation, test) = try Recipe.rotation.examples(of: data(train: [5, 0, 4, 1]), seed: 1)
        let expected = [0, 2, 3].flatMap { image in (0...3).map { Example(image: image, quarterTurns: $0) } }
        #expect(training.list == expected)
        #expect(training.list.map(training.digit) == [5, 5, 5, 5, 4, 4, 4, 4, 1, 1, 1, 1])
        #expect(validation == nil)
        #expect(test.count == 24)
    }

    @Test("A tenth is held out by the seed; the parts are disjoint and complete", .namingCases)
    func split() {
        forEach(["compact", "merged"]) { name in
            let recipe = try Recipe.named(name)
            let data = try data(train: (0..<1000).map { UInt8($0 % 10) })
            func parts(_ seed: UInt64) throws -> (training: [Int], validation: [Int]) {
                let examples = try recipe.examples(of: data, seed: seed)
                #expect(examples.test.list == (0..<10).map { Example(image: $0) })
                return (examples.training.list.map(\.image), try #require(examples.validation).list.map(\.image))
            }
            let (training, validation) = try parts(1)
            #expect(training.count == 900 && validation.count == 100)
            #expect((training + validation).sorted() == Array(0..<1000))
            #expect(try parts(1) == (training, validation))
            #expect(try parts(2).validation != validation)
            // Not a block: a hundred of a thousand are spread over all tenths.
            #expect(Set(validation.map { $0 / 100 }).count == 10)
        }
    }

    @Test("Data without an example for a recipe is refused, not trained on", .namingCases)
    static func noneCases() {
        forEach([
            (
                "rotation", [0, 6, 8, 9],
                "found none of the digits 1, 2, 3, 4, 5, 7 among 4 images, expected at least one"
            ),
            (
                "augmented", [],
                "found none of the digits 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 among 0 images, expected at least one"
            ),
            (
                "compact", [],
                "found none of the digits 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 among 0 images, expected at least one"
            ),
            ("compact", [3], "found 1 training image, expected at least 2: some are held out"),
            (
                "threehead", [],
                "found none of the digits 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 among 0 images, expected at least one"
            ),
        ]) { try Self().none(name: $0, labels: $1, problem: $2) }
    }

    func none(name: String, labels: [UInt8], problem: String) throws {
        let recipe = try Recipe.named(name)
        let data = try data(train: labels)
        #expect(throws: FileError.badData(file: "train", problem: problem)) {
            try recipe.trainer(on: data, seed: 1, threads: 1)
        }
    }

    @Test("No test images for a recipe")
    func noTest() throws {
        let data = try data(train: [1], test: [0])
        #expect(throws: FileError.self) { try Recipe.rotation.examples(of: data, seed: 1) }
    }

    @Test("Few images are split too", .namingCases)
    func few() {
        forEach([2, 5, 11]) { count in
            let parts = try Recipe.compact.examples(of: data(train: [UInt8](repeating: 1, count: count)), seed: 1)
            #expect(parts.training.count == count - 1 && parts.validation?.count == 1)
        }
    }

    @Test("Mean and deviation of the chosen images' pixels")
    func statistics() throws {
        let images = try data(train: [0, 51, 255, 7]).train
        // Of 0, 51 and 255, each over 255: (0 + 0.2 + 1)/3, √((0 + 0.04 + 1)/3 − 0.16).
        let list = [Example(image: 0), Example(image: 1, quarterTurns: 3), Example(image: 2)]
        let learned = try Normalization.learned(from: Examples(images, list, tasks: [.digit]))
        #expect(abs(learned.mean[0] - 0.4) < 1e-7)
        #expect(abs(Double(learned.deviation[0]) - (1.04 / 3 - 0.16).squareRoot()) < 1e-7)
    }
}

private let mnist = ProcessInfo.processInfo.environment["MNIST_DIR"]

@Suite("Examples of MNIST", .enabled(if: mnist != nil, "MNIST_DIR names no directory with the real MNIST"))
struct MNISTExamplesTests {
    private let data: DigitData

    init() throws { data = try DigitData(directory: mnist) }

    @Test("As many as the reports say")
    func counts() throws {
        let rotation = try Recipe.rotation.examples(of: data, seed: 1)
        #expect(rotation.training.count == 145_436 && rotation.test.count == 24_316)
        let compact = try Recipe.compact.examples(of: data, seed: 1)
        #expect(compact.training.count == 54_000 && compact.validation?.count == 6000 && compact.test.count == 10_000)
        #expect(Set(compact.training.list.map(\.image)).isDisjoint(with: compact.validation?.list.map(\.image) ?? []))
        let mlp = try Recipe.mlp.examples(of: data, seed: 1)
        #expect(mlp.training.count == 60_000 && mlp.validation == nil && mlp.test.count == 10_000)
    }

    @Test("Mean and deviation are those that recipes normalize by")
    func statistics() throws {
        let learned = try Normalization.learned(from: Recipe.augmented.examples(of: data, seed: 1).training)
        #expect(abs(learned.mean[0] - 0.1307) < 5e-5 && abs(learned.deviation[0] - 0.3081) < 5e-5)
        #expect(Recipe.augmented.settings.normalization == [Normalization(mean: 0.1307, deviation: 0.3081)])
    }
}
