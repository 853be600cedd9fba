/// What is wrong with compressed data, and where.
package struct GzipError: Error, CustomStringConvertible, Equatable, Sendable {
    /// Where, in bytes from the start of the data.
    package let offset: Int
    /// What was found and what was expected.
    package let problem: String
    /// Where the compressed data could not be read, why not.
    package let cause: FileError?

    init(offset: Int, problem: String) { (self.offset, self.problem, cause) = (offset, problem, nil) }

    init(_ cause: FileError, offset: Int) { (self.offset, problem, self.cause) = (offset, cause.description, cause) }

    /// "at byte 1234 of the gzip file: …"
    package var description: String { description(of: "the gzip file") }

    /// The same as an error of the file with the name.
    ///
    /// - Parameter content: What the data is in that file.
    func naming(_ name: String, content: String = "the gzip file") -> FileError {
        cause ?? .badData(file: name, problem: description(of: content))
    }

    private func description(of content: String) -> String { "at byte \(offset) of \(content): \(problem)" }
}
