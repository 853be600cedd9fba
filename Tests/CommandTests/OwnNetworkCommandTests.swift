import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

/// What `evaluate` and `predict` make of a network of somebody's own program: no recipe, any data.
@Suite("The commands evaluate and predict, networks of one's own", .timeLimit(.minutes(1)))
struct OwnNetworkCommandTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: "\(directory.path)/\(name)") }

    private func run(_ command: String, _ words: String...) async throws -> CommandProcess {
        try await CommandProcess.run(words, of: command, in: directory)
    }

    private func object(_ line: String?) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data((line ?? "").utf8)) as? [String: Any])
    }

    @discardableResult
    private func write(_ lines: [String], to name: String) throws -> URL {
        try directory.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: name)
        return url(name)
    }

    private func train(_ graph: Graph, _ data: any Dataset, epochs: Int = 30) throws -> Model {
        let trainer = try Trainer(
            graph, training: data,
            settings: TrainingSettings(epochs: epochs, batchSize: 8, learningRate: 0.02, threads: 2))
        try trainer.run()
        try trainer.model.write(to: url("model.safetensors"))
        return trainer.model
    }

    // MARK: Tables

    /// Three kinds of flowers, one for each of two lines between them.
    private func flowers(_ range: Range<Int>, _ kinds: [String]) -> [String] {
        ["length,width,kind"]
            + range.map { sample in
                var random = RandomStream(seed: 1, purpose: .shuffle, index: sample)
                let kind = sample % kinds.count
                let place = ["lily": 0.0, "rose": 2, "tulip": 4][kinds[kind], default: 9]
                return "\(place + random.uniform()),\(random.uniform()),\(kinds[kind])"
            }
    }

    private func flowerModel() throws -> Model {
        let table = try Table(contentsOf: write(flowers(0..<60, ["lily", "rose", "tulip"]), to: "train.csv"))
        let output = Node.input("row", Shape(channels: 2)).linear(16).relu().linear(3)
        return try train(try Graph(heads: [Head("kind", output, loss: .crossEntropy)]), table)
    }

    @Test(
        "A table is evaluated as the program itself would", arguments: [["lily", "rose", "tulip"], ["tulip", "rose"]])
    func table(kinds: [String]) async throws {
        let model = try flowerModel()
        let test = try write(flowers(100..<140, kinds), to: "test.csv")
        let rows = try Table(contentsOf: test)
        // Some of the classes alone are numbered differently, and yet counted by their names.
        let right = try (0..<rows.count).count { sample in
            var values: [Float] = [0, 0]
            var span = values.mutableSpan
            rows.load(sample, input: 0, into: &span)
            return try model.predict(values).label == kinds[(100 + sample) % kinds.count]
        }
        try #require(right > 35)
        let run = try await run("evaluate", "model.safetensors", "--data", "test.csv", "--json")
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.lines.count == 1 && run.errors.isEmpty)
        let found = try object(run.lines.first)
        #expect(found["metrics"] as? [String: Double] == ["kind_accuracy": Double(right) / 40])
        #expect(found["samples"] as? Int == 40 && found["data"] as? String == "test.csv")
        #expect(try found["weights_sha256"] as? String == model.parameters.digest())
        #expect((found["test_loss"] as? Double)?.isFinite == true)
        let text = try await self.run("evaluate", "model.safetensors", "--data", "test.csv")
        #expect(text.output.hasPrefix("test.csv: 40 samples, loss "), "\(text.output)")
        for word in ["kind: accuracy", "lily", "rose", "tulip", "weights SHA-256"] {
            #expect(text.output.contains(word), "\(word) is missing")
        }
    }

    @Test("Numbers of a table have errors and no classes")
    func numbers() async throws {
        let lines =
            ["x,y,sum"]
            + (0..<40).map { "\(Double($0) / 40),\(Double($0 % 7) / 7),\(Double($0) / 40 + Double($0 % 7) / 7)" }
        let table = try Table(contentsOf: write(lines, to: "sums.csv"))
        let output = Node.input("row", Shape(channels: 2)).linear(1)
        let model = try train(try Graph(heads: [Head("sum", output, loss: .meanSquaredError)]), table)
        let expected = try model.evaluate(table, threads: 1)
        let run = try await run("evaluate", "model.safetensors", "--data", "sums.csv", "--json", "--threads", "3")
        #expect(run.exitCode == 0, "\(run.errors)")
        let metrics = try #require(try object(run.lines.first)["metrics"] as? [String: Double])
        #expect(metrics.keys.sorted() == ["sum_mae", "sum_mse", "sum_r2"])
        for figure in expected.metrics { #expect(metrics[figure.name] == figure.value) }
        let text = try await self.run("evaluate", "model.safetensors", "--data", "sums.csv")
        #expect(text.output.contains("\nsum_r2 0.") && !text.output.contains("accuracy"), "\(text.output)")
    }

    // MARK: Pictures

    /// A picture of one colour with noise, as PPM.
    private func picture(_ channel: Int, _ seed: Int, height: Int = 6, width: Int = 5) -> [UInt8] {
        var random = RandomStream(seed: 2, purpose: .shuffle, index: seed)
        let pixels = (0..<height * width * 3).map { UInt8(random.integer(below: 100) + ($0 % 3 == channel ? 120 : 0)) }
        return Array("P6\n\(width) \(height)\n255\n".utf8) + pixels
    }

    private func colourModel() throws -> Model {
        for (channel, name) in ["red", "green", "blue"].enumerated() {
            for place in 0..<8 {
                try directory.write(picture(channel, 10 * place + channel), to: "colours/\(name)/\(place).ppm")
            }
        }
        let folder = try ImageFolder(url("colours"), color: .rgb, size: Extent(height: 6, width: 5))
        let output = Node.input("picture", Shape(channels: 3, height: 6, width: 5)).conv2d(4, kernel: 3).relu()
            .flatten()
            .linear(3)
        return try train(try Graph(heads: [Head("colour", output, loss: .crossEntropy)]), folder)
    }

    @Test("A folder of pictures is evaluated, and a picture of another size gets its class")
    func folder() async throws {
        let model = try colourModel()
        let run = try await run("evaluate", "model.safetensors", "--data", "colours", "--json")
        #expect(run.exitCode == 0, "\(run.errors)")
        let folder = try ImageFolder(url("colours"), color: .rgb, size: Extent(height: 6, width: 5))
        let expected = try #require(model.evaluate(folder)["colour_accuracy"])
        try #require(expected > 0.9)
        #expect(try object(run.lines.first)["metrics"] as? [String: Double] == ["colour_accuracy": expected])

        try directory.write(picture(1, 99, height: 12, width: 10), to: "leaf.ppm")
        let answer = try await self.run("predict", "model.safetensors", "leaf.ppm", "colours/red/3.ppm")
        #expect(answer.exitCode == 0, "\(answer.errors)")
        // The name, three lines of two rows each, and the head; twice.
        #expect(answer.lines.count == 2 * 5)
        #expect(answer.lines[0] == "leaf.ppm" && answer.lines[1...3].allSatisfy { $0.count == 5 })
        #expect(answer.lines[4].hasPrefix("colour: green (") && answer.lines[9].hasPrefix("colour: red ("))
        let json = try await self.run("predict", "model.safetensors", "colours/blue/0.ppm", "--json")
        let found = try object(json.lines.first)
        let classes = try #require((found["probabilities"] as? [String: [String: Double]])?["colour"])
        #expect(classes.keys.sorted() == ["blue", "green", "red"] && found["outputs"] == nil)
        #expect(classes.max { $0.value < $1.value }?.key == "blue")
        let pixels = Array(picture(2, 2).suffix(90))
        #expect(try classes["blue"] == model.predict(pixels).heads[0].probabilities[0])
    }

    @Test("Digits without a recipe: files in MNIST's format, also zipped, and pictures as they are")
    func digits() async throws {
        try directory.writeDigits()
        let images = try LabeledImages(
            images: directory.path + "/digits/t10k-images-idx3-ubyte",
            labels: directory.path + "/digits/t10k-labels-idx1-ubyte")
        let output = Node.input("image", Shape(channels: 1, height: 28, width: 28)).flatten().linear(10)
        let model = try train(try Graph(heads: [Head("digit", output, loss: .crossEntropy)]), images, epochs: 5)
        let run = try await run("evaluate", "model.safetensors", "--data", "digits")
        #expect(run.exitCode == 0, "\(run.errors)")
        let evaluation = try model.evaluate(images)
        #expect(run.output.hasPrefix("t10k-images-idx3-ubyte: 20 samples, loss "), "\(run.output)")
        try #require(evaluation["digit_accuracy"] == 1)
        #expect(run.output.contains("\ndigit_accuracy 1.0000\n"))
        let picture = try GrayImage(
            height: 28, width: 28, pixels: Array(images.pixels[7 * 784..<8 * 784]), name: "seven")
        try Data(PNG.encode(picture)).write(to: url("seven.png"))
        let answer = try await self.run("predict", "model.safetensors", "seven.png")
        #expect(answer.lines.last?.hasPrefix("digit: 7 (") == true, "\(answer.output)")
    }

    @Test("A head of numbers is printed as numbers")
    func outputs() async throws {
        let graph = try Graph(heads: [
            Head("mean", .input("picture", Shape(channels: 1, height: 2, width: 2)).flatten().linear(1), loss: .huber())
        ])
        let parameters = try Parameters<Float>(graph, seed: 1)
        try parameters.set("linear1.weight", to: [0.25, 0.25, 0.25, 0.25])
        try parameters.set("linear1.bias", to: [0])
        try Model(graph, parameters, classes: [[]]).write(to: url("model.safetensors"))
        try directory.write(Array("P5\n2 2\n255\n".utf8) + [255, 255, 0, 0], to: "half.pgm")
        let text = try await run("predict", "model.safetensors", "half.pgm")
        #expect(text.lines.last == "mean: 0.5", "\(text.output)")
        let json = try object(try await run("predict", "model.safetensors", "half.pgm", "--json").lines.first)
        #expect(json["outputs"] as? [String: [Double]] == ["mean": [0.5]])
    }

    // MARK: Mistakes

    private static let tableCases: [(line: String, code: Int32, message: String)] = [
        ("evaluate model.safetensors", 64, "found no --data for a network of no recipe"),
        (
            "evaluate model.safetensors --data good.csv --report r.html", 64,
            "--report: only for the network of a recipe"
        ),
        ("evaluate model.safetensors --data nowhere.csv", 66, "nowhere.csv: no such file or directory"),
        (
            "evaluate model.safetensors --data wide.csv", 65,
            "found 3 columns beside the target, expected those of shape 2"
        ),
        (
            "evaluate model.safetensors --data strange.csv", 65,
            "strange.csv: found the class 'daisy', expected one of lily, rose, tulip"
        ),
        (
            "evaluate model.safetensors --data text.csv", 65,
            "text.csv: line 2, column width: found \"x\", expected a number"
        ),
        ("evaluate model.safetensors --data empty.csv", 65, "empty.csv: "),
        ("evaluate model.safetensors --data pictures", 65, "expected a table: the network's input of 2 is no picture"),
        ("evaluate model.safetensors --data huge.csv", 70, "the loss of the test data is not finite"),
        ("evaluate model.safetensors --recipe mlp", 65, "tensor fc1.weight: "),
        ("evaluate half.safetensors --data good.csv", 65, "half.safetensors: "),
        ("evaluate lie.safetensors --data good.csv", 65, "lie.safetensors: node relu1: found a layer of type Rely"),
        ("predict model.safetensors pictures/a/1.pgm", 65, "1.pgm: found a picture, expected 2 numbers"),
        ("predict model.safetensors --as-is pictures/a/1.pgm", 64, "--as-is: only for the network of a recipe"),
    ]

    @Test("Mistakes with a network for tables", arguments: tableCases.indices)
    func tableMistakes(index: Int) async throws {
        let (line, code, message) = Self.tableCases[index]
        let model = try flowerModel()
        try write(flowers(0..<9, ["lily", "rose"]), to: "good.csv")
        try write(["a,b,c,kind", "1,2,3,lily"], to: "wide.csv")
        try write(["length,width,kind", "1,2,daisy"], to: "strange.csv")
        try write(["length,width,kind", "1,x,lily"], to: "text.csv")
        try write(["length,width,kind"], to: "empty.csv")
        try write(["length,width,kind", "3e38,-3e38,lily", "-3e38,3e38,rose"], to: "huge.csv")
        try directory.write(Array("P5\n1 1\n255\n".utf8) + [1], to: "pictures/a/1.pgm")
        var file = try model.file()
        let bytes = try file.encoded()
        try directory.write(Array(bytes.prefix(bytes.count - 9)), to: "half.safetensors")
        file.metadata["lanes.model"]?.replace("\"ReLU\"", with: "\"Rely\"")
        try file.write(to: url("lie.safetensors"))
        try await expectMistake(line, code, message)
    }

    private static let pictureCases: [(line: String, code: Int32, message: String)] = [
        (
            "evaluate model.safetensors --data digits", 65,
            "t10k-labels-idx1-ubyte: found label 3 for image 3, expected 0…2"
        ),
        ("evaluate model.safetensors --data small", 65, "found samples of 1, expected 3×6×5, the network's inputs"),
        (
            "evaluate model.safetensors --data fruit", 65,
            "fruit: found the class 'pear', expected one of blue, green, red"
        ),
        ("evaluate model.safetensors --data broken", 65, "red/0.ppm: "),
        ("evaluate model.safetensors --data flat", 65, "found a file, expected a folder of pictures for each class"),
        ("evaluate model.safetensors --data table.csv", 65, "expected those of shape 3×6×5"),
        ("predict model.safetensors nothing.ppm", 66, "nothing.ppm: "),
        ("predict model.safetensors fruit", 74, "fruit: "),
        ("predict model.safetensors broken/red/0.ppm", 65, "0.ppm: "),
        ("predict model.safetensors table.csv", 65, "table.csv: "),
    ]

    @Test("Mistakes with a network for pictures", arguments: pictureCases.indices)
    func pictureMistakes(index: Int) async throws {
        let (line, code, message) = Self.pictureCases[index]
        _ = try colourModel()
        try directory.writeDigits()
        try directory.write(picture(0, 1), to: "fruit/pear/0.ppm")
        try directory.write(Array(picture(0, 1).dropLast(20)), to: "broken/red/0.ppm")
        try directory.write(picture(0, 1), to: "flat/0.ppm")
        try write(["a,kind", "1,red"], to: "table.csv")
        try directory.write(idx(magic: 2051, dimensions: [1, 1, 1], elements: [9]), to: "small/t10k-images-idx3-ubyte")
        try directory.write(idx(magic: 2049, dimensions: [1], elements: [2]), to: "small/t10k-labels-idx1-ubyte")
        try await expectMistake(line, code, message)
    }

    private func expectMistake(_ line: String, _ code: Int32, _ message: String) async throws {
        var words = line.split(separator: " ").map(String.init)
        let command = words.removeFirst()
        let run = try await CommandProcess.run(words, of: command, in: directory)
        #expect(run.exitCode == code, "\(run.errors)")
        #expect(run.errors.hasPrefix("\(command): ") && run.errors.contains(message), "\(run.errors)")
        #expect(run.errors.count { $0 == "\n" } == 1)
        #expect(run.output.isEmpty)
    }
}
