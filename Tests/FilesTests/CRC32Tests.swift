import LanesFiles
import TestSupport
import Testing

@Suite struct CRC32Tests {
    /// The check value that is quoted with every CRC: of the digits 1 to 9.
    @Test func checkValue() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xcbf4_3926)
    }

    /// Lengths around the eight bytes that are taken at a time; values from Python's zlib.
    @Test(.namingCases)
    static func lengthsCases() {
        forEach(
            [
                (0, 0), (1, 0x4b0b_be37), (7, 0x5449_1cdb), (8, 0xe2e3_5978), (9, 0x3d35_1cfe), (15, 0x7c61_9edc),
                (16, 0x191f_3d9f), (17, 0x7ba7_5ee3), (1000, 0x17bc_2a46),
            ] as [(Int, UInt32)]
        ) { Self().lengths(length: $0, checksum: $1) }
    }

    func lengths(length: Int, checksum: UInt32) {
        #expect(CRC32.checksum((0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }) == checksum)
    }
}
