/// What is wrong with a file or folder. The kinds are those that a command line tells apart by its exit code.
public enum FileError: Error, CustomStringConvertible, Equatable, Sendable {
    /// A file's content breaks its format or contradicts another file (exit code 65).
    case badData(file: String, problem: String)
    /// A file or folder that was asked for is not there (exit code 66).
    case missingInput(path: String, problem: String)
    /// A file or folder is there but cannot be read (exit code 74).
    case unreadable(path: String, problem: String)
    /// A file or folder cannot be written (exit code 74).
    case unwritable(path: String, problem: String)

    /// "train-images-idx3-ubyte: header says …"
    public var description: String {
        switch self {
        case .badData(let place, let problem), .missingInput(let place, let problem),
            .unreadable(let place, let problem), .unwritable(let place, let problem):
            "\(place): \(problem)"
        }
    }

    /// The same error of a file by another name, such as the one it has within its folder.
    package func naming(_ place: String) -> FileError {
        switch self {
        case .badData(_, let problem): .badData(file: place, problem: problem)
        case .missingInput(_, let problem): .missingInput(path: place, problem: problem)
        case .unreadable(_, let problem): .unreadable(path: place, problem: problem)
        case .unwritable(_, let problem): .unwritable(path: place, problem: problem)
        }
    }
}
