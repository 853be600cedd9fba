import LanesFiles
import LanesKernels
import TestSupport
import Testing

@Suite struct GzipTests {
    @Test(.namingCases)
    static func blockKindsCases() {
        forEach(GzipFixtures.Block.allCases) { try Self().blockKinds(block: $0) }
    }

    func blockKinds(block: GzipFixtures.Block) throws {
        let file = GzipFixtures.file(deflated: block.deflated, of: block.content)
        #expect(try Gzip.decompress(file, limit: block.content.count) == block.content)
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
        #expect(try Gzip.decompress(GzipFixtures.file(deflated: deflated, of: content), limit: 100) == content)
    }

    @Test func severalMembers() throws {
        let file =
            GzipFixtures.file(deflated: GzipFixtures.storedBlock, of: Array("stored".utf8))
            + GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [])
            + GzipFixtures.file(deflated: GzipFixtures.dynamicBlock, of: GzipFixtures.text)
        #expect(try Gzip.decompress(file, limit: 10_000) == Array("stored".utf8) + GzipFixtures.text)
    }

    @Test func longStoredContent() throws {
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(try Gzip.decompress(GzipFixtures.stored(content), limit: .max) == content)
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
        #expect(try Gzip.decompress(file, limit: 6) == content)
    }

    @Test func wrongHeaderChecksum() {
        expectError(
            GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [], flags: 2, fields: [1, 2]),
            offset: 10, "found header checksum 513")
    }

    @Test(
        arguments: [
            (0, 0x1e, "found byte 30, expected 31 as in gzip's magic number"),
            (1, 0, "found byte 0, expected 139 as in gzip's magic number"),
            (2, 9, "found byte 9, expected 8 as in compression method 8"),
            (3, 0x20, "found reserved flags set in 32"),
        ] as [(Int, UInt8, String)])
    func brokenHeader(offset: Int, byte: UInt8, problem: String) {
        var file = GzipFixtures.file(deflated: GzipFixtures.emptyBlock, of: [])
        file[offset] = byte
        expectError(file, offset: offset, problem)
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

    @Test(arguments: [.bomb, .dynamic, .stored] as [GzipFixtures.Block])
    func limit(block: GzipFixtures.Block) {
        let (deflated, content) = (block.deflated, block.content)
        let file = GzipFixtures.file(deflated: deflated, of: content)
        for limit in [0, 1, content.count / 2, content.count - 1] {
            let error = #expect(throws: GzipError.self) { try Gzip.decompress(file, limit: limit) }
            #expect(error?.problem == "the data unpacks to more than the \(limit) bytes allowed")
        }
    }

    @Test(arguments: [.dynamic, .fixed, .stored, .empty] as [GzipFixtures.Block])
    func everyTruncationThrows(block: GzipFixtures.Block) {
        let (deflated, content) = (block.deflated, block.content)
        let file = GzipFixtures.file(
            deflated: deflated, of: content, flags: 12, fields: [2, 0, 7, 7] + Array("name".utf8) + [0])
        for length in 0..<file.count {
            #expect(throws: GzipError.self, "cut to \(length) bytes") {
                try Gzip.decompress(Array(file.prefix(length)), limit: 10_000)
            }
        }
    }

    /// A changed bit either lies where it does not matter (the time, say) or is found.
    @Test(arguments: [.dynamic, .fixed, .stored] as [GzipFixtures.Block])
    func everyFlippedBitIsFoundOrHarmless(block: GzipFixtures.Block) {
        let (deflated, content) = (block.deflated, block.content)
        let file = GzipFixtures.file(deflated: deflated, of: content)
        for bit in 0..<8 * file.count {
            var changed = file
            changed[bit / 8] ^= 1 << (bit % 8)
            expectErrorOrContent(changed, content)
        }
    }

    @Test func randomChangesAreFoundOrHarmless() {
        let file = GzipFixtures.file(deflated: GzipFixtures.dynamicBlock, of: GzipFixtures.text)
        for index in 0..<3000 {
            var random = RandomStream(seed: 1, purpose: .split, index: index)
            var changed = file
            for _ in 0...random.integer(below: 8) {
                changed[random.integer(below: file.count)] = UInt8(random.integer(below: 256))
            }
            expectErrorOrContent(changed, GzipFixtures.text)
        }
    }

    private func expectErrorOrContent(_ file: [UInt8], _ content: [UInt8]) {
        do {
            let found = try Gzip.decompress(file, limit: 1_000_000)
            // One comparison in place of an expectation for each of thousands of files.
            if found != content { Issue.record("\(file) gave \(found)") }
        } catch {
            // `error` is a GzipError, by its type.
        }
    }
}

/// Expects an error at the place whose text begins so.
func expectError(
    _ file: [UInt8], offset: Int, _ problem: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = #expect(throws: GzipError.self, sourceLocation: sourceLocation) {
        try Gzip.decompress(file, limit: 1000)
    }
    #expect(error?.offset == offset, sourceLocation: sourceLocation)
    #expect(error?.problem.hasPrefix(problem) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
}
