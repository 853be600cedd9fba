import Foundation
import TestSupport

/// What a run of a built executable left behind.
struct CommandProcess {
    let exitCode: Int32
    let output: String
    let errors: String

    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Runs the executable in a directory, without MNIST_DIR, and waits for its end. Output goes to files, as it would to
    /// a pipe: no terminal, and no buffer that could fill up.
    ///
    /// - Parameters:
    ///   - limit: A limit of Linux for it, as `prlimit` has it: "--as=1000000000".
    ///   - asNobody: Whether it runs without the superuser's rights, if the tests have them.
    ///   - started: Called with the process when it runs, on a thread of its own: tests that compute keep all others
    ///     waiting.
    static func run(
        _ arguments: [String], of command: String = "train", in directory: TemporaryDirectory, limit: String? = nil,
        asNobody: Bool = false, started: @escaping @Sendable (Process) throws -> Void = { _ in }
    ) async throws -> CommandProcess {
        let path = directory.path
        return try await withCheckedThrowingContinuation { ended in
            Thread.detachNewThread {
                ended.resume(
                    with: Result {
                        try run(
                            arguments, of: command, in: path, limit: limit, asNobody: asNobody, started: started)
                    })
            }
        }
    }

    /// Runs a line of a shell in which `$train` is the executable.
    static func shell(_ line: String, in directory: TemporaryDirectory) async throws -> CommandProcess {
        let train = executables.appendingPathComponent("train").path
        return try await run(["-c", "train='\(train)'; \(line)"], of: "/bin/sh", in: directory)
    }

    /// The same, on this thread.
    static func run(
        _ arguments: [String], of command: String = "train", in path: String, limit: String? = nil,
        asNobody: Bool = false, started: (Process) throws -> Void = { _ in }
    ) throws -> CommandProcess {
        let logs = try TemporaryDirectory()
        let paths = try ["output", "errors"].map { try logs.write([], to: $0) }
        let process = Process()
        var words = [URL(fileURLWithPath: command, relativeTo: executables).path] + arguments
        if let limit { words = ["/usr/bin/prlimit", limit] + words }
        if asNobody, getuid() == 0 {
            words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + words
        }
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "MNIST_DIR" }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: paths[0])
        process.standardError = FileHandle(forWritingAtPath: paths[1])
        let hasEnded = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in hasEnded.signal() }
        try process.run()
        try started(process)
        hasEnded.wait()
        return CommandProcess(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: try String(contentsOfFile: paths[0], encoding: .utf8),
            errors: try String(contentsOfFile: paths[1], encoding: .utf8))
    }

    /// SwiftPM puts executables beside the bundle of the tests.
    private static var executables: URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        return bundle?.deletingLastPathComponent() ?? Bundle.main.bundleURL
    }
}

extension TemporaryDirectory {
    /// Writes a small data set in MNIST's four files: every image of a class is the same bar, at a place of its own.
    func writeDigits(train: Int = 40, test: Int = 20) throws {
        for (prefix, count) in [("train", train), ("t10k", test)] {
            var pixels: [UInt8] = []
            for image in 0..<count {
                pixels += (0..<28 * 28).map { ($0 % 28) / 2 == image % 10 + 2 ? 255 : 0 }
            }
            try write(
                idx(magic: 2051, dimensions: [UInt32(count), 28, 28], elements: pixels),
                to: "digits/\(prefix)-images-idx3-ubyte")
            try write(
                idx(magic: 2049, dimensions: [UInt32(count)], elements: (0..<count).map { UInt8($0 % 10) }),
                to: "digits/\(prefix)-labels-idx1-ubyte")
        }
    }
}
