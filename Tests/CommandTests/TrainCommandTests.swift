import Foundation
import TestSupport
import Testing

@Suite("The command train", .timeLimit(.minutes(1)))
struct TrainCommandTests {
    let directory: TemporaryDirectory
    let short = ["mlp", "--data", "digits", "--epochs", "2", "--threads", "2"]

    init() throws { directory = try TemporaryDirectory() }

    private static let cases: [(words: [String], message: String)] = [
        (["--epoch", "1"], "unknown option --epoch, did you mean --epochs?"),
        (["augmentd"], "unknown recipe 'augmentd', did you mean augmented?"),
        (["rotatoin"], "unknown recipe 'rotatoin', did you mean rotation?"),
        (
            ["lenet"],
            "unknown recipe 'lenet', expected one of augmented, rotation, compact, merged, mlp, threehead, "
                + "threehead-improved, best, sprint, tiny"
        ),
        (["--epochs", "0"], "--epochs: found '0', expected a whole number of 1 to 1000000"),
        (
            ["--seed", "9223372036854775808"],
            "--seed: found '9223372036854775808', expected a whole number of 0 to 9223372036854775807"
        ),
        (["--train-limit", "x"], "--train-limit: found 'x', expected a whole number of 1 or more"),
        (["--batch-size", "60001"], "--batch-size: found '60001', expected a whole number of 1 to 60000"),
        (["--threads", "1025"], "--threads: found '1025', expected a whole number of 1 to 1024"),
        (["--learning-rate", "fast"], "--learning-rate: found 'fast', expected a number above 0"),
        (["mlp", "mlp"], "unexpected argument 'mlp'"),
        (
            ["mlp", "--batch-norm"],
            "--batch-norm: recipe mlp has no such switch, only threehead and threehead-improved have"
        ),
        (
            ["--loss-weights", "2,1,1"],
            "--loss-weights: recipe augmented has no such switch, only threehead and threehead-improved have"
        ),
        (["threehead", "--dropout", "1.5"], "--dropout: found '1.5', expected a number of 0 to below 1"),
        (
            ["--list", "--json"],
            "--json: only for a training, not with --list, --plan, --statistics or --show-samples"
        ),
    ]

    @Test("Mistakes on the command line end with 64 and say what was meant", arguments: cases.indices)
    func usage(index: Int) async throws {
        let (words, message) = Self.cases[index]
        let run = try await CommandProcess.run(words, in: directory)
        #expect(run.exitCode == 64)
        #expect(run.errors == "train: \(message)\n")
        #expect(run.output.isEmpty)
    }

    @Test("A folder that is not there ends with 66")
    func missingFolder() async throws {
        let run = try await CommandProcess.run(["--data", "nowhere"], in: directory)
        #expect(run.exitCode == 66)
        #expect(run.errors.hasPrefix("train: nowhere: no such directory"), "\(run.errors)")
    }

    @Test("A corrupt file ends with 65, is named, and leaves an earlier run's results alone")
    func corruptFile() async throws {
        try directory.writeDigits()
        try directory.write([0, 0, 8, 3, 0, 0], to: "digits/t10k-images-idx3-ubyte")
        let metrics = try directory.write(Array("{}\n".utf8), to: "run/metrics.jsonl")
        let run = try await CommandProcess.run(short + ["--output", "run"], in: directory)
        #expect(run.exitCode == 65)
        #expect(run.errors.hasPrefix("train: t10k-images-idx3-ubyte: "), "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(try String(contentsOfFile: metrics, encoding: .utf8) == "{}\n")
    }

    @Test("Data without a digit of the recipe ends with 65")
    func noDigits() async throws {
        // The first image shows a 0.
        try directory.writeDigits()
        let run = try await CommandProcess.run(
            ["rotation", "--data", "digits", "--train-limit", "1"], in: directory)
        #expect(run.exitCode == 65)
        let problem = "found none of the digits 1, 2, 3, 4, 5, 7 among 1 images, expected at least one"
        #expect(run.errors == "train: train-images-idx3-ubyte: \(problem)\n")
        #expect(run.output.isEmpty)
        // Of one image none is left to be held out.
        let other = try await CommandProcess.run(["compact", "--data", "digits", "--train-limit", "1"], in: directory)
        #expect(other.exitCode == 65)
        #expect(other.errors.hasSuffix("found 1 training image, expected at least 2: some are held out\n"))
    }

    @Test("An output folder below a file ends with 74 before anything is trained")
    func outputBelowFile() async throws {
        try directory.writeDigits()
        try directory.write([], to: "file")
        let run = try await CommandProcess.run(short + ["--output", "file/run"], in: directory)
        #expect(run.exitCode == 74)
        #expect(run.errors.hasSuffix("/file: cannot make the folder: File exists\n"), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("Weights that the last step took beyond all numbers end with 70, and no result is printed")
    func runaway() async throws {
        try directory.writeDigits()
        let run = try await CommandProcess.run(
            ["mlp", "--data", "digits", "--epochs", "1", "--learning-rate", "1e18", "--json"], in: directory)
        #expect(run.exitCode == 70)
        #expect(run.errors.contains("the loss of the test samples is not finite"), "\(run.errors)")
        #expect(run.output.isEmpty)
        let folders = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/runs")
        let report = "\(directory.path)/runs/\(try #require(folders.first))/report.html"
        #expect(try String(contentsOfFile: report, encoding: .utf8).contains("The training ran away: the loss of"))
    }

    @Test("JSON is all that standard output holds, with the documented keys; the folder gets the same lines")
    func json() async throws {
        try directory.writeDigits()
        let run = try await CommandProcess.run(short + ["--json", "--output", "run"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        let objects = try run.lines.map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        #expect(objects.map { $0["event"] as? String } == ["epoch", "epoch", "done"])
        let keys = ["epoch", "seconds", "train_loss", "test_loss", "test_images"]
        for (index, epoch) in objects.dropLast().enumerated() {
            for key in keys { #expect(epoch[key] is NSNumber, "\(key)") }
            #expect((epoch["epoch"] as? NSNumber)?.intValue == index + 1)
            // Nothing is held out, and the test images' figures go under their own name alone.
            #expect(epoch["validation_loss"] == nil && epoch["validation_metrics"] == nil)
            #expect(epoch["test_metrics"] as? [String: Double] == epoch["metrics"] as? [String: Double])
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
        #expect(done["output"] as? String == "run")
        #expect(run.errors == "data in MNIST's format from digits: not the original MNIST\n")

        let metrics = try String(contentsOfFile: directory.path + "/run/metrics.jsonl", encoding: .utf8)
        let written = metrics.split(separator: "\n").map(String.init)
        #expect(written.dropLast() == run.lines.dropLast())
        // But for the memory that was needed to write them.
        let isOther = #/"peak_memory_bytes":\d+/#
        #expect(written.last?.replacing(isOther, with: "") == run.lines.last?.replacing(isOther, with: ""))
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/run").sorted()
        #expect(
            files == [
                "best.safetensors", "checkpoint.safetensors", "config.json", "draw.html", "last.safetensors",
                "metrics.jsonl", "report.html", "steps.jsonl",
            ])
    }

    @Test("A pipe gets one plain line an epoch, and the same digest for other numbers of threads")
    func plainLines() async throws {
        try directory.writeDigits()
        var digests: Set<String> = []
        for threads in ["1", "3"] {
            let run = try await CommandProcess.run(
                ["mlp", "--data", "digits", "--epochs", "2", "--threads", threads, "--train-limit", "33"],
                in: directory)
            #expect(run.exitCode == 0, "\(run.errors)")
            #expect(run.errors.isEmpty)
            #expect(!run.output.contains("\u{1B}") && !run.output.contains("\r"))
            let epochs = run.lines.filter { $0.hasPrefix("epoch ") }
            #expect(epochs.map { $0.prefix(9) } == ["epoch 1/2", "epoch 2/2"])
            #expect(run.output.contains("33 training, 20 test images, batch 64"), "\(run.output)")
            digests.insert(try #require(run.lines.last { $0.hasPrefix("weights SHA-256 ") }))
            let report = try #require(run.lines.last)
            #expect(report.hasPrefix("report runs/mlp-") && report.hasSuffix("/report.html"))
            #expect(FileManager.default.fileExists(atPath: directory.path + "/" + report.dropFirst("report ".count)))
        }
        #expect(digests.count == 1)
    }

    @Test("Parameters, held-out images and the figures of each task are printed")
    func figures() async throws {
        try directory.writeDigits()
        let run = try await CommandProcess.run(
            ["merged", "--data", "digits", "--epochs", "1", "--output", "run"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        for text in [
            "4880 parameters, all trainable", "36 training, 4 validation, 20 test images, batch 16", "training loss ",
            "validation loss ", "validation group ", "test loss ", "test group ",
            "group: accuracy ", "95 % interval", "published: group accuracy 99.18 %", "0 6", "4 9",
        ] {
            #expect(run.output.contains(text), "\(text) is missing")
        }
    }

    @Test("Mean and deviation of the training images")
    func statistics() async throws {
        try directory.writeDigits()
        let run = try await CommandProcess.run(["--data", "digits", "--statistics"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        // Two of 28 columns are white: 1/14, and √(1/14 − 1/196).
        #expect(run.output.hasSuffix("\nmean 0.0714  deviation 0.2575  (pixels in 0…1)\n"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["digits"])
    }

    @Test("The samples' sheet is written where it is wanted, and nothing else")
    func samples() async throws {
        try directory.writeDigits()
        let run = try await CommandProcess.run(["--data", "digits", "--show-samples", "sheet.svg"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.hasSuffix("\nsheet.svg\n") && run.errors.isEmpty)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(files == ["digits", "sheet.svg"])
    }

    @Test("A sheet that cannot be written ends with 74", arguments: ["nowhere/sheet.svg", "digits"])
    func samplesThatCannotBeWritten(path: String) async throws {
        try directory.writeDigits()
        let run = try await CommandProcess.run(["--data", "digits", "--show-samples", path], in: directory)
        #expect(run.exitCode == 74)
        #expect(run.errors.hasPrefix("train: ") && run.errors.contains("/\(path): cannot "), "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["digits"])
    }

    @Test("A switch is trained with and remembered")
    func switches() async throws {
        try directory.writeDigits()
        let words = ["--data", "digits", "--epochs", "1", "--train-limit", "10", "--output", "run"]
        let run = try await CommandProcess.run(["threehead", "--global-average-pool"] + words, in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        let settings = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: directory.path + "/run/config.json")))
        let switches = try #require((settings as? [String: Any])?["switches"] as? [String: String])
        #expect(switches["global-average-pool"] == "true" && switches["batch-norm"] == "false")
        let differences =
            "global-average-pool true, 1 epoch instead of 10, other images than MNIST's, "
            + "the first 10 training images alone"
        #expect(run.lines.contains("this run is not the published experiment: \(differences)"), "\(run.output)")
        let weights = URL(fileURLWithPath: directory.path + "/run/last.safetensors")
        let file = try String(decoding: Data(contentsOf: weights), as: UTF8.self)
        #expect(file.contains(#""global-average-pool":"true""#) && file.contains(#""fc1.weight":{"#))
        #expect(file.contains(#""differences":"\#(differences)""#))
    }

    @Test("Without MNIST digits are drawn, and one line says so and names --download")
    func drawnDigits() async throws {
        let run = try await CommandProcess.run(["mlp", "--train-limit", "64", "--epochs", "1"], in: directory)
        #expect(run.exitCode == 0, "\(run.errors)")
        let origin = run.lines.filter { $0.contains("--download") }
        #expect(origin.count == 1 && run.lines.first == origin.first)
        #expect(run.lines.first?.contains("digits drawn by Lanes itself") == true)
    }

    @Test(
        "What only informs trains nothing and needs no data",
        arguments: [
            (
                ["--list"],
                [
                    "augmented: ", "published: digit accuracy 98.93 %", "rotation: ", "digit accuracy 98.86 %",
                    "rotation accuracy 99.59 %", "digit macro f1 98.85 %", "compact: ", "digit accuracy 98.96 %",
                    "merged: ", "group accuracy 99.18 %", "mlp: ", "published: no figures", "threehead: ",
                    "digit accuracy 99.24 %, parity accuracy 99.56 %, threshold accuracy 99.46 %",
                    "threehead-improved: ",
                    "digit accuracy 99.23 %, parity accuracy 99.50 %, threshold accuracy 99.46 %", "best: ",
                ]
            ),
            (["--plan"], ["conv1", "421,642 trainable parameters"]),
            (["mlp", "--plan", "--batch-size", "7"], ["fc3", "batches of 7 samples"]),
            (["--help"], ["Usage: train [RECIPE] [options]", "--download"]),
        ])
    func information(words: [String], found: [String]) async throws {
        let run = try await CommandProcess.run(words, in: directory)
        #expect(run.exitCode == 0)
        #expect(run.errors.isEmpty)
        let output = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for text in found {
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(output.contains(words), "\(text) is missing")
        }
        #expect(!run.output.contains("epoch 1/"))
        if words == ["--list"] { #expect(run.lines.allSatisfy { $0.count <= 80 }) }
    }
}
