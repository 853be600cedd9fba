import Foundation

/// Writes a line at once, so that a reader behind a pipe gets it when it is printed.
func printLine(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

/// Writes to standard error.
func printToStandardError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
