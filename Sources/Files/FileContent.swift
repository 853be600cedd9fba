import Foundation

/// The one way in which files are read.
package enum FileContent {
    /// The most bytes that a file of data may hold, packed or unpacked: more than any data set in MNIST's format has,
    /// and little enough that a decompression bomb does no harm.
    package static let limit = 1 << 30

    /// Reads the file and unpacks it if its first bytes are those of a gzip file, whatever its name is.
    package static func load(_ path: String) throws(FileError) -> [UInt8] {
        let bytes = try read(path, limit: limit)
        guard Gzip.isGzip(bytes) else { return bytes }
        do throws(GzipError) {
            return try Gzip.decompress(bytes, limit: limit)
        } catch {
            throw .badData(file: name(path), problem: error.description)
        }
    }

    /// Reads the file as it is.
    ///
    /// - Parameter limit: The most bytes that it may hold.
    package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        var status = stat()
        // Before it is opened, because opening a named pipe would wait for a writer.
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "neither a file nor a directory"
            throw .unreadable(path: path, problem: "found \(kind), expected a file")
        }
        let size = Int(status.st_size)
        guard size <= limit else {
            throw .badData(file: name(path), problem: "found \(size) bytes, expected at most \(limit)")
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var error: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Foundation.read(file, buffer.baseAddress.map { $0 + count }, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { error = failure(path) }
                if got <= 0 { return }
                count += got
            }
        }
        if let error { throw error }
        return bytes
    }

    /// The last component of the path.
    package static func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

    /// The error that the last system call left in `errno`.
    private static func failure(_ path: String) -> FileError {
        let code = errno
        let problem = String(cString: strerror(code))
        return code == ENOENT || code == ENOTDIR
            ? .missingInput(path: path, problem: problem) : .unreadable(path: path, problem: problem)
    }
}
