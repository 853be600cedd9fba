import Foundation
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesTraining

/// Runs an executable's work and ends the process: with 0, or with one line about what went wrong on standard error and
/// the exit code of its kind: 64 usage, 65 bad data, 66 missing input, 70 numbers that are not finite, or a processor
/// that the kernels were not compiled for, 74 I/O.
public func runCommand(_ name: String, _ work: () throws -> Void) -> Never {
    do {
        try Processor.check()
        try work()
        exit(0)
    } catch {
        printToStandardError("\(name): \(error)\n")
        exit(exitCode(of: error))
    }
}

/// The exit code of a kind of error, of BSD's sysexits.h.
public func exitCode(of error: any Error) -> Int32 {
    switch error {
    case is UsageError, is RecipeError, is GraphError, is SettingsError: UsageError.exitCode
    case FileError.badData, TrainingError.target, is SafetensorsError, is ModelError: 65
    case FileError.missingInput: 66
    case is TrainingError, is ProcessorError: 70
    default: 74
    }
}

/// Writes a line to standard output at once, so that a reader behind a pipe gets it when it is printed.
///
/// Output that nobody can take, to a full disk for example, ends the process with the exit code for I/O.
public func printLine(_ text: String) {
    do {
        try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    } catch {
        printToStandardError("standard output: \(error.localizedDescription)\n")
        exit(74)
    }
}

/// Writes a line that ends with its line break already.
public func printLine(_ line: Data) { printLine(String(decoding: line.dropLast(), as: UTF8.self)) }

/// This process's command line as it would be typed in the package's folder.
public func commandLine(_ name: String) -> String {
    let isPlain: (Character) -> Bool = { $0.isLetter || $0.isNumber || "-_./=,:".contains($0) }
    let words = CommandLine.arguments.dropFirst().map { word in
        !word.isEmpty && word.allSatisfy(isPlain) ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
    return (["swift run", name] + words).joined(separator: " ")
}

/// Writes to standard error.
public func printToStandardError(_ text: String) {
    // Where standard error is closed there is nobody left to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
