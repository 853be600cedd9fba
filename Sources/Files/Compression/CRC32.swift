/// The CRC-32 of gzip (RFC 1952, section 8), eight bytes at a time.
package enum CRC32 {
    /// The checksum of the bytes; 0 for none.
    ///
    /// - Parameter earlier: The checksum of the bytes before these.
    package static func checksum(_ bytes: UnsafeRawBufferPointer, after earlier: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~earlier
            let whole = bytes.count / 8 * 8
            for offset in stride(from: 0, to: whole, by: 8) {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let mixed = word ^ UInt64(crc)
                crc = 0
                for byte in 0..<8 {
                    crc ^= tables[(7 - byte) * 256 + Int((mixed &>> UInt64(8 * byte)) & 255)]
                }
            }
            for offset in whole..<bytes.count {
                crc = tables[Int((crc ^ UInt32(bytes[offset])) & 255)] ^ (crc &>> 8)
            }
            return ~crc
        }
    }

    /// The checksum of the bytes; 0 for none.
    ///
    /// - Parameter earlier: The checksum of the bytes before these.
    package static func checksum(_ bytes: [UInt8], after earlier: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, after: earlier) }
    }

    /// Eight tables of 256 ("slicing by eight"): table n is the remainder of a byte that n zero bytes follow.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            tables[byte] = (0..<8).reduce(UInt32(byte)) { crc, _ in (crc & 1) * 0xEDB8_8320 ^ (crc >> 1) }
        }
        for index in 256..<tables.count {
            let shorter = tables[index - 256]
            tables[index] = tables[Int(shorter & 255)] ^ (shorter >> 8)
        }
        return tables
    }()
}
