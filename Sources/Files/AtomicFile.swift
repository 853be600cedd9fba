import Foundation

/// Files that are there whole or not at all.
public enum AtomicFile {
    /// Writes a file so that a reader, also one after a crash or a power cut, finds either the old content or the new.
    ///
    /// The data goes to a temporary file in the same folder, since a rename is atomic only within one file system. It
    /// is on the disk before the name points to it, and so is the folder's new entry on return.
    ///
    /// - Throws: ``FileError/unwritable(path:problem:)``. What stood at `url` before then still stands there and no
    ///   temporary file is left; only where the last step fails, bringing the folder's entry to the disk, is the new
    ///   file in its place already.
    public static func write(_ data: Data, to url: URL) throws(FileError) {
        let folder = url.deletingLastPathComponent()
        let temporary = folder.appendingPathComponent(".\(UUID().uuidString).tmp").path
        do throws(SystemFailure) {
            try create(temporary, holding: data)
            guard rename(temporary, url.path) == 0 else { throw SystemFailure(operation: "replace") }
        } catch {
            unlink(temporary)
            throw .unwritable(path: url.path, problem: error.problem)
        }
        do throws(SystemFailure) {
            try synchronize(folder: folder.path)
        } catch {
            throw .unwritable(path: folder.path, problem: error.problem)
        }
    }

    /// Makes a folder, with those above it, unless it is there.
    ///
    /// - Throws: ``FileError/unwritable(path:problem:)``.
    public static func makeFolder(_ path: String) throws(FileError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        let above = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if above != URL(fileURLWithPath: path).path { try makeFolder(above) }
        // It may fail because another process has made it meanwhile.
        guard mkdir(path, 0o777) != 0 else { return }
        let failure = SystemFailure(operation: "make the folder")
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        throw .unwritable(path: path, problem: failure.problem)
    }

    private static func create(_ path: String, holding data: Data) throws(SystemFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw SystemFailure(operation: "create a file in its folder") }
        defer { close(file) }
        var written = 0
        while written < data.count {
            let count = data.withUnsafeBytes { bytes in
                pwrite(file, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(written))
            }
            // A signal may interrupt a write before its first byte.
            guard count > 0 || (count < 0 && errno == EINTR) else { throw SystemFailure(operation: "write") }
            written += max(count, 0)
        }
        guard fsync(file) == 0 else { throw SystemFailure(operation: "write") }
    }

    private static func synchronize(folder: String) throws(SystemFailure) {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure(operation: "open") }
        defer { close(descriptor) }
        // File systems that cannot fsync a folder, some of them remote, answer EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemFailure(operation: "synchronize") }
    }
}

/// The system call that has just failed, with the reason that `errno` gives before another call overwrites it.
private struct SystemFailure: Error {
    /// "cannot write: No space left on device"
    let problem: String

    init(operation: String) { problem = "cannot \(operation): \(String(cString: strerror(errno)))" }
}
