/// zlib streams (RFC 1950): DEFLATE between a header and a checksum, as PNG packs its pixels.
package enum Zlib {
    /// Decompresses the stream and verifies its checksum. Bytes after its end are not looked at.
    ///
    /// - Parameters:
    ///   - expectedCount: How many bytes should come out.
    ///   - limit: The most bytes to unpack.
    /// - Throws: ``GzipError``, with an offset from the start of the stream, where it breaks the format, is cut off,
    ///   does not match its checksum or unpacks to more than the limit.
    package static func decompress(_ stream: [UInt8], expectedCount: Int, limit: Int) throws(GzipError) -> [UInt8] {
        try checkHeader(stream)
        // No more at once than a plausible ratio allows: the stream may be cut off.
        var inflater = Inflater(expectedCount: min(expectedCount, 16 * stream.count), limit: limit)
        let end = try stream.withUnsafeBufferPointer { stream throws(GzipError) in
            try inflater.inflate(UnsafeRawBufferPointer(stream), at: 2)
        }
        let content = inflater.finish()
        guard stream.count - end >= 4 else {
            throw GzipError(offset: stream.count, problem: "the checksum is cut off")
        }
        let stated = stream[end..<end + 4].reduce(0) { $0 << 8 | UInt32($1) }
        let actual = adler32(content)
        guard stated == actual else {
            throw GzipError(offset: end, problem: "found Adler-32 \(stated), the data has \(actual)")
        }
        return content
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
        let checksum = adler32(content)
        return stream + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }
    }

    /// The checksum of the bytes (RFC 1950, section 8.2); 1 for none.
    package static func adler32(_ bytes: [UInt8]) -> UInt32 {
        let modulus: UInt32 = 65521
        // The most bytes after which the larger sum still fits 32 bits.
        let run = 5552
        var (low, high) = (UInt32(1), UInt32(0))
        for start in stride(from: 0, to: bytes.count, by: run) {
            for byte in bytes[start..<min(start + run, bytes.count)] {
                low += UInt32(byte)
                high += low
            }
            low %= modulus
            high %= modulus
        }
        return high << 16 | low
    }

    private static func checkHeader(_ stream: [UInt8]) throws(GzipError) {
        guard stream.count >= 2 else {
            throw GzipError(offset: stream.count, problem: "the zlib header is cut off")
        }
        let (method, flags) = (Int(stream[0]), Int(stream[1]))
        // Deflate with a window of at most 32 KiB; a check that makes both bytes a multiple of 31; no preset
        // dictionary.
        guard method & 15 == 8, method >> 4 <= 7, (method << 8 | flags) % 31 == 0, flags & 0x20 == 0 else {
            throw GzipError(offset: 0, problem: "found bytes \(method) and \(flags), expected a zlib header")
        }
    }
}
