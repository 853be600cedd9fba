import Foundation

/// Files that are there whole or not at all.
package enum AtomicFile {
    /// Writes a file so that a reader, also one after a crash or a power cut, finds either the old content or the new.
    ///
    /// The data goes to a temporary file in the same folder, since a rename is atomic only within one file system. It
    /// is on the disk before the name points to it, and so is the folder's new entry on return. Who may read and write
    /// the file stays as it was. Where `url` is a symbolic link, the file that it names is written; a device, a pipe or a
    /// socket is written to and stays what it is.
    ///
    /// - Throws: ``FileError/unwritable(path:problem:)``. What stood at `url` before then still stands there and no
    ///   temporary file is left; only where the last step fails, bringing the folder's entry to the disk, is the new
    ///   file in its place already.
    package static func write(_ data: Data, to url: URL) throws(FileError) { try write([data], to: url) }

    /// The same for content in several pieces, one after another.
    package static func write(_ pieces: [some ContiguousBytes], to url: URL) throws(FileError) {
        var status = stat()
        let isThere = stat(url.path, &status) == 0
        guard isThere || errno != ELOOP else {
            throw .unwritable(path: url.path, problem: SystemFailure(operation: "open").problem)
        }
        if isThere, status.st_mode & S_IFMT != S_IFREG {
            return try write(pieces, inPlaceOf: url.path, kind: status.st_mode & S_IFMT)
        }
        let target = URL(fileURLWithPath: destination(of: url.path))
        let folder = target.deletingLastPathComponent()
        let temporary = folder.appendingPathComponent(temporaryName()).path
        do throws(SystemFailure) {
            try create(temporary, holding: pieces, like: isThere ? status : nil)
            guard rename(temporary, target.path) == 0 else { throw SystemFailure(operation: "replace") }
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

    /// Removes what a process that was killed while it wrote has left in a folder: files named `.lanes-UUID.tmp`. The
    /// caller must know that nobody writes there now.
    ///
    /// - Throws: ``FileError/unwritable(path:problem:)``.
    package static func removeTemporaries(in folder: String) throws(FileError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unwritable(path: folder, problem: "the folder cannot be listed")
        }
        for name in names where isTemporary(name) {
            let path = "\(folder)/\(name)"
            guard unlink(path) == 0 || errno == ENOENT else {
                throw .unwritable(path: path, problem: SystemFailure(operation: "remove").problem)
            }
        }
    }

    /// Makes a folder, with those above it, unless it is there.
    ///
    /// - Throws: ``FileError/unwritable(path:problem:)``.
    package static func makeFolder(_ path: String) throws(FileError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        let above = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if above != URL(fileURLWithPath: path).path { try makeFolder(above) }
        // It may fail because another process has made it meanwhile.
        guard mkdir(path, 0o777) != 0 else {
            do throws(SystemFailure) { try synchronize(folder: above) } catch {
                throw .unwritable(path: above, problem: error.problem)
            }
            return
        }
        let failure = SystemFailure(operation: "make the folder")
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        throw .unwritable(path: path, problem: failure.problem)
    }

    private static let (temporaryPrefix, temporarySuffix) = (".lanes-", ".tmp")

    private static func temporaryName() -> String { temporaryPrefix + UUID().uuidString + temporarySuffix }

    private static func isTemporary(_ name: String) -> Bool {
        guard name.hasPrefix(temporaryPrefix), name.hasSuffix(temporarySuffix) else { return false }
        return UUID(uuidString: String(name.dropFirst(temporaryPrefix.count).dropLast(temporarySuffix.count))) != nil
    }

    /// Where the links at the path lead, also if nothing is there.
    private static func destination(of path: String) -> String {
        var path = path
        // As many as the system follows.
        for _ in 0..<40 {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            path = URL(fileURLWithPath: target, relativeTo: URL(fileURLWithPath: path)).path
        }
        return path
    }

    /// Writes to what is no regular file.
    private static func write(
        _ pieces: [some ContiguousBytes], inPlaceOf path: String, kind: mode_t
    ) throws(FileError) {
        do throws(SystemFailure) {
            guard kind != S_IFDIR else { throw SystemFailure(operation: "replace", code: EISDIR) }
            let file = open(path, O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { throw SystemFailure(operation: "open") }
            defer { close(file) }
            for piece in pieces { try write(piece, to: file) }
        } catch {
            throw .unwritable(path: path, problem: error.problem)
        }
    }

    /// - Parameter earlier: The file whose owner and rights the new one gets.
    private static func create(
        _ path: String, holding pieces: [some ContiguousBytes], like earlier: stat?
    ) throws(SystemFailure) {
        // With less rights than it will have at most, because others could open it before it gets them.
        let rights = earlier.map { $0.st_mode & 0o777 }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, rights ?? 0o666)
        guard file >= 0 else { throw SystemFailure(operation: "create a file in its folder") }
        defer { close(file) }
        if let earlier, let rights {
            // Only the superuser can give it to another one.
            if earlier.st_uid != geteuid() { _ = fchown(file, earlier.st_uid, earlier.st_gid) }
            guard fchmod(file, rights) == 0 else { throw SystemFailure(operation: "set the rights") }
        }
        for piece in pieces { try write(piece, to: file) }
        guard synchronizeToDrive(file) == 0 else { throw SystemFailure(operation: "write") }
    }

    private static func write(_ piece: some ContiguousBytes, to file: Int32) throws(SystemFailure) {
        let failure = piece.withUnsafeBytes { bytes -> SystemFailure? in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                // A signal may interrupt a write before its first byte.
                guard count > 0 || (count < 0 && errno == EINTR) else { return SystemFailure(operation: "write") }
                rest = rest.dropFirst(max(count, 0))
            }
            return nil
        }
        if let failure { throw failure }
    }

    private static func synchronize(folder: String) throws(SystemFailure) {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure(operation: "open") }
        defer { close(descriptor) }
        // File systems that cannot fsync a folder, some of them remote, answer EINVAL.
        guard synchronizeToDrive(descriptor) == 0 || errno == EINVAL else {
            throw SystemFailure(operation: "synchronize")
        }
    }
}

/// As `fsync`: after it a file's bytes, or a folder's names, survive a power cut.
package func synchronizeToDrive(_ descriptor: Int32) -> Int32 {
    #if canImport(Darwin)
        // There `fsync` leaves them in the drive's own memory; some file systems know nothing more, some of them remote.
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
    #endif
    return fsync(descriptor)
}

/// The system call that has just failed, with the reason that `errno` gives before another call overwrites it.
private struct SystemFailure: Error {
    /// "cannot write: No space left on device"
    let problem: String

    init(operation: String, code: Int32 = errno) {
        problem = "cannot \(operation): \(String(cString: strerror(code)))"
    }
}
