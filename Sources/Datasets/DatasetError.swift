/// Why a data set could not be loaded or downloaded. The kinds are those that a command line tells apart by its exit code.
public enum DatasetError: Error, CustomStringConvertible, Equatable, Sendable {
    /// A file's content breaks its format or contradicts another file (exit code 65).
    case badData(file: String, problem: String)
    /// A file or directory that was asked for is not there (exit code 66).
    case missingInput(path: String, problem: String)
    /// A file is there but cannot be read (exit code 74).
    case unreadable(path: String, problem: String)
    /// A file or directory cannot be written (exit code 74).
    case unwritable(path: String, problem: String)
    /// A file could be had from no mirror; the problem names each URL (exit code 74).
    case notDownloaded(file: String, problem: String)

    /// "train-images-idx3-ubyte: header says …"
    public var description: String {
        switch self {
        case .badData(let place, let problem), .missingInput(let place, let problem),
            .unreadable(let place, let problem), .unwritable(let place, let problem),
            .notDownloaded(let place, let problem):
            "\(place): \(problem)"
        }
    }
}
