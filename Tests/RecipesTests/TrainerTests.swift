import LanesData
import LanesFiles
import Foundation
import LanesKernels
import LanesGraph
import LanesTraining
import Synchronization
import TestSupport
import Testing

@testable import LanesRecipes

@Suite("Training on drawn digits")
struct RecipeTrainerTests {
    /// Of two short epochs, augmentation on: full batches and the rest of one.
    private func digest(_ recipe: Recipe, threads: Int, seed: UInt64 = 1) throws -> String {
        var recipe = recipe
        recipe.settings.epochs = 2
        let trainer = try recipe.trainer(on: drawnDigits(80, test: 10), seed: seed, threads: threads)
        try trainer.run()
        return try trainer.parameters.digest()
    }

    @Test("The same weights for any number of threads, others for another seed", .namingCases)
    static func sameBitsCases() {
        forEach(Recipe.all.map(\.name)) { try Self().sameBits(name: $0) }
    }

    func sameBits(name: String) throws {
        let recipe = try Recipe.named(name)
        let expected = try digest(recipe, threads: 1)
        for threads in [2, 3, 8] { #expect(try digest(recipe, threads: threads) == expected) }
        #expect(try digest(recipe, threads: 2, seed: 2) != expected)
    }

    @Test("Every image is trained on once an epoch, and every test image is counted")
    func counts() throws {
        var recipe = Recipe.mlp
        recipe.settings.epochs = 3
        let data = try drawnDigits()
        let trainer = try recipe.trainer(on: data, seed: 1, threads: 2)
        let done = Mutex<[Int]>([])
        var results: [EpochResult] = []
        try trainer.run(
            onEpoch: { results.append($0) }, onProgress: { progress in done.withLock { $0.append(progress.done) } })
        #expect(done.withLock { $0 } == [64, 128, 192, 256, 300, 64, 128, 192, 256, 300, 64, 128, 192, 256, 300])
        #expect(results.map(\.epoch) == [1, 2, 3])
        #expect(results.allSatisfy { $0.test?.count == data.test.count })
        #expect(results[2].training.loss < results[0].training.loss)
    }

    @Test("A recipe's results are those of the last epoch or of the best, and so are the weights it ends with")
    func resultEpoch() throws {
        for keepsBest in [false, true] {
            // From the third epoch on the rate is so great that what was learnt is lost.
            let recipe = Recipe(
                "restless", "",
                settings: TrainingSettings(
                    epochs: 4, schedule: .step(epochs: 2, factor: 100), normalization: mnistNormalization,
                    keepsBest: keepsBest),
                heads: Recipe.mlp.heads)
            let trainer = try recipe.trainer(on: drawnDigits(test: 100), seed: 1, threads: 2)
            var digests: [String] = []
            try trainer.run(onEpoch: { _ in digests.append(try trainer.parameters.digest()) })
            let scores = trainer.epochs.map { $0.test?.accuracies[0] ?? 0 }
            let best = try #require(scores.firstIndex(of: scores.max() ?? 0))
            try #require(best < 2, "\(scores)")
            let expected = keepsBest ? best : 3
            #expect(trainer.bestEpoch?.epoch == best + 1)
            #expect(trainer.resultEpoch?.epoch == expected + 1)
            #expect(try trainer.parameters.digest() == digests[expected])
            #expect(Set(digests).count == 4)
            let test = try #require(trainer.test)
            #expect(try trainer.evaluate(test) == trainer.epochs[expected].test)
        }
    }

    @Test("Held-out images choose the best epoch, and are not trained on")
    func heldOut() throws {
        let recipe = Recipe(
            "split", "", validationFraction: 0.2,
            settings: TrainingSettings(epochs: 2, batchSize: 32, normalization: mnistNormalization),
            heads: Recipe.mlp.heads)
        let data = try drawnDigits(100, test: 20)
        func trained(changing images: [Int]) throws -> (digest: String, epochs: [EpochResult]) {
            var pixels = data.train.pixels
            for image in images { for pixel in 0..<784 { pixels[image * 784 + pixel] ^= 255 } }
            let train = try LabeledImages(
                name: "changed", height: 28, width: 28, pixels: pixels, labels: data.train.labels)
            let changed = try DigitData(train: train, test: data.test, origin: "")
            let trainer = try recipe.trainer(on: changed, seed: 1, threads: 2)
            var epochs: [EpochResult] = []
            try trainer.run(onEpoch: { epochs.append($0) })
            return (try trainer.parameters.digest(), epochs)
        }
        let parts = try recipe.examples(of: data, seed: 1)
        let validation = try #require(parts.validation).list.map(\.image)
        let plain = try trained(changing: [])
        let changed = try trained(changing: validation)
        #expect(changed.digest == plain.digest)
        #expect(changed.epochs.map(\.training) == plain.epochs.map(\.training))
        #expect(changed.epochs.map { $0.validation?.loss } != plain.epochs.map { $0.validation?.loss })
        #expect(plain.epochs.allSatisfy { $0.training.count == 80 && $0.validation?.count == 20 })
        #expect(plain.epochs.allSatisfy { $0.deciding == $0.validation })
        #expect(try trained(changing: [parts.training.list[0].image]).digest != plain.digest)
    }

    @Test("Augmentation changes what is trained on, and nothing that is evaluated")
    func augmentation() throws {
        func result(_ transforms: [any Transform], rate: Double) throws -> EpochResult {
            let recipe = Recipe(
                "moved", "",
                settings: TrainingSettings(
                    epochs: 1, learningRate: rate, normalization: mnistNormalization, transforms: transforms),
                heads: Recipe.mlp.heads)
            var result: EpochResult?
            try recipe.trainer(on: drawnDigits(test: 50), seed: 1, threads: 2).run(onEpoch: { result = $0 })
            return try #require(result)
        }
        // Steps too small to change any weight.
        let (plain, moved) = (try result([], rate: 1e-30), try result([RandomAffine(degrees: 30)], rate: 1e-30))
        #expect(plain.test == moved.test)
        #expect(abs(plain.training.loss - moved.training.loss) > 1e-4)
    }

    @Test("The surest mistakes come first, with what the network gave them")
    func mistakes() throws {
        let data = try drawnDigits(100)
        let trainer = try Recipe.mlp.trainer(on: data, seed: 1, threads: 2)
        let examples = try Recipe.mlp.testExamples(of: data)
        let evaluation = try trainer.evaluate(examples)
        let mistakes = evaluation.mistakes[0]
        // Untrained, it is wrong more often than is kept.
        #expect(mistakes.count == 48)
        #expect(zip(mistakes, mistakes.dropFirst()).allSatisfy { $0.probability >= $1.probability })
        for mistake in mistakes.prefix(5) {
            #expect(mistake.label == Int(data.test.labels[mistake.sample]))
            #expect(mistake.prediction != mistake.label)
            let pixels = data.test.pixels[mistake.sample * 784..<(mistake.sample + 1) * 784]
            let probabilities = try trainer.model.predict(Array(pixels)).heads[0].probabilities
            #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
            #expect(probabilities.max() == probabilities[mistake.prediction])
            #expect(abs(probabilities[mistake.prediction] - mistake.probability) < 1e-6)
        }
    }

    @Test("A batch that is larger than the data")
    func largeBatch() throws {
        var recipe = Recipe.mlp
        (recipe.settings.batchSize, recipe.settings.epochs) = (1000, 1)
        let trainer = try recipe.trainer(on: drawnDigits(), seed: 1, threads: 2)
        try trainer.run()
        #expect(trainer.parameters["fc1.weight"]?.allSatisfy(\.isFinite) == true)
    }

    @Test("A learning rate that runs away is named and stops the training")
    func runaway() throws {
        var recipe = Recipe.mlp
        recipe.settings.learningRate = 1e30
        let trainer = try recipe.trainer(on: drawnDigits(), seed: 1, threads: 2)
        #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(trainer.parameters["fc1.weight"]?.allSatisfy(\.isFinite) == true)
    }

    @Test("Evaluation agrees with the same weights read from a file")
    func evaluation() throws {
        var recipe = Recipe.mlp
        recipe.settings.epochs = 1
        let data = try drawnDigits()
        let trainer = try recipe.trainer(on: data, seed: 1, threads: 2)
        try trainer.run()
        let copy = try recipe.trainer(on: data, seed: 2, threads: 1)
        let file = try Safetensors(trainer.parameters.stateDictionary().encoded(), source: "test")
        try copy.parameters.load(file)
        #expect(try copy.parameters.digest() == trainer.parameters.digest())
        let test = try recipe.testExamples(of: data)
        #expect(try copy.evaluate(test) == trainer.evaluate(test))
    }

    @Test("An epoch goes once over every image, in an order of its own")
    func everyImageOnce() throws {
        var recipe = Recipe.mlp
        // Steps too small to change any weight, so that every loss is one of the first weights.
        (recipe.settings.learningRate, recipe.settings.epochs) = (1e-30, 3)
        let trainer = try recipe.trainer(on: drawnDigits(), seed: 1, threads: 2)
        let expected = try trainer.evaluate(trainer.training).loss
        let firstBatches = Mutex<[Double]>([])
        try trainer.run(
            onEpoch: { result in
                // Each of the 300 losses differs from the mean by some hundredths, so an image that is missing or seen
                // twice changes it by some 1e-4; the rounding of Float leaves 1e-6.
                #expect(abs(result.training.loss - expected) < 1e-5)
            },
            onProgress: { [first = recipe.settings.batchSize] progress in
                if progress.done == first { firstBatches.withLock { $0.append(progress.trainLoss) } }
            })
        #expect(Set(firstBatches.withLock { $0 }).count == 3)
    }

    @Test("Evaluation counts what it would count image by image")
    func imageByImage() throws {
        var recipe = Recipe.mlp
        recipe.settings.epochs = 1
        let data = try drawnDigits()
        let trainer = try recipe.trainer(on: data, seed: 1, threads: 2)
        try trainer.run()
        var (loss, correct) = (0.0, 0)
        for image in 0..<data.test.count {
            let one = try trainer.evaluate(Examples(data.test, [Example(image: image)], tasks: recipe.tasks))
            loss += one.loss
            correct += one.accuracies[0] == 1 ? 1 : 0
        }
        let all = try trainer.evaluate(recipe.testExamples(of: data))
        let count = Double(data.test.count)
        #expect(all.count == data.test.count)
        #expect(all.accuracies == [Double(correct) / count])
        #expect(abs(all.loss - loss / count) < 1e-5)
        // An untrained network or one that always answers the same would make the comparison easy.
        #expect((110...1050).contains(correct))
    }

    @Test("Two epochs of mlp beat the nearest mean image of a class")
    func beatsNearestMean() throws {
        var recipe = Recipe.mlp
        recipe.settings.epochs = 2
        let data = try drawnDigits(3000)
        var accuracy = 0.0
        try recipe.trainer(on: data, seed: 1, threads: 2).run(onEpoch: { accuracy = $0.test?.accuracies[0] ?? 0 })
        #expect(accuracy > nearestMeanAccuracy(data))
    }

    /// How many test images are nearest to the mean training image of their own class.
    private func nearestMeanAccuracy(_ data: DigitData) -> Double {
        let area = 28 * 28
        var means = Array(repeating: [Float](repeating: 0, count: area), count: 10)
        for (image, label) in data.train.labels.enumerated() {
            for pixel in 0..<area { means[Int(label)][pixel] += Float(data.train.pixels[image * area + pixel]) }
        }
        // Drawn digits are spread evenly over the classes.
        for digit in 0..<10 { means[digit] = means[digit].map { $0 * 10 / Float(data.train.count) } }
        let right = (0..<300).filter { image in
            let distances = means.map { mean in
                var distance: Float = 0
                for pixel in 0..<area {
                    let difference = mean[pixel] - Float(data.test.pixels[image * area + pixel])
                    distance += difference * difference
                }
                return distance
            }
            return distances.indices.min { distances[$0] < distances[$1] } == Int(data.test.labels[image])
        }
        return Double(right.count) / 300
    }

    @Test("A test loss beyond all numbers stops the training, though every step was finite")
    func runawayLastStep() throws {
        var recipe = Recipe.mlp
        (recipe.settings.learningRate, recipe.settings.batchSize, recipe.settings.epochs) = (1e18, 300, 1)
        let trainer = try recipe.trainer(on: drawnDigits(), seed: 1, threads: 2)
        #expect(throws: TrainingError.resultNotFinite(step: 0, place: "the loss of the test samples")) {
            try trainer.run(onEpoch: { _ in Issue.record("an epoch with no result was reported") })
        }
    }
}

/// MNIST's.
private let mnistNormalization = [Normalization(mean: 0.1307, deviation: 0.3081)]

private let mnist = ProcessInfo.processInfo.environment["MNIST_DIR"]

@Suite("Training on MNIST", .enabled(if: mnist != nil, "MNIST_DIR names no directory with the real MNIST"))
struct MNISTTrainingTests {
    @Test("Two epochs of mlp on a tenth of the images learn most digits")
    func learns() throws {
        var recipe = Recipe.mlp
        recipe.settings.epochs = 2
        let data = try DigitData(directory: mnist, trainLimit: 6000)
        let trainer = try recipe.trainer(on: data, seed: 1, threads: 2)
        var accuracy = 0.0
        try trainer.run(onEpoch: { accuracy = $0.test?.accuracies[0] ?? 0 })
        // 89 % for seeds 1 to 3; a network that gets a layer wrong stays far below.
        #expect(accuracy > 0.86)
    }
}
