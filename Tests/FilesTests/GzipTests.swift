import LanesFiles
import TestSupport
import Testing

@Suite struct GzipTests {
    @Test(.namingCases)
    static func blockKindsCases() {
        forEach(GzipFixtures.Block.allCases) { try Self().blockKinds(block: $0) }
    }

    func blockKinds(block: GzipFixtures.Block) throws {
        let file = GzipFixtures.file(deflated: block.deflated, of: block.content)
        #expect(try unpacked(file) == block.content)
    }

    /// A stored block after a compressed one begins at a whole byte.
    @Test func blocksInSequence() throws {
        var bits = BitWriter()
        bits.append(0, bits: 1)
        bits.append(1, bits: 2)
        bits.append(code: 0x30 + 0x41, bits: 8)  // "A" in the fixed code
        bits.append(code: 0, bits: 7)
        bits.append(0, bits: 3)
        let deflated = bits.bytes + [1, 0, 0xfe, 0xff, 0x42] + GzipFixtures.fixedBlock
        let content = Array("ABhello hello hello hello\n".utf8)
        #expect(try unpacked(GzipFixtures.file(deflated: deflated, of: content)) == content)
    }

    @Test func severalMembers() throws {
        let file =
            GzipFixtures.file(deflated: GzipFixtures.storedBlock, of: Array("stored".utf8))
            + GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [])
            + GzipFixtures.file(deflated: GzipFixtures.dynamicBlock, of: GzipFixtures.text)
        #expect(try unpacked(file) == Array("stored".utf8) + GzipFixtures.text)
    }

    @Test func longStoredContent() throws {
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(try unpacked(GzipFixtures.stored(content)) == content)
    }

    /// Extra field, name, comment and header checksum, each alone and all together.
    @Test(.namingCases)
    static func headerFieldsCases() {
        forEach([4, 8, 16, 2, 30]) { try Self().headerFields(flags: $0) }
    }

    func headerFields(flags: UInt8) throws {
        var fields: [UInt8] = []
        if flags & 4 != 0 { fields += [3, 0, 9, 9, 9] }
        if flags & 8 != 0 { fields += Array("name".utf8) + [0] }
        if flags & 16 != 0 { fields += Array("comment".utf8) + [0] }
        if flags & 2 != 0 {
            let checksum = CRC32.checksum([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255] + fields)
            fields += [UInt8(checksum & 255), UInt8(checksum >> 8 & 255)]
        }
        let content = Array("stored".utf8)
        let file = GzipFixtures.file(
            deflated: GzipFixtures.storedBlock, of: content, flags: flags, fields: fields)
        #expect(try unpacked(file) == content)
    }

    @Test func wrongHeaderChecksum() {
        expectError(
            GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [], flags: 2, fields: [1, 2]),
            offset: 10, "found header checksum 513")
    }

    @Test(.namingCases)
    func brokenHeader() {
        forEach(
            [
                (0, 0x1e, "found byte 30, expected 31 as in gzip's magic number"),
                (1, 0, "found byte 0, expected 139 as in gzip's magic number"),
                (2, 9, "found byte 9, expected 8 as in compression method 8"),
                (3, 0x20, "found reserved flags set in 32"),
            ] as [(Int, UInt8, String)]
        ) { offset, byte, problem in
            var file = GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [])
            file[offset] = byte
            expectError(file, offset: offset, problem)
        }
    }

    @Test func brokenTrailer() {
        let file = GzipFixtures.file(deflated: GzipFixtures.storedBlock, of: Array("stored".utf8))
        var wrongChecksum = file
        wrongChecksum[21] ^= 1
        expectError(wrongChecksum, offset: 21, "trailer says CRC-32 0x")
        var wrongLength = file
        wrongLength[25] = 7
        expectError(wrongLength, offset: 25, "trailer says 7 bytes, the data unpacks to 6")
    }

    @Test func bytesAfterTheEnd() {
        let file = GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [])
        expectError(file + [0, 0, 0], offset: 20, "found byte 0, expected 31 as in gzip's magic number")
    }

    /// A kilobyte of zeros costs a millionth of it in the file: what comes out must come in pieces.
    @Test func contentComesInPieces() throws {
        let stream = GzipStream(
            MemoryStream(GzipFixtures.file(deflated: GzipFixtures.bombBlock, of: GzipFixtures.Block.bomb.content)),
            name: "bomb")
        var (count, longest) = (0, 0)
        while case let piece = try stream.next(), !piece.isEmpty {
            count += piece.count
            longest = max(longest, piece.count)
        }
        #expect(count == 100_000)
        #expect(longest < 1 << 17)
    }

    /// A name that never ends must not be kept.
    @Test func endlessName() {
        let file: [UInt8] = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255] + [UInt8](repeating: 65, count: 1 << 21)
        expectError(file, offset: 1 << 20 + 1, "found a header of more than 1048576 bytes")
    }

    /// Wherever the file is cut into pieces, the same comes out.
    @Test(.namingCases)
    static func piecesOfTheFileCases() {
        forEach([1, 2, 3, 7, 8, 9, 64]) { try Self().piecesOfTheFile(length: $0) }
    }

    func piecesOfTheFile(length: Int) throws {
        for block in GzipFixtures.Block.allCases {
            let file = GzipFixtures.file(deflated: block.deflated, of: block.content)
            let stream = GzipStream(Pieces(file + file, length: length), name: "pieces")
            #expect(try ByteReader(stream, name: "pieces").read(.max) == block.content + block.content)
        }
    }

    @Test(.namingCases)
    func everyTruncationThrows() {
        forEach([.dynamic, .fixed, .stored, .empty] as [GzipFixtures.Block]) { block in
            let (deflated, content) = (block.deflated, block.content)
            let file = GzipFixtures.file(
                deflated: deflated, of: content, flags: 12, fields: [2, 0, 7, 7] + Array("name".utf8) + [0])
            for length in 0..<file.count {
                #expect(throws: GzipError.self, "cut to \(length) bytes") {
                    try unpacked(Array(file.prefix(length)))
                }
            }
        }
    }

    /// A changed bit either lies where it does not matter (the time, say) or is found.
    @Test(.namingCases)
    func everyFlippedBitIsFoundOrHarmless() {
        forEach([.dynamic, .fixed, .stored] as [GzipFixtures.Block]) { block in
            let (deflated, content) = (block.deflated, block.content)
            let file = GzipFixtures.file(deflated: deflated, of: content)
            for bit in 0..<8 * file.count {
                var changed = file
                changed[bit / 8] ^= 1 << (bit % 8)
                expectErrorOrContent(changed, content)
            }
        }
    }

    private func expectErrorOrContent(_ file: [UInt8], _ content: [UInt8]) {
        do {
            let found = try unpacked(file)
            // One comparison in place of an expectation for each of thousands of files.
            if found != content { Issue.record("\(file) gave \(found)") }
        } catch {
            // `error` is a GzipError, by its type.
        }
    }
}

/// The content of a gzip file.
func unpacked(_ file: [UInt8]) throws(GzipError) -> [UInt8] {
    let stream = GzipStream(MemoryStream(file), name: "test")
    var content: [UInt8] = []
    while true {
        let piece = try stream.unpack()
        if piece.isEmpty { return content }
        content += piece
    }
}

/// Expects an error at the place whose text begins so.
func expectError(
    _ file: [UInt8], offset: Int, _ problem: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = #expect(throws: GzipError.self, sourceLocation: sourceLocation) {
        try unpacked(file)
    }
    #expect(error?.offset == offset, sourceLocation: sourceLocation)
    #expect(error?.problem.hasPrefix(problem) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
}
