import Foundation

/// The one way in which files are read: piece by piece, so that a header can be looked at before there is memory for
/// what it speaks of.
package enum FileContent {
    /// The most bytes of a text, which is held as a whole.
    package static let longestText = 1 << 30
    /// The most bytes of a packed one: a malicious file unpacks to a thousand times its own size.
    package static let longestPackedText = 1 << 28

    /// Opens a file, whose content is unpacked if its first bytes are those of a gzip file, whatever its name is. A
    /// packed file's checksum is verified where the content ends.
    ///
    /// - Throws: ``FileError``, as ``FileStream`` does.
    package static func open(_ path: String) throws(FileError) -> ByteReader {
        let file = ByteReader(try FileStream(path), name: name(path))
        guard try GzipStream.isGzip(file) else { return file }
        return ByteReader(GzipStream(file, name: file.name), name: file.name)
    }

    /// The SHA-256 of a file's content, unpacked if it is packed, in hexadecimal digits; nil if there is too much of it.
    ///
    /// - Parameter limit: The most bytes that it may unpack to, because a small file can unpack to a thousand times its
    ///   size and keep the processor busy.
    package static func digest(_ path: String, limit: Int) throws(FileError) -> String? {
        let content = HashedStream(try open(path))
        var count = 0
        while true {
            let piece = try content.next()
            guard !piece.isEmpty else { return content.hash.hexadecimal() }
            count += piece.count
            guard count <= limit else { return nil }
        }
    }

    /// A text file's content, unpacked if it is packed.
    ///
    /// - Parameters:
    ///   - limit: The most bytes that it may have.
    ///   - packedLimit: The most bytes that a packed one may unpack to, however small it is.
    /// - Throws: ``FileError``, also ``FileError/badData(file:problem:)`` for one with a zero byte, which no text has, and
    ///   for one beyond the limits.
    package static func text(
        _ path: String, limit: Int = longestText, packedLimit: Int = longestPackedText
    ) throws(FileError) -> [UInt8] {
        let content = try open(path)
        if let size = content.remaining, size > limit {
            throw content.error("found \(size) bytes, expected a text of at most \(limit)")
        }
        let most = content.remaining == nil ? packedLimit : limit
        var text: [UInt8] = []
        text.reserveCapacity(content.remaining ?? 0)
        while true {
            let piece = try content.next()
            guard !piece.isEmpty else { return text }
            if let zero = piece.firstIndex(of: 0) {
                throw content.error("found a byte 0 at byte \(text.count + zero), expected text")
            }
            text += piece
            guard text.count <= most else {
                throw content.error("the text unpacks to more than \(most) bytes, the most of a packed one: unpack it")
            }
        }
    }

    /// The last component of the path.
    package static func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
}
