import Foundation
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesTraining

/// Runs an executable's work and ends the process: with 0, or with one line about what went wrong on standard error and
/// the exit code of its kind: 64 usage, 65 bad data, 66 missing input, 70 numbers that are not finite, or a processor
/// that the kernels were not compiled for, 74 I/O, and 128 and the signal's number for a training that a signal ended.
package func runCommand(_ name: String, _ work: () throws -> Void) -> Never {
    openStandardStreams()
    do {
        try Processor.check()
        try work()
        exit(0)
    } catch {
        printToStandardError("\(name): \(printable("\(error)"))\n")
        exit(exitCode(of: error))
    }
}

/// The exit code of a kind of error, of BSD's sysexits.h.
package func exitCode(of error: any Error) -> Int32 {
    switch error {
    case is UsageError, is RecipeError, is GraphError, is SettingsError: UsageError.exitCode
    case FileError.badData, TrainingError.target, is SafetensorsError, is ModelError: 65
    case FileError.missingInput: 66
    case is TrainingError, is ProcessorError: 70
    case let interruption as Interruption: 128 + interruption.signal
    default: 74
    }
}

/// Where a standard stream is closed, a file opened later would take its place and get what is printed.
private func openStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
        _ = open("/dev/null", O_RDWR)  // The lowest number that is free: this one.
    }
}

/// Standard output cannot be written: a full disk, a reader that is gone.
package struct OutputError: Error, CustomStringConvertible {
    /// Whether there was a reader, and it has what it wanted.
    package let isReaderGone: Bool
    package let description: String
}

/// Writes a line to standard output at once, so that a reader behind a pipe gets it when it is printed.
package func printLine(_ text: String) throws(OutputError) { try printLine(Data("\(text)\n".utf8)) }

/// Writes a line that ends with its line break already.
package func printLine(_ line: Data) throws(OutputError) {
    var rest = line[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
            let code = errno
            throw OutputError(
                isReaderGone: code == EPIPE, description: "standard output: \(String(cString: strerror(code)))")
        }
        rest = rest.dropFirst(count)
    }
}

/// This process's command line as it would be typed in the package's folder.
package func commandLine(_ name: String) -> String {
    (["swift run", name] + CommandLine.arguments.dropFirst().map(shellWord)).joined(separator: " ")
}

/// A word as a shell takes it.
package func shellWord(_ word: String) -> String {
    let isPlain: (Character) -> Bool = { $0.isLetter || $0.isNumber || "-_./=,:".contains($0) }
    return !word.isEmpty && word.allSatisfy(isPlain) ? word : "'\(word.replacing("'", with: "'\\''"))'"
}

/// Writes to standard error.
package func printToStandardError(_ text: String) {
    // Where standard error is closed there is nobody left to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
