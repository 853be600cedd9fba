import LanesFiles

extension PNG {
    /// One chunk of a file: big-endian length of the body, type, body, CRC-32 of type and body.
    struct Chunk {
        /// Four letters; a capital first one means that nobody can show the image without knowing the type.
        let type: String
        let body: ArraySlice<UInt8>

        /// Refuses a chunk that has no place where it stands and may not be skipped.
        func checkIsAncillary() throws(ImageError) {
            // `type` holds four ASCII letters, so it has a first one.
            guard type.first?.isLowercase == true else {
                throw ImageError(problem: "found chunk \(type) after the header, expected PLTE, IDAT or IEND")
            }
        }

        /// The bytes of a chunk as they stand in a file.
        static func file(type: String, body: [UInt8]) -> [UInt8] {
            let checked = Array(type.utf8) + body
            return bigEndian(UInt32(body.count)) + checked + bigEndian(CRC32.checksum(checked))
        }
    }

    /// Reads the chunks of a file one after another and verifies their checksums.
    struct ChunkReader {
        private let file: [UInt8]
        private var offset = PNG.signature.count

        /// - Parameter file: A file that begins with the signature.
        init(_ file: [UInt8]) { self.file = file }

        mutating func next() throws(ImageError) -> Chunk {
            guard file.count - offset >= 8 else {
                throw ImageError(problem: "the file is cut off at byte \(file.count), before its end chunk IEND")
            }
            let length = Int(PNG.bigEndian32(file[offset..<offset + 4]))
            let letters = file[offset + 4..<offset + 8]
            guard letters.allSatisfy({ (0x41...0x5a).contains($0 & ~0x20) }) else {
                throw ImageError(
                    problem: "found bytes \(Array(letters)) at byte \(offset + 4), expected a type of four letters")
            }
            let type = String(decoding: letters, as: UTF8.self)
            let bodyStart = offset + 8
            guard file.count - bodyStart >= length + 4 else {
                throw ImageError(
                    problem: "the file is cut off at byte \(file.count), inside chunk \(type) at byte \(offset), "
                        + "which has \(length) bytes and a checksum")
            }
            let bodyEnd = bodyStart + length
            let stated = PNG.bigEndian32(file[bodyEnd..<bodyEnd + 4])
            let actual = file.withUnsafeBytes {
                CRC32.checksum(UnsafeRawBufferPointer(rebasing: $0[offset + 4..<bodyEnd]))
            }
            guard stated == actual else {
                throw ImageError(
                    problem: "chunk \(type) at byte \(offset) says CRC-32 \(stated), its bytes have \(actual)")
            }
            offset = bodyEnd + 4
            return Chunk(type: type, body: file[bodyStart..<bodyEnd])
        }
    }

    static func bigEndian32(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
