#if os(Linux)
    import Foundation
    import TestSupport
    import Testing

    /// What becomes of a command that the system gives less than it wants.
    @Suite("Commands within limits", .timeLimit(.minutes(1)))
    struct SystemLimitTests {
        @Test("Memory for a batch that there is none of is one line, with its bytes and the batch size")
        func memory() async throws {
            let directory = try TemporaryDirectory()
            try directory.writeDigits(train: 4000)
            let words = ["best", "--epochs", "1", "--data", "digits", "--batch-size", "4000", "--output", "out"]
            let run = try await CommandProcess.run(words, in: directory, limit: "--as=1500000000")
            #expect(run.exitCode == 64, "\(run.errors)")
            let line = try #require(run.errors.split(separator: "\n").last)
            #expect(
                line.contains(/no memory for a plan of \d{9,} bytes for batches of 4000 on \d+ threads/),
                "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: directory.path + "/out/best.safetensors"))
        }

        /// The superuser has as many threads as he likes, so nobody runs it.
        @Test("Without another thread the one that there is does the work, to the same bits")
        func threads() async throws {
            let directory = try TemporaryDirectory()
            try directory.writeDigits()
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
            let words = ["mlp", "--epochs", "1", "--data", "digits", "--json", "--threads", "2", "--output"]
            let free = try await CommandProcess.run(words + ["free"], in: directory)
            let alone = try await CommandProcess.run(
                words + ["alone"], in: directory, limit: "--nproc=1", asNobody: true)
            func digest(_ run: CommandProcess) -> Substring? {
                run.lines.last?.firstMatch(of: /"weights_sha256":"([0-9a-f]{64})"/)?.1
            }
            #expect(free.exitCode == 0 && digest(free) != nil, "\(free.errors)")
            #expect(alone.exitCode == 0 && digest(alone) == digest(free), "\(alone.errors)")
        }
    }
#endif
