/// The content of a zlib stream (RFC 1950), DEFLATE between a header and a checksum, as PNG packs its pixels. The
/// checksum is verified when it ends.
package final class ZlibStream: ByteStream {
    private let name: String
    private let content: String
    private var inflater: Inflater
    private var checksum = Adler32()
    private var hasBegun = false
    private var hasEnded = false

    /// - Parameters:
    ///   - stream: The bytes of the zlib stream, and nothing after it.
    ///   - name: The file's name, for errors.
    ///   - content: What the stream is in that file, for errors: "the image data".
    package init(_ stream: any ByteStream, name: String, content: String) {
        (self.name, self.content) = (name, content)
        inflater = Inflater(stream)
    }

    /// Only unpacking it tells.
    package var remaining: Int? { nil }

    /// - Throws: ``FileError/badData(file:problem:)`` where the stream breaks the format, is cut off, does not match its
    ///   checksum or has bytes after its end; ``FileError`` of reading.
    package func next() throws(FileError) -> [UInt8] {
        do throws(GzipError) {
            return try unpack()
        } catch {
            throw error.naming(name, content: content)
        }
    }

    private func unpack() throws(GzipError) -> [UInt8] {
        guard !hasEnded else { return [] }
        if !hasBegun {
            try checkHeader()
            hasBegun = true
            inflater.begin()
        }
        let piece = try inflater.next()
        checksum.update(piece)
        if piece.isEmpty {
            try checkTrailer()
            hasEnded = true
        }
        return piece
    }

    private func checkHeader() throws(GzipError) {
        guard let first = try inflater.reader.byte(), let second = try inflater.reader.byte() else {
            throw GzipError(offset: inflater.reader.offset, problem: "the zlib header is cut off")
        }
        let (method, flags) = (Int(first), Int(second))
        // Deflate with a window of at most 32 KiB; a check that makes both bytes a multiple of 31; no preset
        // dictionary.
        guard method & 15 == 8, method >> 4 <= 7, (method << 8 | flags) % 31 == 0, flags & 0x20 == 0 else {
            throw GzipError(offset: 0, problem: "found bytes \(method) and \(flags), expected a zlib header")
        }
    }

    private func checkTrailer() throws(GzipError) {
        let offset = inflater.reader.offset
        var stated: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = try inflater.reader.byte() else {
                throw GzipError(offset: inflater.reader.offset, problem: "the checksum is cut off")
            }
            stated = stated << 8 | UInt32(byte)
        }
        guard stated == checksum.value else {
            throw GzipError(offset: offset, problem: "found Adler-32 \(stated), the data has \(checksum.value)")
        }
        guard try inflater.isAtEnd() else {
            throw GzipError(offset: inflater.reader.offset, problem: "found bytes after the checksum, expected the end")
        }
    }

    /// A stream that holds the content in stored blocks, 5 bytes longer per 65535.
    package static func store(_ content: [UInt8]) -> [UInt8] {
        let longestBlock = 65535
        var stream: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: max(content.count, 1), by: longestBlock) {
            let block = content[start..<min(start + longestBlock, content.count)]
            let length = [UInt8(block.count & 255), UInt8(block.count >> 8)]
            stream += [block.endIndex == content.count ? 1 : 0] + length + length.map { ~$0 } + block
        }
        var checksum = Adler32()
        checksum.update(content)
        return stream + (0..<4).map { UInt8(truncatingIfNeeded: checksum.value >> (24 - 8 * $0)) }
    }
}

/// The checksum of zlib streams (RFC 1950, section 8.2), fed piece by piece; 1 for no bytes.
private struct Adler32 {
    private var low: UInt32 = 1
    private var high: UInt32 = 0

    var value: UInt32 { high << 16 | low }

    mutating func update(_ bytes: [UInt8]) {
        let modulus: UInt32 = 65521
        // The most bytes after which the larger sum still fits 32 bits.
        let run = 5552
        for start in stride(from: 0, to: bytes.count, by: run) {
            for byte in bytes[start..<min(start + run, bytes.count)] {
                low += UInt32(byte)
                high += low
            }
            low %= modulus
            high %= modulus
        }
    }
}
