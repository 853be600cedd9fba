/// The content of a gzip file (RFC 1952) of one or more members; each one's checksum and length are verified when it
/// ends.
package final class GzipStream: ByteStream {
    private let name: String
    private var inflater: Inflater
    private var isInMember = false
    /// The member's content so far.
    private var checksum: UInt32 = 0
    private var length = 0
    private var hasEnded = false

    /// - Parameters:
    ///   - file: The bytes of the file.
    ///   - name: The file's name, for errors.
    package init(_ file: any ByteStream, name: String) {
        self.name = name
        inflater = Inflater(file)
    }

    /// Whether a file begins as a gzip file does, whatever it is called. Nothing is taken from it.
    package static func isGzip(_ file: ByteReader) throws(FileError) -> Bool { try file.peek(2) == magic }

    /// Only unpacking it tells.
    package var remaining: Int? { nil }

    /// - Throws: ``FileError/badData(file:problem:)`` for a file that breaks the format, is cut off, has bytes after its
    ///   end or does not match its checksums; ``FileError`` of reading.
    package func next() throws(FileError) -> [UInt8] {
        do throws(GzipError) {
            return try unpack()
        } catch {
            throw error.naming(name)
        }
    }

    /// The next bytes, with the place of an error.
    package func unpack() throws(GzipError) -> [UInt8] {
        while !hasEnded {
            if !isInMember {
                try inflater.readHeader()
                (isInMember, checksum, length) = (true, 0, 0)
            }
            let piece = try inflater.next()
            if !piece.isEmpty {
                checksum = CRC32.checksum(piece, after: checksum)
                length += piece.count
                return piece
            }
            try checkTrailer()
            isInMember = false
            hasEnded = try inflater.isAtEnd()
        }
        return []
    }

    private func checkTrailer() throws(GzipError) {
        let offset = inflater.reader.offset
        let stated = UInt32(try inflater.number(bytes: 4))
        let statedLength = UInt32(try inflater.number(bytes: 4))
        guard statedLength == UInt32(truncatingIfNeeded: length) else {
            throw GzipError(
                offset: offset + 4, problem: "trailer says \(statedLength) bytes, the data unpacks to \(length)")
        }
        guard stated == checksum else {
            throw GzipError(
                offset: offset,
                problem: "trailer says CRC-32 \(hexadecimal(stated)), the data has \(hexadecimal(checksum))")
        }
    }

    private func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

    fileprivate static let magic: [UInt8] = [0x1f, 0x8b]
}

extension Inflater {
    /// The bits of a header's flags.
    private enum Flag {
        static let headerChecksum: UInt8 = 2
        static let extra: UInt8 = 4
        static let name: UInt8 = 8
        static let comment: UInt8 = 16
        static let reserved: UInt8 = 0xe0
    }

    /// The longest header, names and comments included: more than any has.
    private static let longestHeader = 1 << 20

    /// Reads the header of a member, and begins its stream.
    fileprivate mutating func readHeader() throws(GzipError) {
        var header: [UInt8] = []
        for (index, expected) in (GzipStream.magic + [8]).enumerated() {
            let found = try headerByte(&header)
            guard found == expected else {
                let what = index < GzipStream.magic.count ? "gzip's magic number" : "compression method 8"
                throw GzipError(
                    offset: reader.offset - 1, problem: "found byte \(found), expected \(expected) as in \(what)")
            }
        }
        let flags = try headerByte(&header)
        guard flags & Flag.reserved == 0 else {
            throw GzipError(offset: reader.offset - 1, problem: "found reserved flags set in \(flags)")
        }
        // The time, how well it is packed, and on which system.
        for _ in 0..<6 { _ = try headerByte(&header) }
        if flags & Flag.extra != 0 {
            let length = Int(try headerByte(&header)) | Int(try headerByte(&header)) << 8
            for _ in 0..<length { _ = try headerByte(&header) }
        }
        for text in [Flag.name, Flag.comment] where flags & text != 0 {
            while try headerByte(&header) != 0 {}
        }
        if flags & Flag.headerChecksum != 0 {
            let offset = reader.offset
            let found = try number(bytes: 2)
            let checksum = CRC32.checksum(header) & 0xffff
            guard found == Int(checksum) else {
                throw GzipError(
                    offset: offset, problem: "found header checksum \(found), the header has \(checksum)")
            }
        }
        begin()
    }

    private mutating func headerByte(_ header: inout [UInt8]) throws(GzipError) -> UInt8 {
        guard let byte = try reader.byte() else { throw cutOff() }
        header.append(byte)
        guard header.count <= Inflater.longestHeader else {
            throw GzipError(
                offset: reader.offset, problem: "found a header of more than \(Inflater.longestHeader) bytes")
        }
        return byte
    }

    fileprivate mutating func number(bytes: Int) throws(GzipError) -> Int {
        var value = 0
        for index in 0..<bytes {
            guard let byte = try reader.byte() else { throw cutOff() }
            value |= Int(byte) << (8 * index)
        }
        return value
    }

    private func cutOff() -> GzipError {
        GzipError(offset: reader.offset, problem: "the file ends inside a gzip header or trailer")
    }
}
