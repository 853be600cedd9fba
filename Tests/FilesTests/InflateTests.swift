import LanesFiles
import TestSupport
import Testing

/// Streams that break DEFLATE's rules, each in one way. They stand after a gzip header of ten bytes.
@Suite struct InflateTests {
    @Test func unknownBlockType() {
        expectError(block { $0.append(3, bits: 2) }, offset: 10, "found block type 3, expected 0, 1 or 2")
    }

    @Test func storedLengthAgainstItsComplement() {
        expectError(
            file([1, 6, 0, 0xf8, 0xff]), offset: 11, "stored block's length is 6, but its complement says 7")
    }

    @Test func matchBeforeTheStart() {
        let bytes = block { bits in
            bits.append(1, bits: 2)
            bits.append(code: 0x30, bits: 8)  // a byte 0
            bits.append(code: 1, bits: 7)  // length 3
            bits.append(code: 1, bits: 5)  // distance 2
            bits.append(code: 0, bits: 7)
        }
        expectError(bytes, offset: 12, "found a match 2 bytes back, only 1 bytes came before it")
    }

    /// A second member may not look back into the first.
    @Test func matchBeforeTheMember() {
        let first = GzipFixtures.file(deflated: GzipFixtures.storedBlock, of: Array("stored".utf8))
        let second = block { bits in
            bits.append(1, bits: 2)
            bits.append(code: 1, bits: 7)  // length 3
            bits.append(code: 0, bits: 5)  // distance 1
            bits.append(code: 0, bits: 7)
        }
        expectError(first + second, offset: first.count + 11, "found a match 1 bytes back, only 0 bytes came before")
    }

    @Test(.namingCases)
    func unusedLengthSymbol() {
        forEach([286, 287]) { symbol in
            let bytes = block { bits in
                bits.append(1, bits: 2)
                bits.append(code: 0xc0 + symbol - 280, bits: 8)
                bits.append(0, bits: 16)
            }
            expectError(bytes, offset: 11, "found length symbol \(symbol), expected at most 285")
        }
    }

    @Test(.namingCases)
    func unusedDistanceSymbol() {
        forEach([30, 31]) { symbol in
            let bytes = block { bits in
                bits.append(1, bits: 2)
                bits.append(code: 0x30, bits: 8)
                bits.append(code: 1, bits: 7)
                bits.append(code: symbol, bits: 5)
                bits.append(0, bits: 16)
            }
            expectError(bytes, offset: 12, "found distance symbol \(symbol), expected at most 29")
        }
    }

    @Test(.namingCases)
    func tooManyCodes() {
        forEach([(30, 0), (31, 0), (0, 30), (0, 31)]) { literals, distances in
            let bytes = block { bits in
                bits.append(2, bits: 2)
                bits.append(literals, bits: 5)
                bits.append(distances, bits: 5)
                bits.append(0, bits: 60)
            }
            expectError(
                bytes, offset: 10,
                "found codes for \(257 + literals) literals and lengths and \(1 + distances) distances")
        }
    }

    /// Lengths of the code length code, in the stream's order 16, 17, 18, 0.
    @Test(.namingCases)
    func badCodeLengthCode() {
        forEach(
            [
                ([1, 1, 1, 0], "found an over-subscribed code length code"),
                ([2, 2, 2, 0], "found an incomplete code length code"),
                ([0, 0, 0, 1], "found an incomplete code length code"),
                ([0, 0, 0, 0], "found an incomplete code length code"),
            ] as [([Int], String)]
        ) { lengths, problem in
            expectError(dynamicBlock(codeLengths: lengths) { $0.append(0, bits: 64) }, offset: 10, problem)
        }
    }

    @Test func repeatBeforeTheFirstLength() {
        let bytes = dynamicBlock(codeLengths: [1, 0, 0, 1]) { bits in
            bits.append(code: 1, bits: 1)  // 16: repeat
            bits.append(0, bits: 64)
        }
        expectError(bytes, offset: 13, "found a repeated code length before the first one")
    }

    @Test func moreLengthsThanAnnounced() {
        let bytes = dynamicBlock(codeLengths: [0, 0, 1, 1]) { bits in
            for _ in 0..<2 {
                bits.append(code: 1, bits: 1)  // 18: 138 zeros
                bits.append(127, bits: 7)
            }
            bits.append(0, bits: 64)
        }
        expectError(bytes, offset: 15, "found more than the 258 code lengths announced")
    }

    @Test func noEndOfBlock() {
        let bytes = dynamicBlock(codeLengths: [0, 0, 1, 1]) { bits in
            for zeros in [138, 120] {
                bits.append(code: 1, bits: 1)
                bits.append(zeros - 11, bits: 7)
            }
            bits.append(0, bits: 64)
        }
        expectError(bytes, offset: 10, "found a block without a code for its end")
    }

    /// One literal needs a code all the same, of one bit; a block without matches needs no distance.
    @Test(.namingCases)
    func smallestCodes() {
        forEach(
            [
                ([0: 1, 256: 1], [0, 0, 1], [0, 0]),
                ([256: 1], [0], []),
            ] as [([Int: Int], [Int], [UInt8])]
        ) { lengths, data, content throws in
            let deflated = codedBlock(lengths: lengths, data: data).dropFirst(10)
            let file = GzipFixtures.file(deflated: Array(deflated), of: content)
            #expect(try unpacked(file) == content)
        }
    }

    @Test(.namingCases)
    func badCodes() {
        forEach(
            [
                ([0: 1, 1: 1, 256: 1], "found an over-subscribed literal code"),
                ([0: 2, 256: 1], "found an incomplete literal code"),
                ([256: 2], "found an incomplete literal code"),
                ([0: 1, 256: 1, 257: 2], "found an incomplete distance code"),
            ] as [([Int: Int], String)]
        ) { lengths, problem in
            expectError(codedBlock(lengths: lengths, data: []), offset: 10, problem)
        }
    }

    @Test func bitsThatAreNoCode() {
        let bytes = codedBlock(lengths: [256: 1], data: [1])
        expectError(bytes, offset: bytes.count - 1, "found bits that are no code of the block's Huffman code")
    }

    /// A dynamic block whose literals 0…256 and distance 0, counted as 257, have codes of one or two bits or none.
    private func codedBlock(lengths: [Int: Int], data: [Int]) -> [UInt8] {
        // Of the lengths that can occur, 0 has the code 0, 1 has 10 and 2 has 11.
        let codeLengths = [0, 0, 0, 1] + [Int](repeating: 0, count: 11) + [2, 0, 2]
        return dynamicBlock(codeLengths: codeLengths) { bits in
            for symbol in 0..<258 {
                switch lengths[symbol] {
                case 1: bits.append(code: 0b10, bits: 2)
                case 2: bits.append(code: 0b11, bits: 2)
                default: bits.append(code: 0, bits: 1)
                }
            }
            for bit in data { bits.append(bit, bits: 1) }
        }
    }

    /// A gzip file whose only block is made of the bits after its "last block" bit. Its trailer never gets read.
    private func block(_ write: (inout BitWriter) -> Void) -> [UInt8] {
        var bits = BitWriter()
        bits.append(1, bits: 1)
        write(&bits)
        return file(bits.bytes)
    }

    /// A dynamic block with 257 literals and one distance, and the given code length code.
    private func dynamicBlock(codeLengths: [Int], _ write: (inout BitWriter) -> Void) -> [UInt8] {
        block { bits in
            bits.append(2, bits: 2)
            bits.append(0, bits: 5)
            bits.append(0, bits: 5)
            bits.append(codeLengths.count - 4, bits: 4)
            for length in codeLengths { bits.append(length, bits: 3) }
            write(&bits)
        }
    }

    private func file(_ deflated: [UInt8]) -> [UInt8] {
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + deflated
    }
}
