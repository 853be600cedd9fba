import Foundation
import LanesKernels
import TestSupport
import Testing

@Suite("Nothing of a training is lost", .timeLimit(.minutes(2)))
struct ResumeCommandTests: Sendable {
    let directory: TemporaryDirectory
    /// Some seconds of training, with a checkpoint after every step.
    let options = [
        "compact", "--data", "digits", "--epochs", "20", "--batch-size", "8", "--checkpoint-every", "0.0001",
    ]

    init() throws {
        directory = try TemporaryDirectory()
        try directory.writeDigits()
    }

    private func run(
        _ words: [String], started: @escaping @Sendable (Process) throws -> Void = { _ in }
    ) async throws -> CommandProcess {
        try await CommandProcess.run(words, in: directory, started: started)
    }

    private func path(_ name: String) -> String { directory.path + "/" + name }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
    }

    private func lines(_ file: String) -> [String] {
        let text = (try? String(contentsOfFile: path(file), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// What a run left, times and memory aside.
    private func outcome(_ folder: String) throws -> [String] {
        let changing = #/"(seconds|peak_memory_bytes)":[0-9.e-]+|"output":"[^"]*"/#
        return lines("\(folder)/metrics.jsonl").map { $0.replacing(changing, with: "") }
    }

    private func waitForEpochs(_ count: Int, in folder: String, while process: Process) {
        while process.isRunning, lines("\(folder)/metrics.jsonl").count < count { usleep(2000) }
    }

    /// Files of a run that was ended.
    private let seven = [
        "best.safetensors", "checkpoint.safetensors", "config.json", "last.safetensors", "metrics.jsonl", "report.html",
        "steps.jsonl",
    ]

    /// Those of one that came to its end.
    private var eight: [String] { (seven + ["draw.html"]).sorted() }

    @Test(
        "A run that is ended by a signal says how it goes on, and ends as if nothing had been", arguments: [1, 2, 15])
    func signals(signal: Int32) async throws {
        let whole = try await run(options + ["--output", "whole"])
        #expect(whole.exitCode == 0, "\(whole.errors)")
        let ended = try await run(options + ["--output", "ended"]) { process in
            waitForEpochs(2, in: "ended", while: process)
            kill(process.processIdentifier, signal)
        }
        #expect(ended.exitCode == 128 + signal)
        let name = [1: "SIGHUP", 2: "SIGINT", 15: "SIGTERM"][signal]
        let message =
            #/train: ended by (SIGINT|SIGTERM|SIGHUP) in epoch \d+ of 20; it goes on with: swift run train --resume ended\n/#
        let match = try #require(ended.errors.wholeMatch(of: message), "\(ended.errors)")
        #expect(String(match.1) == name)
        #expect(try files("ended") == seven)
        #expect(try String(contentsOfFile: path("ended/report.html"), encoding: .utf8).contains("ended by \(match.1)"))
        let resumed = try await run(["--resume", "ended", "--threads", "1"])
        #expect(resumed.exitCode == 0, "\(resumed.errors)")
        #expect(try outcome("ended") == outcome("whole"))
        #expect(try files("ended") == eight)
        // Of the weights, of the epoch table and of everything else but times, dates and threads.
        let command = try #require(lines("ended/config.json").first { $0.contains("command") })
        #expect(command.contains("--output ended") && !command.contains("--resume"))
        #expect(try String(contentsOfFile: path("ended/report.html"), encoding: .utf8).contains("ended by") == false)
        // Once more: nothing is left to train.
        let again = try await run(["--resume", "ended"])
        #expect(again.exitCode == 0 && again.lines.filter { $0.hasPrefix("epoch ") }.isEmpty)
        #expect(again.lines.filter { $0.hasPrefix("weights") } == whole.lines.filter { $0.hasPrefix("weights") })
        #expect(try outcome("ended") == outcome("whole"))
    }

    @Test("A run that is killed again and again ends as if nothing had been")
    func killed() async throws {
        let whole = try await run(options + ["--output", "whole"])
        #expect(whole.exitCode == 0)
        var random = RandomStream(seed: 9, purpose: .syntheticDigits)
        var words = options + ["--output", "killed"]
        var ends: Set<Int32> = []
        for round in 0..<12 {
            let delay = UInt32(random.integer(below: 30_000))
            let ended = try await run(round == 11 ? ["--resume", "killed"] : words) { process in
                guard round < 11 else { return }
                let before = lines("killed/metrics.jsonl").count
                waitForEpochs(before + (round % 3 == 0 ? 1 : 2), in: "killed", while: process)
                usleep(delay)
                kill(process.processIdentifier, SIGKILL)
            }
            ends.insert(ended.exitCode)
            words = ["--resume", "killed"]
            // The weights of every epoch that is told of are there.
            let epochs = lines("killed/metrics.jsonl").count
            #expect(try epochs == 0 || files("killed").contains("last.safetensors"))
        }
        #expect(ends.contains(-SIGKILL) && ends.isSubset(of: [-SIGKILL, 0]))
        #expect(try outcome("killed") == outcome("whole"))
        #expect(try files("killed") == eight)
    }

    @Test("What a killed run left half-written is removed by the next one")
    func temporaries() async throws {
        try directory.write([1, 2, 3], to: "run/.lanes-\(UUID().uuidString).tmp")
        try directory.write([1, 2, 3], to: "run/.mine.tmp")
        let ended = try await run(["mlp", "--data", "digits", "--epochs", "1", "--output", "run"])
        #expect(ended.exitCode == 0)
        #expect(try files("run") == [".mine.tmp"] + eight)
    }

    @Test("A reader that goes away, a closed output and a full one lose nothing")
    func output() async throws {
        let command = "$train mlp --data digits --epochs 3"
        let cases = [
            ("gone", "| head -1; exit 0", 0), ("closed", ">&-", 0), ("full", "> /dev/full", 74),
            ("silent", ">&- 2>&- <&-", 0),
        ]
        for (name, redirection, code) in cases {
            let ended = try await CommandProcess.shell("\(command) --output \(name) \(redirection)", in: directory)
            #expect(ended.exitCode == Int32(code), "\(name): \(ended.errors)")
            if name == "full" {
                #expect(ended.errors.hasSuffix("train: standard output: No space left on device\n"), "\(ended.errors)")
            }
            // The reader's end does not wait for the training's.
            for _ in 0..<500 where try lines("\(name)/metrics.jsonl").count < 4 || files(name) != eight {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try files(name) == eight, "\(name)")
            #expect(try outcome(name) == outcome("gone"), "\(name)")
        }
    }

    @Test("A second run into a folder where one is at work is refused, and does no harm")
    func locked() async throws {
        let path = directory.path
        let first = try await run(options + ["--output", "run"]) { process in
            waitForEpochs(1, in: "run", while: process)
            for words in [["mlp", "--data", "digits", "--output", "run"], ["--resume", "run"]] {
                let second = try CommandProcess.run(words, in: path)
                #expect(second.exitCode == 74)
                #expect(
                    second.errors.hasSuffix("train: run: another run is at work in this folder\n"), "\(second.errors)")
            }
        }
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(lines("run/config.json").contains { $0.contains("\"recipe\" : \"compact\"") })
        #expect(try files("run") == eight)
    }

    @Test("A rerun that fails leaves the earlier run's files as they are")
    func failingRerun() async throws {
        let short = ["mlp", "--data", "digits", "--epochs", "1", "--output", "run"]
        #expect(try await run(short).exitCode == 0)
        let results = eight.filter { $0 != "checkpoint.safetensors" }
        func contents() throws -> [Data] {
            try results.map { try Data(contentsOf: URL(fileURLWithPath: path("run/\($0)"))) }
        }
        let before = try contents()
        let failed = try await run(short + ["--learning-rate", "1e30"])
        #expect(failed.exitCode == 70)
        #expect(try contents() == before)
        // A run that succeeds replaces them all.
        #expect(try await run(short + ["--seed", "2"]).exitCode == 0)
        for (name, old) in zip(results, before) {
            #expect(try Data(contentsOf: URL(fileURLWithPath: path("run/\(name)"))) != old, "\(name)")
        }
    }

    @Test("A new run in the folder of one that was not ended leaves it until its own first epoch has ended")
    func unfinished() async throws {
        let ended = try await run(options + ["--output", "run"]) { process in
            waitForEpochs(2, in: "run", while: process)
            kill(process.processIdentifier, SIGINT)
        }
        #expect(ended.exitCode == 130)
        let before = try Data(contentsOf: URL(fileURLWithPath: path("run/checkpoint.safetensors")))
        let failed = try await run(["mlp", "--data", "digits", "--learning-rate", "1e30", "--output", "run"])
        #expect(failed.exitCode == 70)
        #expect(failed.errors.contains("run holds a run that was ended after "), "\(failed.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path("run/checkpoint.safetensors"))) == before)
        #expect(try await run(["--resume", "run"]).exitCode == 0)
    }

    @Test("What is not as the run has it is refused by name")
    func otherOptions() async throws {
        let ended = try await run(options + ["--output", "run"]) { process in
            waitForEpochs(1, in: "run", while: process)
            kill(process.processIdentifier, SIGKILL)
        }
        #expect(ended.exitCode == -SIGKILL)
        let cases = [
            ("mlp", "RECIPE: found mlp, expected compact"), ("--epochs 3", "--epochs: found 3, expected 20"),
            ("--batch-size 9", "--batch-size: found 9, expected 8"), ("--seed 2", "--seed: found 2, expected 1"),
            ("--learning-rate 1", "--learning-rate: found 1.0, expected 0.002"),
            ("--train-limit 5", "--train-limit: found 5, expected none"),
            ("--no-augmentation", "--no-augmentation: found true, expected false"),
            ("--dropout 0.5", "--dropout: found 0.5, expected none"),
        ]
        for (words, message) in cases {
            let refused = try await run(["--resume", "run"] + words.split(separator: " ").map(String.init))
            #expect(refused.exitCode == 64)
            #expect(refused.errors == "train: \(message), as the run in run has it\n")
        }
    }

    @Test("Other data, no run, a broken checkpoint are refused")
    func otherData() async throws {
        let ended = try await run(options + ["--output", "run"]) { process in
            waitForEpochs(1, in: "run", while: process)
            kill(process.processIdentifier, SIGKILL)
        }
        #expect(ended.exitCode == -SIGKILL)
        let images = "digits/train-images-idx3-ubyte"
        var content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(images))))
        content[5000] ^= 1
        try directory.write(content, to: images)
        let other = try await run(["--resume", "run"])
        #expect(other.exitCode == 64)
        #expect(other.errors.hasPrefix("train: training samples: found 36 of SHA-256 "), "\(other.errors)")

        let drawn = try await run(["--resume", "run", "--data", "digits", "--json"])
        #expect(
            drawn.errors.contains("(data in MNIST's format from digits: not the original MNIST)"), "\(drawn.errors)")
        let network = try await CommandProcess.run(["run/checkpoint.safetensors"], of: "evaluate", in: directory)
        #expect(network.exitCode == 65 && network.errors.contains("found a training's checkpoint"), "\(network.errors)")

        let none = try await run(["--resume", "nowhere"])
        #expect(
            none.exitCode == 66 && none.errors.hasPrefix("train: nowhere: "), "\(none.errors)")

        var checkpoint = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path("run/checkpoint.safetensors"))))
        checkpoint[checkpoint.count / 2] ^= 1
        try directory.write(checkpoint, to: "run/checkpoint.safetensors")
        let broken = try await run(["--resume", "run"])
        #expect(broken.exitCode == 65 && broken.errors.contains("SHA-256"), "\(broken.errors)")
    }
}
