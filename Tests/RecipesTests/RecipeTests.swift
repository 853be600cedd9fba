import LanesData
import LanesFiles
import Foundation
import LanesKernels
import LanesRecipes
import LanesGraph
import LanesTraining
import TestSupport
import Testing

@Suite("Recipes")
struct RecipeTests {
    private static let convolutions = ["conv1", "conv2", "conv3"]
    private static let threeHeads = ["fc1", "fc2_digit", "fc2_parity", "fc2_threshold"]

    @Test("Parameters have PyTorch's names, and as many numbers as the published networks", .namingCases)
    static func parametersCases() {
        forEach([
            ("augmented", 421_642, ["conv1", "conv2", "fc1", "fc2"]),
            ("rotation", 1_845_866, ["conv1", "conv2", "fc1", "fc_digit", "fc_rotation"]),
            ("compact", 5750, convolutions + ["fc"]), ("merged", 4880, convolutions + ["fc"]),
            ("mlp", 468_874, ["fc1", "fc2", "fc3"]), ("threehead", 242_062, convolutions + threeHeads),
            (
                "threehead-improved", 111_438,
                ["conv1", "bn1", "conv2", "bn2", "conv3", "bn3"] + threeHeads
            ),
        ]) { try Self().parameters(name: $0, count: $1, modules: $2) }
    }

    func parameters(name: String, count: Int, modules: [String]) throws {
        let graph = try Recipe.named(name).graph()
        #expect(graph.trainableCount == count)
        let names = modules.flatMap { module in
            let state = module.hasPrefix("bn") ? ["running_mean", "running_var", "num_batches_tracked"] : []
            return (["weight", "bias"] + state).map { "\(module).\($0)" }
        }
        #expect(graph.parameters.map(\.name) == names)
    }

    @Test("Our own have as many parameters as is said of them, and the best at most half a million")
    func own() throws {
        #expect(try Recipe.best.graph().trainableCount == 212_458)
        #expect(try Recipe.best.graph().trainableCount <= 500_000)
        #expect(try Recipe.sprint.graph().trainableCount == 15_450)
        #expect(try Recipe.tiny.graph().trainableCount == 1786)
        #expect(Recipe.tiny.summary.contains("1,786"))
    }

    @Test("Every head is a task's and has an output for each class", .namingCases)
    static func headsCases() {
        forEach(Recipe.all.map(\.name)) { try Self().heads(name: $0) }
    }

    func heads(name: String) throws {
        let recipe = try Recipe.named(name)
        let graph = try recipe.graph()
        #expect(graph.heads.map(\.name) == recipe.tasks.map(\.head))
        let parameters = try Parameters<Float>(graph, seed: 1)
        let widths = parameters.names.filter { $0.hasSuffix(".bias") }.compactMap { parameters.shape(of: $0)?[0] }
        #expect(Array(widths.suffix(recipe.tasks.count)) == recipe.tasks.map(\.classes.count))
    }

    @Test("The classes of the ten digits", .namingCases)
    static func labelsCases() {
        forEach([
            ("augmented", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), ("compact", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            ("mlp", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), ("best", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            ("sprint", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), ("tiny", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            // {0, 6}, {1, 7}, {2, 3, 8, 5} and {4, 9}.
            ("merged", 0, [0, 1, 2, 2, 3, 2, 0, 1, 2, 3]),
            ("threehead", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), ("threehead", 1, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
            ("threehead", 2, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]),
            ("threehead-improved", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            ("threehead-improved", 1, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
            ("threehead-improved", 2, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]),
        ]) { try Self().labels(name: $0, task: $1, classes: $2) }
    }

    func labels(name: String, task: Int, classes: [Int]) throws {
        let task = try Recipe.named(name).tasks[task]
        #expect((0...9).map { task.label($0, 0) } == classes)
        #expect(Set(classes) == Set(task.classes.indices))
    }

    @Test("Rotation's classes are the digits 1, 2, 3, 4, 5, 7 and the quarter turns")
    func rotationLabels() {
        let recipe = Recipe.rotation
        #expect(recipe.digits == [1, 2, 3, 4, 5, 7] && recipe.quarterTurns == 4)
        for turns in 0...3 {
            #expect(recipe.digits.map { recipe.tasks[0].label($0, turns) } == [0, 1, 2, 3, 4, 5])
            #expect(recipe.digits.map { recipe.tasks[1].label($0, turns) } == Array(repeating: turns, count: 6))
        }
        for digit in recipe.digits { #expect(recipe.tasks[0].classes[recipe.tasks[0].label(digit, 0)] == "\(digit)") }
    }

    @Test("The plan names every node and every operation")
    func plan() throws {
        let table = try Recipe.augmented.planTable(threads: 2)
        for word in ["conv1", "maxPool2", "32×14×14", "401,536", "421,642", "optimizer", "check step"] {
            #expect(table.contains(word), "\(word) is missing")
        }
    }

    @Test("Images of another size are refused")
    func size() throws {
        let folder = try TemporaryDirectory()
        try writeImages(2, height: 3, width: 4, to: folder)
        let error = #expect(throws: FileError.self) { try DigitData(directory: folder.path) }
        #expect(error?.description.contains("found images of 3×4, expected 28×28") == true)
        let small = SyntheticDigits.images(0..<2, seed: 1)
        let other = try LabeledImages(
            name: "mine", height: 28, width: 27, pixels: Array(repeating: 0, count: 2 * 28 * 27), labels: [0, 1])
        for (train, test) in [(small, other), (other, small)] {
            #expect(throws: FileError.badData(file: "mine", problem: "found images of 28×27, expected 28×28")) {
                try DigitData(train: train, test: test, origin: "mine")
            }
        }
    }

    @Test("The limit takes the first training images, and all the test images stay", .namingCases)
    static func trainLimitCases() {
        forEach([1, 4, 5, 9, nil]) { try Self().trainLimit(limit: $0) }
    }

    func trainLimit(limit: Int?) throws {
        let folder = try TemporaryDirectory()
        try writeImages(5, height: 28, width: 28, to: folder)
        let data = try DigitData(directory: folder.path, trainLimit: limit, environment: [:])
        #expect(data.train.labels == Array([0, 1, 2, 3, 4][..<min(limit ?? 5, 5)]))
        #expect(data.train.pixels.count == data.train.count * 28 * 28)
        #expect(data.test.count == 5)
    }

    @Test("A recipe is found by its name, and a misspelt one is guessed", .namingCases)
    static func namesCases() {
        forEach(Recipe.all.map(\.name)) { try Self().names(name: $0) }
    }

    func names(name: String) throws {
        #expect(try Recipe.named(name).name == name)
        #expect(throws: RecipeError("unknown recipe '\(name)x', did you mean \(name)?")) {
            try Recipe.named(name + "x")
        }
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
