import Foundation
import LanesData
import LanesFiles

/// No mirror gave a file.
package struct DownloadError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The file's name.
    package let file: String
    /// Each URL that was tried, with what went wrong there.
    package let problem: String

    /// - Parameters:
    ///   - file: The file's name.
    ///   - problem: What went wrong at each URL.
    package init(file: String, problem: String) { (self.file, self.problem) = (file, problem) }

    /// "train-images-idx3-ubyte.gz: https://…: found HTTP status 404, expected 200"
    package var description: String { "\(file): \(problem)" }
}

/// Fetches the packed files of a data set from the first mirror that has them.
///
///     try Download(to: "data/mnist").run { file, received, expected in … }
///
/// A file gets its name only when it is complete and its content is the expected one. Until then it grows as
/// `NAME.gz.part`, from which the next mirror, or the next run, goes on.
package struct Download: Sendable {
    /// A file to fetch.
    package struct File: Sendable {
        /// Its name without `.gz`.
        package let name: String
        /// The SHA-256 of its content, unpacked, because mirrors may pack it differently, in hexadecimal digits.
        package let digest: String

        /// - Parameters:
        ///   - name: The name without `.gz`.
        ///   - digest: The SHA-256 of the unpacked content as 64 lower-case hexadecimal digits.
        package init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    /// Where the files go; it is created where it is missing. If it has none of them and `MNIST/raw` below it, where
    /// torchvision puts them, has some, they go there.
    package let directory: String
    /// What to fetch.
    package let files: [File]
    /// URLs, each ending in a slash, below which the files lie as `NAME.gz`.
    package let mirrors: [String]
    /// After how many seconds without a byte a mirror is given up.
    package let timeout: Double

    /// More bytes than any of the files unpacks to.
    package var longestContent = 1 << 30

    /// - Parameters:
    ///   - directory: Where the files go; it is created where it is missing.
    ///   - files: What to fetch.
    ///   - mirrors: URLs, each ending in a slash, below which the files lie as `NAME.gz`.
    ///   - timeout: After how many seconds without a byte a mirror is given up.
    package init(
        to directory: String = "data/mnist", files: [File] = MNIST.downloads, mirrors: [String] = MNIST.mirrors,
        timeout: Double = 30
    ) {
        self.directory = directory
        self.files = files
        self.mirrors = mirrors
        self.timeout = timeout
    }

    /// Fetches what is not in the directory yet, packed or raw, and returns when all of it is there.
    ///
    /// A packed file that is damaged is replaced; an intact one with other content is left alone.
    ///
    /// - Parameter progress: Called on this thread with the name of the file, how many of its bytes are there, and how
    ///   many there will be where the mirror says so.
    /// - Throws: ``DownloadError`` where no mirror has a file; `FileError`: `unwritable` or `unreadable` for the
    ///   directory or what is in it, `badData` where other data has the name of a file.
    package func run(
        progress: (_ file: String, _ received: Int, _ expected: Int?) -> Void = { _, _, _ in }
    ) throws {
        let place = MNIST.directory(of: files.map(\.name), below: directory) ?? directory
        var missing: [File] = []
        for file in files where try !isPresent(file, in: place) { missing.append(file) }
        guard !missing.isEmpty else { return }
        try AtomicFile.makeFolder(place)
        var mirrors = mirrors
        for file in missing { try fetch(file, to: "\(place)/\(file.name).gz", from: &mirrors, progress: progress) }
    }

    private func isPresent(_ file: File, in place: String) throws(FileError) -> Bool {
        for (suffix, isReplaceable) in [("", false), (".gz", true)] {
            let path = "\(place)/\(file.name)\(suffix)"
            let digest: String?
            do throws(FileError) {
                digest = try self.digest(ofContent: path)
            } catch .missingInput {
                continue
            } catch .badData where isReplaceable {
                continue
            }
            guard digest == file.digest else {
                throw .badData(
                    file: path,
                    problem: "\(found(digest)), expected \(file.digest); "
                        + "move it away, or download to another directory")
            }
            return true
        }
        return false
    }

    /// Fetches a file from the first mirror that has it. Those that failed move to the end: they need not be waited for
    /// again with each file.
    private func fetch(
        _ file: File, to path: String, from mirrors: inout [String], progress: (String, Int, Int?) -> Void
    ) throws {
        let part = path + ".part"
        // A run that ended between the last byte and the new name has left nothing to fetch.
        if (try? digest(ofContent: part)) == file.digest { return try Download.rename(part, to: path) }

        var problems: [String] = []
        for mirror in mirrors {
            let url = "\(mirror)\(file.name).gz"
            do throws(TransferFailure) {
                try fetch(url, into: part, digest: file.digest) { progress(file.name + ".gz", $0, $1) }
            } catch .storage(let error) {
                throw error
            } catch {
                problems.append("\(url): \(error.problem)")
                mirrors.append(mirrors.removeFirst())
                continue
            }
            return try Download.rename(part, to: path)
        }
        throw DownloadError(file: file.name + ".gz", problem: problems.joined(separator: "; "))
    }

    /// Continues the partial file, and fetches all of it anew where that leads to a wrong content: what was there may
    /// come from a mirror that packs differently, or be damaged.
    private func fetch(
        _ url: String, into part: String, digest: String, progress: (Int, Int?) -> Void
    ) throws(TransferFailure) {
        while true {
            let isContinued = Transfer.size(part) > 0
            do throws(TransferFailure) {
                try Transfer(url: url, part: part, timeout: timeout).run(progress: progress)
                return try verify(part, digest: digest)
            } catch {
                guard case .wrongContent = error else { throw error }
                guard unlink(part) == 0 || errno == ENOENT else { throw .storage(.unwritable(path: part)) }
                guard isContinued else { throw error }
            }
        }
    }

    private func verify(_ part: String, digest expected: String) throws(TransferFailure) {
        let digest: String?
        do throws(FileError) {
            digest = try self.digest(ofContent: part)
        } catch .badData(_, let problem) {
            throw .wrongContent(problem)
        } catch {
            throw .storage(error)
        }
        guard digest == expected else {
            throw .wrongContent("\(found(digest)), expected \(expected)")
        }
    }

    /// nil for one that is longer than any of the files.
    private func digest(ofContent path: String) throws(FileError) -> String? {
        try FileContent.digest(path, limit: longestContent)
    }

    private func found(_ digest: String?) -> String {
        "found content " + (digest.map { "with SHA-256 \($0)" } ?? "of more than \(longestContent) bytes")
    }

    private static func rename(_ part: String, to path: String) throws(FileError) {
        guard Foundation.rename(part, path) == 0 else { throw .unwritable(path: path) }
    }
}

extension MNIST {
    /// MNIST's four files as they are downloaded.
    package static let downloads = files.map { Download.File(name: $0.name, digest: $0.digest) }

    /// Where MNIST's files lie, packed.
    package static let mirrors = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ]
}
