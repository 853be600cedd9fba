import Foundation
import TestSupport
import Testing

@Suite("The command train", .timeLimit(.minutes(1)))
struct TrainCommandTests {
    let directory: TemporaryDirectory
    let short = ["mlp", "--data", "digits", "--epochs", "2", "--threads", "2"]

    init() throws { directory = try TemporaryDirectory() }

    @Test(
        "Mistakes on the command line end with 64 and say what was meant",
        arguments: [
            (["--epoch", "1"], "unknown option --epoch, did you mean --epochs?"),
            (["augmentd"], "unknown recipe 'augmentd', did you mean augmented?"),
            (["rotatoin"], "unknown recipe 'rotatoin', did you mean rotation?"),
            (
                ["lenet"],
                "unknown recipe 'lenet', expected one of augmented, rotation, compact, merged, mlp, threehead, "
                    + "threehead-improved, best"
            ),
            (["--epochs", "0"], "--epochs: found '0', expected a whole number of 1 or more"),
            (["--batch-size", "60001"], "--batch-size: found '60001', expected a whole number of 1 to 60000"),
            (["--threads", "1025"], "--threads: found '1025', expected a whole number of 1 to 1024"),
            (["--learning-rate", "fast"], "--learning-rate: found 'fast', expected a number above 0"),
            (["mlp", "mlp"], "unexpected argument 'mlp'"),
        ])
    func usage(words: [String], message: String) async throws {
        let run = try await TrainProcess.run(words, in: directory)
        #expect(run.exitCode == 64)
        #expect(run.errors == "train: \(message)\n")
        #expect(run.output.isEmpty)
    }

    @Test("A folder that is not there ends with 66")
    func missingFolder() async throws {
        let run = try await TrainProcess.run(["--data", "nowhere"], in: directory)
        #expect(run.exitCode == 66)
        #expect(run.errors.hasPrefix("train: nowhere: no such directory"), "\(run.errors)")
    }

    @Test("A corrupt file ends with 65, is named, and leaves an earlier run's results alone")
    func corruptFile() async throws {
        try directory.writeDigits()
        try directory.write([0, 0, 8, 3, 0, 0], to: "digits/t10k-images-idx3-ubyte")
        let metrics = try directory.write(Array("{}\n".utf8), to: "run/metrics.jsonl")
        let run = try await TrainProcess.run(short + ["--output", "run"], in: directory)
        #expect(run.exitCode == 65)
        #expect(run.errors.hasPrefix("train: t10k-images-idx3-ubyte: "), "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(try String(contentsOfFile: metrics, encoding: .utf8) == "{}\n")
    }

    @Test("An output folder below a file ends with 74 before anything is trained")
    func outputBelowFile() async throws {
        try directory.writeDigits()
        try directory.write([], to: "file")
        let run = try await TrainProcess.run(short + ["--output", "file/run"], in: directory)
        #expect(run.exitCode == 74)
        #expect(run.errors.hasSuffix("/file: cannot make the folder: File exists\n"), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("Weights that the last step took beyond all numbers end with 70, and no result is printed")
    func runaway() async throws {
        try directory.writeDigits()
        let run = try await TrainProcess.run(
            ["mlp", "--data", "digits", "--epochs", "1", "--learning-rate", "1e18", "--json"], in: directory)
        #expect(run.exitCode == 70)
        #expect(run.errors.contains("the loss of the test images is not finite"), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("JSON is all that standard output holds, with the documented keys; the folder gets the same lines")
    func json() async throws {
        try directory.writeDigits()
        let run = try await TrainProcess.run(short + ["--json", "--output", "run"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        let objects = try run.lines.map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        #expect(objects.map { $0["event"] as? String } == ["epoch", "epoch", "done"])
        let keys = ["epoch", "seconds", "train_loss", "validation_loss"]
        for (index, epoch) in objects.dropLast().enumerated() {
            for key in keys { #expect(epoch[key] is NSNumber, "\(key)") }
            #expect((epoch["epoch"] as? NSNumber)?.intValue == index + 1)
        }
        for object in objects {
            let metrics = try #require(object["metrics"] as? [String: Any])
            let accuracy = try #require(metrics["digit_accuracy"] as? NSNumber)
            #expect((0...1).contains(accuracy.doubleValue))
        }
        let done = try #require(objects.last)
        let digest = try #require(done["weights_sha256"] as? String)
        #expect(digest.count == 64 && digest.allSatisfy(\.isHexDigit))
        #expect(try #require(done["peak_memory_bytes"] as? NSNumber).intValue > 0)
        #expect(run.errors == "data in MNIST's format from digits: not the original MNIST\n")

        let metrics = try String(contentsOfFile: directory.path + "/run/metrics.jsonl", encoding: .utf8)
        let written = metrics.split(separator: "\n").map(String.init)
        #expect(written.dropLast() == run.lines.dropLast())
        // But for the memory that was needed to write them.
        let isOther = #/"peak_memory_bytes":\d+/#
        #expect(written.last?.replacing(isOther, with: "") == run.lines.last?.replacing(isOther, with: ""))
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/run").sorted()
        #expect(files == ["best.safetensors", "config.json", "last.safetensors", "metrics.jsonl", "report.html"])
    }

    @Test("A pipe gets one plain line an epoch, and the same digest for other numbers of threads")
    func plainLines() async throws {
        try directory.writeDigits()
        var digests: Set<String> = []
        for threads in ["1", "3"] {
            let run = try await TrainProcess.run(
                ["mlp", "--data", "digits", "--epochs", "2", "--threads", threads, "--train-limit", "33"],
                in: directory)
            #expect(run.exitCode == 0, "\(run.errors)")
            #expect(run.errors.isEmpty)
            #expect(!run.output.contains("\u{1B}") && !run.output.contains("\r"))
            let epochs = run.lines.filter { $0.hasPrefix("epoch ") }
            #expect(epochs.map { $0.prefix(9) } == ["epoch 1/2", "epoch 2/2"])
            #expect(run.output.contains("33 training, 20 test images, batch 64"), "\(run.output)")
            digests.insert(try #require(run.lines.last { $0.hasPrefix("weights SHA-256 ") }))
        }
        #expect(digests.count == 1)
    }

    @Test("Without MNIST digits are drawn, and one line says so and names --download")
    func drawnDigits() async throws {
        let run = try await TrainProcess.run(["mlp", "--train-limit", "64", "--epochs", "1"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        let origin = run.lines.filter { $0.contains("--download") }
        #expect(origin.count == 1 && run.lines.first == origin.first)
        #expect(run.lines.first?.contains("digits drawn by Lanes itself") == true)
    }

    @Test(
        "What only informs trains nothing and needs no data",
        arguments: [
            (["--list"], ["augmented: ", "mlp: ", "published: digit accuracy 98.93 %"]),
            (["--plan"], ["conv1", "421,642 trainable parameters"]),
            (["mlp", "--plan", "--batch-size", "7"], ["fc3", "batches of 7 samples"]),
            (["--help"], ["Usage: train [RECIPE] [options]", "--download"]),
        ])
    func information(words: [String], found: [String]) async throws {
        let run = try await TrainProcess.run(words, in: directory)
        #expect(run.exitCode == 0)
        #expect(run.errors.isEmpty)
        for text in found { #expect(run.output.contains(text), "\(text) is missing") }
        #expect(!run.output.contains("epoch 1/"))
    }
}
