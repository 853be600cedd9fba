/// Compressed streams that zlib 1.3 wrote, and ways to make more by hand.
package enum GzipFixtures {
    package static let text = Array((0..<40).map { "lane \($0 * $0 % 97) of \($0); " }.joined().utf8)

    /// `text` in one dynamic Huffman block.
    package static let dynamicBlock: [UInt8] = [
        0x3d, 0xd1, 0xbb, 0x11, 0x43, 0x21, 0x0c, 0x44, 0xd1, 0x56, 0x28, 0xe1, 0x21, 0xf1, 0x1d, 0x57, 0xe3,
        0xc0, 0x8e, 0xde, 0xd8, 0xfd, 0x67, 0x36, 0x2b, 0x2e, 0xe1, 0x0e, 0x12, 0x3a, 0x82, 0xfb, 0xf9, 0x79,
        0xa5, 0x2b, 0x7d, 0xdf, 0xe9, 0x7a, 0xa4, 0x7b, 0x85, 0xbc, 0x42, 0xde, 0xa1, 0xac, 0x60, 0x3b, 0xcc,
        0x15, 0x9c, 0xb2, 0xb6, 0x52, 0xd9, 0xc9, 0xea, 0x4a, 0x75, 0x27, 0xd7, 0x59, 0xe3, 0x0e, 0xf5, 0xf5,
        0x9d, 0x9a, 0xae, 0x1c, 0x3b, 0x0d, 0x4d, 0x9b, 0xf4, 0x69, 0x34, 0x10, 0x53, 0x65, 0x3e, 0x94, 0xae,
        0x08, 0xa6, 0x9b, 0x22, 0x9c, 0x48, 0x70, 0x3c, 0x96, 0xc0, 0xd3, 0xe2, 0x14, 0xd0, 0x14, 0x36, 0x23,
        0xf2, 0x18, 0x0b, 0xa9, 0xeb, 0x35, 0x32, 0xa6, 0xac, 0x5e, 0x03, 0x55, 0x55, 0x6c, 0xa0, 0xa6, 0x36,
        0x35, 0x50, 0x25, 0xde, 0x0b, 0xd4, 0x14, 0xc3, 0x50, 0x95, 0xe8, 0x45, 0x35, 0xa3, 0x18, 0x55, 0xd5,
        0x5c, 0x43, 0x35, 0x94, 0x40, 0x35, 0x91, 0x0d, 0x94, 0xe9, 0x2d, 0x1c, 0xd4, 0x50, 0xb1, 0x83, 0xaa,
        0xba, 0xd8, 0x41, 0x99, 0x36, 0x70, 0x50, 0x23, 0xbe, 0x11, 0x54, 0x93, 0xd1, 0xcf, 0xd7, 0x69, 0x90,
        0x83, 0xca, 0x71, 0x7a, 0x50, 0x5a, 0xd7, 0x8f, 0x2a, 0xe2, 0x5f, 0xf5, 0x03,
    ]

    /// "hello hello hello hello\n" in one fixed Huffman block.
    package static let fixedBlock: [UInt8] = [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0xb9, 0x00]

    /// "stored" in one stored block.
    package static let storedBlock: [UInt8] = [0x01, 0x06, 0x00, 0xf9, 0xff, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x64]

    /// No byte at all, in one fixed Huffman block.
    package static let emptyBlock: [UInt8] = [0x03, 0x00]

    /// A thousand times "a": matches that overlap what they produce.
    package static let overlappingBlock: [UInt8] = [0x4b, 0x4c, 0x1c, 0x05, 0xa3, 0x60, 0x14, 0x0c, 0x77, 0x00, 0x00]

    /// A hundred thousand zeros in 114 bytes.
    package static let bombBlock: [UInt8] =
        [0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0]
        + [UInt8](repeating: 0, count: 96) + [0x80, 0x57, 0x03]

    /// The blocks above with what they unpack to.
    package enum Block: CaseIterable, Sendable {
        case dynamic, fixed, stored, empty, overlapping, bomb

        package var deflated: [UInt8] {
            switch self {
            case .dynamic: dynamicBlock
            case .fixed: fixedBlock
            case .stored: storedBlock
            case .empty: emptyBlock
            case .overlapping: overlappingBlock
            case .bomb: bombBlock
            }
        }

        package var content: [UInt8] {
            switch self {
            case .dynamic: text
            case .fixed: Array("hello hello hello hello\n".utf8)
            case .stored: Array("stored".utf8)
            case .empty: []
            case .overlapping: [UInt8](repeating: 0x61, count: 1000)
            case .bomb: [UInt8](repeating: 0, count: 100_000)
            }
        }
    }

    /// A gzip file of one member.
    package static func file(deflated: [UInt8], of content: [UInt8], flags: UInt8 = 0, fields: [UInt8] = []) -> [UInt8]
    {
        [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255] + fields + deflated
            + littleEndian(checksum(content)) + littleEndian(UInt32(content.count))
    }

    /// A gzip file of stored blocks, as long as the content.
    package static func stored(_ content: [UInt8]) -> [UInt8] {
        var blocks: [UInt8] = []
        for start in stride(from: 0, to: max(content.count, 1), by: 65535) {
            let block = content[start..<min(start + 65535, content.count)]
            let length = [UInt8(block.count & 255), UInt8(block.count >> 8)]
            blocks += [start + 65535 >= content.count ? 1 : 0] + length + length.map { ~$0 } + block
        }
        return file(deflated: blocks, of: content)
    }

    /// The CRC-32 of the bytes, bit by bit as RFC 1952's section 8 defines it.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xedb8_8320 }
        }
        return ~crc
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Bits packed as DEFLATE packs them, for streams that no compressor writes.
package struct BitWriter {
    package private(set) var bytes: [UInt8] = []
    private var count = 0

    package init() {}

    /// Appends a number, lowest bit first.
    package mutating func append(_ value: Int, bits: Int) {
        for bit in 0..<bits {
            if count % 8 == 0 { bytes.append(0) }
            bytes[bytes.count - 1] |= UInt8((value >> bit & 1) << (count % 8))
            count += 1
        }
    }

    /// Appends a Huffman code, highest bit first.
    package mutating func append(code: Int, bits: Int) {
        for bit in (0..<bits).reversed() { append(code >> bit & 1, bits: 1) }
    }
}
