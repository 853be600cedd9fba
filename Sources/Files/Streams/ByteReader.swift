/// Takes a stream's bytes in the portions that a format has.
package final class ByteReader: ByteStream {
    /// The file's name, for errors.
    package let name: String
    private let stream: any ByteStream
    private var piece: [UInt8] = []
    /// The next byte's place in the piece.
    private var offset = 0
    /// How many bytes came before the piece.
    private var start = 0

    /// - Parameter name: The file's name, for errors.
    package init(_ stream: any ByteStream, name: String) { (self.stream, self.name) = (stream, name) }

    /// How many bytes have been taken.
    package var position: Int { start + offset }

    /// How many bytes are still to come; nil if only reading them tells.
    package var remaining: Int? { stream.remaining.map { $0 + piece.count - offset } }

    /// What is wrong with the content.
    package func error(_ problem: String) -> FileError { .badData(file: name, problem: problem) }

    /// Whether all bytes have been taken.
    package func isAtEnd() throws(FileError) -> Bool { try !fill() }

    /// The next byte, which stays the next one; nil at the end.
    package func peek() throws(FileError) -> UInt8? { try fill() ? piece[offset] : nil }

    /// The next bytes, which stay the next ones; fewer than asked for only where the stream ends.
    package func peek(_ count: Int) throws(FileError) -> [UInt8] {
        while piece.count - offset < count {
            let more = try stream.next()
            if more.isEmpty { break }
            (piece, offset, start) = (piece[offset...] + more, 0, start + offset)
        }
        return Array(piece[offset..<min(piece.count, offset + count)])
    }

    /// Takes the next byte; nil at the end.
    package func byte() throws(FileError) -> UInt8? {
        guard try fill() else { return nil }
        defer { offset += 1 }
        return piece[offset]
    }

    /// Takes the next bytes; fewer than asked for only where the stream ends. No more memory is used than for what is
    /// there.
    package func read(_ count: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        if let remaining { bytes.reserveCapacity(min(count, remaining)) }
        while bytes.count < count, try fill() {
            let part = piece[offset..<min(piece.count, offset + count - bytes.count)]
            let needed = bytes.count + part.count
            // An array would grow beyond what is needed in the end.
            if needed > bytes.capacity { bytes.reserveCapacity(max(needed, min(count, 2 * bytes.capacity))) }
            bytes += part
            offset = part.endIndex
        }
        return bytes
    }

    /// Leaves bytes out.
    ///
    /// - Returns: How many there were, fewer than asked for only where the stream ends.
    @discardableResult
    package func skip(_ count: Int = .max) throws(FileError) -> Int {
        var skipped = 0
        while skipped < count, try fill() {
            let part = min(piece.count - offset, count - skipped)
            (offset, skipped) = (offset + part, skipped + part)
        }
        return skipped
    }

    package func next() throws(FileError) -> [UInt8] {
        guard try fill() else { return [] }
        let rest = offset == 0 ? piece : Array(piece[offset...])
        offset = piece.count
        return rest
    }

    /// Gets another piece if this one has been taken whole.
    ///
    /// - Returns: Whether there is a next byte.
    private func fill() throws(FileError) -> Bool {
        if offset < piece.count { return true }
        start += piece.count
        (piece, offset) = ([], 0)
        piece = try stream.next()
        return !piece.isEmpty
    }
}
