/// Bytes that come piece by piece, so that they need not all be in memory: a file's, unpacked or not.
package protocol ByteStream: AnyObject {
    /// How many bytes are still to come; nil if only reading them tells.
    var remaining: Int? { get }

    /// The next bytes, at least one; none at the end, and from then on.
    func next() throws(FileError) -> [UInt8]
}

/// Bytes that are in memory.
package final class MemoryStream: ByteStream {
    private var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var remaining: Int? { bytes.count }

    package func next() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}

/// Computes the SHA-256 of what others read.
package final class HashedStream: ByteStream {
    private let stream: any ByteStream
    /// The hash of the bytes that have been read.
    package private(set) var hash = SHA256()

    package init(_ stream: any ByteStream) { self.stream = stream }

    package var remaining: Int? { stream.remaining }

    package func next() throws(FileError) -> [UInt8] {
        let piece = try stream.next()
        hash.update(piece)
        return piece
    }
}
