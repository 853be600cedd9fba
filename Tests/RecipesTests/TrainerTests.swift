import Datasets
import Foundation
import Kernels
import Recipes
import StaticGraph
import Synchronization
import Testing

@Suite("Training on drawn digits")
struct TrainerTests {
    /// Of two short epochs, augmentation on: two full batches and the rest of a third.
    private func digest(_ recipe: Recipe, threads: Int, seed: UInt64 = 1) throws -> String {
        var recipe = recipe
        recipe.epochs = 2
        let trainer = try Trainer(recipe, data: try drawnDigits(150, test: 20), seed: seed, threads: threads)
        try trainer.run()
        return try trainer.parameters.digest()
    }

    @Test("The same weights for any number of threads, others for another seed", arguments: Recipe.all.map(\.name))
    func sameBits(name: String) throws {
        let recipe = try Recipe.named(name)
        let expected = try digest(recipe, threads: 1)
        for threads in [2, 3, 8] { #expect(try digest(recipe, threads: threads) == expected) }
        #expect(try digest(recipe, threads: 2, seed: 2) != expected)
    }

    @Test("Every image is trained on once an epoch, and every test image is counted")
    func counts() throws {
        var recipe = Recipe.mlp
        recipe.epochs = 3
        let data = try drawnDigits()
        let trainer = try Trainer(recipe, data: data, seed: 1, threads: 2)
        let done = Mutex<[Int]>([])
        var results: [EpochResult] = []
        try trainer.run(
            onProgress: { progress in done.withLock { $0.append(progress.done) } }, onEpoch: { results.append($0) })
        #expect(done.withLock { $0 } == [64, 128, 192, 256, 300, 64, 128, 192, 256, 300, 64, 128, 192, 256, 300])
        #expect(results.map(\.epoch) == [1, 2, 3])
        #expect(results.allSatisfy { $0.test.count == data.test.count })
        #expect(results[2].training.loss < results[0].training.loss)
    }

    @Test("A batch that is larger than the data")
    func largeBatch() throws {
        var recipe = Recipe.mlp
        (recipe.batchSize, recipe.epochs) = (1000, 1)
        let trainer = try Trainer(recipe, data: try drawnDigits(), seed: 1, threads: 2)
        try trainer.run()
        #expect(trainer.parameters["fc1.weight"]?.allSatisfy(\.isFinite) == true)
    }

    @Test("A learning rate that runs away is named and stops the training")
    func runaway() throws {
        var recipe = Recipe.mlp
        recipe.learningRate = 1e30
        let trainer = try Trainer(recipe, data: try drawnDigits(), seed: 1, threads: 2)
        #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(trainer.parameters["fc1.weight"]?.allSatisfy(\.isFinite) == true)
    }

    @Test("Evaluation agrees with the same weights read from a file")
    func evaluation() throws {
        var recipe = Recipe.mlp
        recipe.epochs = 1
        let data = try drawnDigits()
        let trainer = try Trainer(recipe, data: data, seed: 1, threads: 2)
        try trainer.run()
        let copy = try Trainer(recipe, data: data, seed: 2, threads: 1)
        let file = try Safetensors(trainer.parameters.stateDictionary().encoded(), source: "test")
        try copy.parameters.load(file)
        #expect(try copy.parameters.digest() == trainer.parameters.digest())
        #expect(try copy.evaluate(copy.test) == trainer.evaluate(trainer.test))
    }

    @Test("An epoch goes once over every image, in an order of its own")
    func everyImageOnce() throws {
        var recipe = Recipe.mlp
        // Steps too small to change any weight, so that every loss is one of the first weights.
        (recipe.learningRate, recipe.epochs) = (1e-30, 3)
        let trainer = try Trainer(recipe, data: try drawnDigits(), seed: 1, threads: 2)
        let expected = try trainer.evaluate(trainer.training).loss
        let firstBatches = Mutex<[Double]>([])
        try trainer.run(
            onProgress: { [first = recipe.batchSize] progress in
                if progress.done == first { firstBatches.withLock { $0.append(progress.trainLoss) } }
            },
            onEpoch: { result in
                // Each of the 300 losses differs from the mean by some hundredths, so an image that is missing or seen
                // twice changes it by some 1e-4; the rounding of Float leaves 1e-6.
                #expect(abs(result.training.loss - expected) < 1e-5)
            })
        #expect(Set(firstBatches.withLock { $0 }).count == 3)
    }

    @Test("Evaluation counts what it would count image by image")
    func imageByImage() throws {
        var recipe = Recipe.mlp
        recipe.epochs = 1
        let data = try drawnDigits()
        let trainer = try Trainer(recipe, data: data, seed: 1, threads: 2)
        try trainer.run()
        var (loss, correct) = (0.0, 0)
        for image in 0..<data.test.count {
            let one = try trainer.evaluate(Examples(data.test, [Example(image: image)]))
            loss += one.loss
            correct += one.accuracies[0] == 1 ? 1 : 0
        }
        let all = try trainer.evaluate(trainer.test)
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
        recipe.epochs = 2
        let data = try drawnDigits(3000)
        var accuracy = 0.0
        try Trainer(recipe, data: data, seed: 1, threads: 2).run(onEpoch: { accuracy = $0.test.accuracies[0] })
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
        (recipe.learningRate, recipe.batchSize, recipe.epochs) = (1e18, 300, 1)
        let trainer = try Trainer(recipe, data: try drawnDigits(), seed: 1, threads: 2)
        #expect(throws: TrainingError.notFinite(step: 1, place: "the loss of the test images")) {
            try trainer.run(onEpoch: { _ in Issue.record("an epoch with no result was reported") })
        }
    }
}

private let mnist = ProcessInfo.processInfo.environment["MNIST_DIR"]

@Suite("Training on MNIST", .enabled(if: mnist != nil, "MNIST_DIR names no directory with the real MNIST"))
struct MNISTTrainingTests {
    @Test("Two epochs of mlp on a tenth of the images learn most digits")
    func learns() throws {
        var recipe = Recipe.mlp
        recipe.epochs = 2
        let data = try DigitData(directory: mnist, trainLimit: 6000)
        let trainer = try Trainer(recipe, data: data, seed: 1, threads: 2)
        var accuracy = 0.0
        try trainer.run(onEpoch: { accuracy = $0.test.accuracies[0] })
        // 89 % for seeds 1 to 3; a network that gets a layer wrong stays far below.
        #expect(accuracy > 0.86)
    }
}
