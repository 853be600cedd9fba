import Foundation

/// Writes a line at once, so that a reader behind a pipe gets it when it is printed.
///
/// Output that nobody can take, to a full disk for example, ends the process with the exit code for I/O.
func printLine(_ text: String) {
    do {
        try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    } catch {
        printToStandardError("train: standard output: \(error.localizedDescription)\n")
        exit(74)
    }
}

/// Writes to standard error.
func printToStandardError(_ text: String) {
    // Where standard error is closed there is nobody left to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
