import Datasets
import Foundation
import Kernels
import Recipes
import StaticGraph
import TestSupport
import Testing

/// The README's Swift code, compiled and run; the first test compares it with the README line by line.
@Suite("The README's examples")
struct ReadmeExamples {
    @Test("Every line of the README's Swift code stands in this file")
    func text() throws {
        let source = try lines(#filePath)
        let readme = try lines(#filePath + "/../../../README.md")
        var (isCode, count) = (false, 0)
        for line in readme {
            if line.hasPrefix("```") {
                isCode = line == "```swift"
            } else if isCode, !line.isEmpty {
                #expect(source.contains(line), "not in ReadmeExamples.swift: \(line)")
                count += 1
            }
        }
        #expect(count > 40)
    }

    private func lines(_ path: String) throws -> [String] {
        try String(contentsOf: URL(fileURLWithPath: path).standardizedFileURL, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test("A network on batches of one's own learns them")
    func ownBatches() throws {
        let folder = try TemporaryDirectory()
        let image = Node.input("image", Shape(channels: 1, height: 28, width: 28))
        let features = image.conv2d(8, kernel: 3, padding: 1, name: "conv1").batchNorm(name: "bn1").relu().maxPool(2)
            .flatten()
        let graph = try Graph(heads: [
            Head("digit", features.linear(10, name: "fc_digit"), loss: .crossEntropy, weight: 2),
            Head("parity", features.linear(2, name: "fc_parity"), loss: .crossEntropy),
        ])
        let parameters = Parameters<Float>(graph, seed: 1)
        let trainer = try Executor(graph, parameters: parameters, mode: .training(.adam()), batchSize: 64, threads: 2)
        try trainer.run(steps: 0..<100, from: Stripes(), learningRate: .constant(1e-3)) { result in
            if result.step % 25 == 0 { print(result.step, result.loss) }
        }
        try parameters.stateDictionary().write(to: URL(fileURLWithPath: folder.path + "/stripes.safetensors"))
        try trainer.run(steps: 100..<101, from: Stripes(), learningRate: .constant(1e-3)) { result in
            #expect(result.correct(ofHead: 0) == 64 && result.correct(ofHead: 1) == 64)
        }
    }

    @Test("A recipe of one's own is trained, saved, read and asked")
    func ownRecipe() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/parity.safetensors"
        let data = try DigitData(
            train: SyntheticDigits.images(0..<3000, seed: 1), test: SyntheticDigits.images(3000..<4000, seed: 1),
            origin: "drawn")
        let trainer = try Trainer(.parity, data: data, seed: 1, threads: 2)
        try trainer.run(onEpoch: { result in print(result.epoch, result.test.accuracies) })
        try trainer.parameters.stateDictionary().write(to: URL(fileURLWithPath: path))
        let model = try SavedModel(contentsOf: path, recipe: .parity)
        let digit = try GrayImage(height: 28, width: 28, pixels: Array(data.test.pixels[..<784]), name: "test image 0")
        for answer in try model.predict(digit, name: "test image 0") {
            print(answer.head, zip(answer.classes, answer.probabilities).map { "\($0): \($1)" })
        }
        let evaluation = try trainer.evaluate(trainer.test)
        #expect(evaluation.accuracies[0] > 0.9)
        // Drawn digits are spread evenly, the first of them is any.
        let answer = try #require(model.predict(digit, name: "test image 0").first)
        #expect(abs(answer.probabilities.reduce(0, +) - 1) < 1e-12)
    }
}

extension Recipe {
    static let parity = Recipe(
        "parity", "even or odd, from one convolution",
        normalization: .mnist,
        augmentation: [RandomAffine(degrees: 5, translate: 0.05, interpolation: .bilinear)],
        tasks: [DigitTask("parity", classes: ["even", "odd"]) { digit, _ in Int(digit) % 2 }],
        batchSize: 32, learningRate: 3e-3, schedule: .oneCycle(rising: 0.3), epochs: 3
    ) { image in
        let logits =
            image  // 1×28×28
            .conv2d(8, kernel: 5, padding: 2, name: "conv1").batchNorm(name: "bn1").relu()  // 8×28×28
            .maxPool(4).flatten()  // 392
            .linear(2, name: "fc")
        return [Head("parity", logits, loss: .crossEntropy)]
    }
}

/// Digit d is a picture whose column 2d is lit.
struct Stripes: BatchSource {
    func sampleCount(ofStep step: Int) -> Int { 64 }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
        // [height][width][channels]: pixel (y, x) of an image of one channel is number y * 28 + x.
        for i in 0..<values.count { values[i] = i % 28 == 2 * (sample % 10) ? 1 : 0 }
    }

    func labels(ofSample sample: Int, ofStep step: Int, into labels: inout MutableSpan<Int32>) {
        labels[0] = Int32(sample % 10)  // one for each head, in their order
        labels[1] = Int32(sample % 2)
    }
}
