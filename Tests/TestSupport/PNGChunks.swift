/// PNG files as lists of chunks.
package enum PNGChunks {
    package struct Chunk {
        package var type: String
        package var body: [UInt8]

        package init(type: String, body: [UInt8]) { (self.type, self.body) = (type, body) }
    }

    /// A file's chunks, as far as they are whole.
    package static func chunks(of file: [UInt8]) -> [Chunk] {
        var chunks: [Chunk] = []
        var rest = file.dropFirst(8)
        while rest.count >= 12 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 12 + length else { break }
            let start = rest.startIndex
            chunks.append(
                Chunk(
                    type: String(decoding: rest[start + 4..<start + 8], as: UTF8.self),
                    body: Array(rest[start + 8..<start + 8 + length])))
            rest = rest.dropFirst(12 + length)
        }
        return chunks
    }

    /// A file of the chunks, with right checksums.
    package static func file(of chunks: [Chunk]) -> [UInt8] {
        chunks.reduce(into: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { file, chunk in
            let checked = Array(chunk.type.utf8) + chunk.body
            file += bigEndian(UInt32(chunk.body.count)) + checked + bigEndian(GzipFixtures.checksum(checked))
        }
    }

    /// A zlib stream of one stored block.
    package static func zlib(_ content: [UInt8]) -> [UInt8] {
        let length = [UInt8(content.count & 255), UInt8(content.count >> 8 & 255)]
        var (low, high) = (1, 0)
        for byte in content {
            low = (low + Int(byte)) % 65521
            high = (high + low) % 65521
        }
        return [0x78, 0x01, 1] + length + length.map { ~$0 } + content + bigEndian(UInt32(high << 16 | low))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
