/// Many zeros in few bytes: a thousandth of what they unpack to.
package enum GzipBomb {
    /// A gzip file with a wrong checksum: nobody can say which one is right without unpacking it.
    package static func file(start: [UInt8] = [], zeros: Int) -> [UInt8] {
        let begin = start.isEmpty ? [] : [0, UInt8(start.count), 0, ~UInt8(start.count), 255] + start
        let length = (0..<4).map { UInt8(truncatingIfNeeded: (start.count + zeros) >> (8 * $0)) }
        return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + begin + deflated(zeros: zeros) + [0, 0, 0, 0] + length
    }

    /// A zlib stream.
    package static func zlib(zeros: Int) -> [UInt8] {
        // Adler-32 of n zeros: n + 0 in the upper half, 1 in the lower.
        let high = zeros % 65521
        return [0x78, 0x01] + deflated(zeros: zeros) + [UInt8(high >> 8), UInt8(high & 255), 0, 1]
    }

    /// One dynamic block: a zero, then matches of one zero back, the longest of one bit and a bit for the distance.
    private static func deflated(zeros: Int) -> [UInt8] {
        var bits = BitWriter()
        bits.append(1, bits: 1)
        bits.append(2, bits: 2)
        bits.append(286 - 257, bits: 5)
        bits.append(0, bits: 5)
        // Lengths of the code length code, in its order 16, 17, 18, 0, 8, 7, …, 1: 18 has 1 bit, 2 and 1 have 2.
        bits.append(18 - 4, bits: 4)
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
            bits.append([18: 1, 2: 2, 1: 2][symbol] ?? 0, bits: 3)
        }
        // Canonical codes of the code length code: 18 is 0, 1 is 10, 2 is 11.
        func zeroLengths(_ count: Int) {
            bits.append(code: 0, bits: 1)
            bits.append(count - 11, bits: 7)
        }
        func length(_ length: Int) { bits.append(code: length == 1 ? 0b10 : 0b11, bits: 2) }
        // Literal 0 has 2 bits, the end 256 has 2, the length 258 (symbol 285) has 1; the one distance has 1.
        length(2)
        zeroLengths(138)
        zeroLengths(117)
        length(2)
        zeroLengths(28)
        length(1)
        length(1)
        // Canonical codes: 285 is 0, 0 is 10, 256 is 11.
        let matches = (zeros - 1) / 258
        for _ in 0..<zeros - 258 * matches { bits.append(code: 0b10, bits: 2) }
        for _ in 0..<matches { bits.append(0, bits: 2) }
        bits.append(code: 0b11, bits: 2)
        return bits.bytes
    }
}
