import Foundation

/// The one way in which files are read: piece by piece, so that a header can be looked at before there is memory for
/// what it speaks of.
package enum FileContent {
    /// The most bytes of a text, which is held as a whole.
    package static let longestText = 1 << 30

    /// Opens a file, whose content is unpacked if its first bytes are those of a gzip file, whatever its name is. A
    /// packed file's checksum is verified where the content ends.
    ///
    /// - Throws: ``FileError``, as ``FileStream`` does.
    package static func open(_ path: String) throws(FileError) -> ByteReader {
        let file = ByteReader(try FileStream(path), name: name(path))
        guard try GzipStream.isGzip(file) else { return file }
        return ByteReader(GzipStream(file, name: file.name), name: file.name)
    }

    /// The SHA-256 of a file's content, unpacked if it is packed, in hexadecimal digits.
    ///
    /// - Parameter limit: The most bytes that it may unpack to, because a small file can unpack to a thousand times its
    ///   size and keep the processor busy.
    package static func digest(_ path: String, limit: Int) throws(FileError) -> String {
        let content = HashedStream(try open(path))
        var count = 0
        while true {
            let piece = try content.next()
            guard !piece.isEmpty else { return content.hash.hexadecimal() }
            count += piece.count
            guard count <= limit else {
                throw .badData(file: name(path), problem: "found more than \(limit) bytes of content")
            }
        }
    }

    /// A text file's content, unpacked if it is packed.
    ///
    /// - Throws: ``FileError``, also ``FileError/badData(file:problem:)`` for one with a zero byte, which no text has, and
    ///   for one beyond ``longestText``.
    package static func text(_ path: String) throws(FileError) -> [UInt8] {
        let content = try open(path)
        if let size = content.remaining, size > longestText { throw tooLong(content.name) }
        var text: [UInt8] = []
        while true {
            let piece = try content.next()
            guard !piece.isEmpty else { return text }
            if let zero = piece.firstIndex(of: 0) {
                throw content.error("found a byte 0 at byte \(text.count + zero), expected text")
            }
            text += piece
            guard text.count <= longestText else { throw tooLong(content.name) }
        }
    }

    private static func tooLong(_ name: String) -> FileError {
        .badData(file: name, problem: "found more than \(longestText) bytes, the most that a text may have")
    }

    /// The last component of the path.
    package static func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
}
