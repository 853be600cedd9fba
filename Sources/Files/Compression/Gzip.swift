/// What is wrong with a gzip file, or with other compressed data, and where.
package struct GzipError: Error, CustomStringConvertible, Equatable, Sendable {
    /// Where, in bytes from the start of the file or data.
    package let offset: Int
    /// What was found and what was expected.
    package let problem: String

    /// "at byte 1234 of the gzip file: …"
    package var description: String { "at byte \(offset) of the gzip file: \(problem)" }
}

/// gzip files (RFC 1952).
package enum Gzip {
    /// Whether the bytes begin as a gzip file does, whatever the file is called.
    package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Decompresses a whole file of one or more members and verifies each one's checksum and length.
    ///
    /// - Parameter limit: The most bytes to unpack, because a small file can unpack to a thousand times its size.
    /// - Throws: ``GzipError`` for a file that breaks the format, is cut off, has bytes after its end, does not match
    ///   its checksums or unpacks to more than the limit.
    package static func decompress(_ file: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
        var inflater = Inflater(expectedCount: expectedCount(file), limit: limit)
        try file.withUnsafeBufferPointer { file throws(GzipError) in
            try decompress(UnsafeRawBufferPointer(file), with: &inflater)
        }
        return inflater.finish()
    }

    private static func decompress(
        _ file: UnsafeRawBufferPointer, with inflater: inout Inflater
    ) throws(GzipError) {
        var offset = 0
        repeat {
            let memberStart = inflater.count
            offset = try inflater.inflate(file, at: headerEnd(file, at: offset))
            let checksum = try littleEndian32(file, at: offset)
            let length = try littleEndian32(file, at: offset + 4)
            let actualLength = UInt32(truncatingIfNeeded: inflater.count - memberStart)
            guard length == actualLength else {
                throw GzipError(
                    offset: offset + 4, problem: "trailer says \(length) bytes, the data unpacks to \(actualLength)")
            }
            let actualChecksum = inflater.checksum(from: memberStart)
            guard checksum == actualChecksum else {
                throw GzipError(
                    offset: offset,
                    problem: "trailer says CRC-32 \(hexadecimal(checksum)), the data has \(hexadecimal(actualChecksum))"
                )
            }
            offset += 8
        } while offset < file.count
    }

    private static let magic: [UInt8] = [0x1f, 0x8b]

    /// The bits of a header's flags.
    private enum Flag {
        static let headerChecksum: UInt8 = 2
        static let extra: UInt8 = 4
        static let name: UInt8 = 8
        static let comment: UInt8 = 16
        static let reserved: UInt8 = 0xe0
    }

    /// Reads the member header at the offset and returns where its compressed data begins.
    private static func headerEnd(_ file: UnsafeRawBufferPointer, at start: Int) throws(GzipError) -> Int {
        for (index, expected) in (magic + [8]).enumerated() {
            let found = try byte(file, at: start + index)
            guard found == expected else {
                let what = index < magic.count ? "gzip's magic number" : "compression method 8"
                throw GzipError(
                    offset: start + index, problem: "found byte \(found), expected \(expected) as in \(what)")
            }
        }
        let flags = try byte(file, at: start + 3)
        guard flags & Flag.reserved == 0 else {
            throw GzipError(offset: start + 3, problem: "found reserved flags set in \(flags)")
        }
        var offset = start + 10
        if flags & Flag.extra != 0 {
            offset += 2 + Int(try byte(file, at: offset)) + Int(try byte(file, at: offset + 1)) << 8
        }
        for text in [Flag.name, Flag.comment] where flags & text != 0 {
            while try byte(file, at: offset) != 0 { offset += 1 }
            offset += 1
        }
        if flags & Flag.headerChecksum != 0 {
            let found = Int(try byte(file, at: offset)) | Int(try byte(file, at: offset + 1)) << 8
            let checksum = CRC32.checksum(UnsafeRawBufferPointer(rebasing: file[start..<offset]))
            guard found == Int(checksum & 0xffff) else {
                throw GzipError(
                    offset: offset, problem: "found header checksum \(found), the header has \(checksum & 0xffff)")
            }
            offset += 2
        }
        return offset
    }

    private static func byte(_ file: UnsafeRawBufferPointer, at offset: Int) throws(GzipError) -> UInt8 {
        guard offset < file.count else {
            throw GzipError(offset: file.count, problem: "the file ends inside a gzip header or trailer")
        }
        return file[offset]
    }

    private static func littleEndian32(_ file: UnsafeRawBufferPointer, at offset: Int) throws(GzipError) -> UInt32 {
        _ = try byte(file, at: offset + 3)
        return UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The unpacked length that the trailer of a file with one member states, but no more than a plausible ratio
    /// allows: nothing has been verified when it is used.
    private static func expectedCount(_ file: [UInt8]) -> Int {
        let stated = file.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return min(stated, 16 * file.count)
    }

    private static func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}
