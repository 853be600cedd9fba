import Foundation

/// The bytes of a file as they are.
package final class FileStream: ByteStream {
    private let path: String
    private let file: Int32
    private var left: Int

    private static let longestPiece = 1 << 16

    /// Opens a file.
    ///
    /// - Throws: ``FileError/missingInput(path:problem:)`` or ``FileError/unreadable(path:problem:)``, the latter also
    ///   for a folder, a device or a pipe.
    package init(_ path: String) throws(FileError) {
        // A named pipe is opened at once, instead of when there is a writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw FileStream.failure(path) }
        var status = stat()
        let isKnown = fstat(file, &status) == 0
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            let failure = FileStream.failure(path)
            close(file)
            guard isKnown else { throw failure }
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "neither a file nor a directory"
            throw .unreadable(path: path, problem: "found \(kind), expected a file")
        }
        (self.path, self.file, left) = (path, file, Int(status.st_size))
    }

    deinit { close(file) }

    package var remaining: Int? { left }

    /// Where the file has become shorter since it was opened, it ends early.
    package func next() throws(FileError) -> [UInt8] {
        guard left > 0 else { return [] }
        let wanted = min(left, FileStream.longestPiece)
        var result = 0
        let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            repeat { result = read(file, buffer.baseAddress, wanted) } while result < 0 && errno == EINTR
            count = max(0, result)
        }
        guard result >= 0 else { throw FileStream.failure(path) }
        left = piece.isEmpty ? 0 : left - piece.count
        return piece
    }

    /// The error that the last system call left in `errno`.
    private static func failure(_ path: String) -> FileError {
        let code = errno
        let problem = String(cString: strerror(code))
        return code == ENOENT || code == ENOTDIR
            ? .missingInput(path: path, problem: problem) : .unreadable(path: path, problem: problem)
    }
}
