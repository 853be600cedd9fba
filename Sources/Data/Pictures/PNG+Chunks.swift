import LanesFiles

extension PNG {
    /// Reads the chunks of a file one after another: big-endian length of the body, type, body, CRC-32 of type and body.
    /// It stands at a chunk whose body is taken, piece by piece or whole, before it moves to the next one.
    final class ChunkReader {
        let file: ByteReader
        /// Four letters; a capital first one means that nobody can show the image without knowing the type.
        private(set) var type = ""
        /// How many bytes of the body have not been taken.
        private(set) var left = 0
        private var length = 0
        private var start = 0
        private var checksum: UInt32 = 0

        private static let longestPiece = 1 << 16

        /// Reads the first chunk's beginning.
        ///
        /// - Parameter file: It has been read up to the end of the signature.
        init(_ file: ByteReader) { self.file = file }

        /// Moves to the next chunk; the body of this one must have been taken.
        func next() throws(ImageError) {
            start = file.position
            let head = try ImageError.reading { () throws(FileError) in try file.read(8) }
            guard head.count == 8 else {
                throw ImageError(problem: "the file is cut off at byte \(file.position), before its end chunk IEND")
            }
            let letters = head[4...]
            guard letters.allSatisfy({ (0x41...0x5a).contains($0 & ~0x20) }) else {
                throw ImageError(
                    problem: "found bytes \(Array(letters)) at byte \(start + 4), expected a type of four letters")
            }
            type = String(decoding: letters, as: UTF8.self)
            length = Int(PNG.bigEndian32(head[..<4]))
            guard length < 1 << 31 else { throw misplaced("of \(length) bytes, expected less than 2³¹") }
            left = length
            checksum = CRC32.checksum(Array(letters))
            if let held = file.remaining, held < length + 4 { throw cutOff(at: file.position + held) }
            if left == 0 { try checkChecksum() }
        }

        /// The next bytes of the body; none at its end. With the last ones the checksum is verified.
        func piece() throws(ImageError) -> [UInt8] {
            guard left > 0 else { return [] }
            let wanted = min(left, ChunkReader.longestPiece)
            let bytes = try ImageError.reading { () throws(FileError) in try file.read(wanted) }
            guard bytes.count == wanted else { throw cutOff(at: file.position) }
            left -= bytes.count
            checksum = CRC32.checksum(bytes, after: checksum)
            if left == 0 { try checkChecksum() }
            return bytes
        }

        /// The whole body.
        func body(atMost most: Int) throws(ImageError) -> [UInt8] {
            guard length <= most else { throw misplaced("of \(length) bytes, expected at most \(most)") }
            var body: [UInt8] = []
            while left > 0 { body += try piece() }
            return body
        }

        /// Passes over a chunk without which the image can be shown, and refuses any other one.
        func skipAncillary() throws(ImageError) {
            // The type is of ASCII letters, so it has a first one.
            guard type.first?.isLowercase == true else {
                throw ImageError(problem: "found chunk \(type) after the header, expected PLTE, IDAT or IEND")
            }
            while left > 0 { _ = try piece() }
        }

        /// What is wrong with this chunk.
        func misplaced(_ problem: String) -> ImageError {
            ImageError(problem: "found chunk \(type) at byte \(start): \(problem)")
        }

        private func checkChecksum() throws(ImageError) {
            let stated = try ImageError.reading { () throws(FileError) in try file.read(4) }
            guard stated.count == 4 else { throw cutOff(at: file.position) }
            guard PNG.bigEndian32(stated[...]) == checksum else {
                throw ImageError(
                    problem: "chunk \(type) at byte \(start) says CRC-32 \(PNG.bigEndian32(stated[...])), "
                        + "its bytes have \(checksum)")
            }
        }

        private func cutOff(at end: Int) -> ImageError {
            ImageError(
                problem: "the file is cut off at byte \(end), inside chunk \(type) at byte \(start), which has "
                    + "\(length) bytes and a checksum")
        }
    }

    /// The bodies of consecutive chunks IDAT, the first of which the reader stands at. At their end it stands at the
    /// chunk after them.
    final class ImageData: ByteStream {
        private let chunks: ChunkReader

        init(_ chunks: ChunkReader) { self.chunks = chunks }

        /// How many chunks there are only reading tells.
        var remaining: Int? { nil }

        func next() throws(FileError) -> [UInt8] {
            do throws(ImageError) {
                while chunks.type == "IDAT" {
                    let piece = try chunks.piece()
                    if !piece.isEmpty { return piece }
                    try chunks.next()
                }
                return []
            } catch {
                throw error.cause ?? chunks.file.error(error.problem)
            }
        }
    }

    /// The bytes of a chunk as they stand in a file.
    static func chunk(type: String, body: [UInt8]) -> [UInt8] {
        let checked = Array(type.utf8) + body
        return bigEndian(UInt32(body.count)) + checked + bigEndian(CRC32.checksum(checked))
    }

    static func bigEndian32(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
