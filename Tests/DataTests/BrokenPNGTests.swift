import LanesData
import LanesFiles
import LanesTraining
import TestSupport
import Testing

/// PNG files that break the format, each in one way.
@Suite struct BrokenPNGTests {
    private typealias Chunks = [(type: String, body: [UInt8])]

    @Test(arguments: ["gray8", "palette4", "rgba16"])
    func everyPrefix(name: String) throws {
        let file = PNGFixtures.file(name)
        try #require(file.count > 100)
        for length in 0..<file.count {
            let error = #expect(throws: FileError.self, "cut to \(length) bytes") {
                try GrayImage.decode(Array(file[..<length]), name: "cut.png")
            }
            guard length >= 8, case .badData("cut.png", let problem) = error else { continue }
            #expect(problem.hasPrefix("the file is cut off at byte \(length), "))
        }
    }

    /// Every byte of the signature and of the chunks is covered by a check; lengths lead to wrong checksums or an early
    /// end.
    @Test func everyByteChanged() {
        let file = PNGFixtures.file("gray8")
        for offset in file.indices {
            var changed = file
            changed[offset] ^= 0x21
            #expect(throws: FileError.self, "byte \(offset)") { try GrayImage.decode(changed, name: "changed.png") }
        }
    }

    /// Whatever the compressed bytes are, the decoder throws or not, but never traps.
    @Test func everyCompressedByteChangedWithRightChecksums() {
        var chunks = PNGFixtures.chunks(PNGFixtures.file("palette4"))
        for index in chunks.indices where chunks[index].type != "IEND" {
            for offset in chunks[index].body.indices {
                for mask: UInt8 in [0x01, 0x80, 0xff] {
                    chunks[index].body[offset] ^= mask
                    _ = try? GrayImage.decode(PNGFixtures.file(of: chunks), name: "changed.png")
                    chunks[index].body[offset] ^= mask
                }
            }
        }
    }

    @Test func wrongChecksum() {
        var file = PNGFixtures.file("gray8")
        file[16] ^= 1
        expectProblem(file, "chunk IHDR at byte 8 says CRC-32 ")
    }

    /// Offsets are those of the chunk's body: width, height, depth, colour type, compression, filter, interlacing.
    @Test(.namingCases)
    static func headersCases() {
        forEach(
            [
                (0, [0, 0, 0, 0], "header says 6×0 pixels, expected at least one"),
                (0, [255, 255, 255, 255], "header says 6×4294967295 pixels, expected at most 65536"),
                (0, [255, 255, 255, 255, 255, 255, 255, 255], "header says 4294967295×4294967295 pixels, "),
                (0, [0, 0, 0x20, 0, 0, 0, 0x20, 1], "header says 8193×8192 pixels, expected at most 65536 in a row"),
                (0, [0, 0, 0x20, 0, 0, 0, 0x20, 0], "header says 8192×8192 pixels (67117056 bytes), the image data"),
                (4, [0, 0, 0, 7], "header says 7×7 pixels (56 bytes), the image data unpacks to 48"),
                (4, [0, 0, 0, 5], "header says 5×7 pixels (40 bytes), the image data unpacks to more"),
                (8, [3], "header says colour type 0 with 3 bits, which PNG does not have"),
                (8, [4, 2], "header says colour type 2 with 4 bits, which PNG does not have"),
                (9, [7], "header says colour type 7 with 8 bits, which PNG does not have"),
                (10, [1], "header says compression 1 and filter 0, expected 0 and 0"),
                (11, [1], "header says compression 0 and filter 1, expected 0 and 0"),
                (12, [1], "found filter 37 in row 0, expected 0…4"),
                (12, [2], "header says interlacing 2, which PNG does not have"),
            ] as [(Int, [UInt8], String)]
        ) { Self().headers(offset: $0, bytes: $1, problem: $2) }
    }

    func headers(offset: Int, bytes: [UInt8], problem: String) {
        let file = changed("gray8") { $0[0].body.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        expectProblem(file, problem)
    }

    @Test func wrongChunks() {
        expectProblem(changed("gray8") { $0.removeFirst() }, "found chunk tEXt of 13 bytes first, expected IHDR")
        expectProblem(changed("gray8") { $0[0].body.append(0) }, "found chunk IHDR of 14 bytes first, expected IHDR")
        expectProblem(changed("gray8") { $0.insert($0[0], at: 1) }, "found chunk IHDR after the header, expected PLTE")
        expectProblem(changed("gray8") { $0[1].type = "TEXT" }, "found chunk TEXT after the header, expected PLTE")
        expectProblem(
            changed("gray8") { $0[1].type = "t\0xt" }, "found bytes [116, 0, 120, 116] at byte 37, expected a type of")
        expectProblem(changed("gray8") { $0.removeLast() }, "the file is cut off at byte 146, before its end")
        expectProblem(
            changed("gray8") { $0[5].body = [0] }, "found chunk IEND at byte 146: of 1 bytes, expected at most 0")
        expectProblem(changed("gray8") { $0.insert($0[1], at: 3) }, "the compressed data is cut off")
        expectProblem(
            changed("gray8") { $0.insert(contentsOf: [$0[1], $0[2]], at: 5) }, "expected it before the image")
        expectProblem(changed("gray8") { $0.insert(("IDAT", [0]), at: 5) }, "found bytes after the checksum")
        expectProblem(
            changed("gray8") {
                $0.insert(("qQQq", [0]), at: 5); $0[5].type = "QQQQ"
            }, "found chunk QQQQ after")
        // 2³¹ bytes, which is more than a chunk may have; then what a chunk may have.
        for (size, problem) in [(UInt8(0x80), "of 2147483648 bytes, expected less than 2³¹"), (0x7f, "is cut off at")] {
            var file = PNGFixtures.file("gray8")
            file.replaceSubrange(33..<37, with: [size, 0, 0, 0])
            expectProblem(file, problem)
        }
    }

    /// What a decoder need not know it passes over, wherever it stands, except within the image data.
    @Test(arguments: [1, 2, 5])
    func unknownAncillaryChunks(place: Int) throws {
        let file = changed("gray8") { $0.insert(("quQq", [UInt8](repeating: 7, count: 100_000)), at: place) }
        #expect(try GrayImage.decode(file, name: "test") == GrayImage.decode(PNGFixtures.file("gray8"), name: "test"))
    }

    /// Only as many bits as a sample has count, whatever stands above them.
    @Test func transparentColorIsMasked() throws {
        let file = PNGFixtures.file("transparentGray8")
        let changed = changed("transparentGray8") { $0[2].body[0] = 0xf0 }
        #expect(try GrayImage.decode(changed, name: "test") == GrayImage.decode(file, name: "test"))
    }

    /// A picture of 4096×4096 pixels of 64 bits, all of them 0: 134 MB in a thousandth of that. Only what is asked for,
    /// a byte a pixel, may take memory.
    @Test(arguments: [false, true])
    func greatPicture(isPackedTwice: Bool) throws {
        let rows = 4096 * (1 + 8 * 4096)
        var header = PNGFixtures.chunks(PNGFixtures.file("rgba16"))[0]
        header.body.replaceSubrange(0..<8, with: [0, 0, 0x10, 0, 0, 0, 0x10, 0])
        let file = PNGFixtures.file(of: [header, ("IDAT", GzipBomb.zlib(zeros: rows)), ("IEND", [])])
        let content = isPackedTwice ? GzipFixtures.stored(file) : file
        let directory = try TemporaryDirectory()
        let path = try directory.write(content, to: "great.png")
        let picture = try expectLittleMemory(beside: 1 << 24) { try Picture.load(path, color: .gray) }
        #expect(picture.pixels.count == 1 << 24)
        #expect(picture.pixels.allSatisfy { $0 == 255 })
    }

    @Test func wrongZlibStream() {
        expectProblem(
            changed("gray8") { $0[2].body[0] = 0x79 },
            "at byte 0 of the image data: found bytes 121 and 218, expected a zlib header")
        expectProblem(
            changed("gray8") { $0[4].body[$0[4].body.count - 1] ^= 1 }, "of the image data: found Adler-32 ")
        expectProblem(changed("gray8") { $0[4].body.removeLast() }, "of the image data: the checksum is cut off")
        expectProblem(changed("gray8") { $0.remove(at: 4) }, "of the image data: the compressed data is cut off")
        expectProblem(
            changed("gray8") { $0.replaceSubrange(2...4, with: [("IDAT", [])]) },
            "at byte 0 of the image data: the zlib header is cut off")
        expectProblem(changed("gray8") { $0.removeSubrange(2...4) }, "found the end chunk IEND, expected image data")
    }

    @Test func wrongPalettes() {
        let bad = "expected three for each of 1…256 colours"
        expectProblem(changed("palette8") { $0.remove(at: 2) }, "found no palette before the image data")
        expectProblem(changed("palette8") { $0[2].body.removeLast() }, "found a palette of 599 bytes, " + bad)
        expectProblem(changed("palette8") { $0[2].body = [] }, "found a palette of 0 bytes, " + bad)
        expectProblem(changed("palette8") { $0[2].body += $0[2].body }, "of 1200 bytes, expected at most 768")
        expectProblem(
            changed("palette4") { $0[2].body += [1, 2, 3] },
            "found a palette of 51 bytes, expected three for each of 1…16 colours")
        expectProblem(changed("palette4") { $0.insert($0[2], at: 2) }, "found chunk PLTE at byte 118: a second palette")
        expectProblem(changed("palette4") { $0.append($0.remove(at: 2)) }, "found no palette before the image data")
        expectProblem(changed("rgb8") { $0.insert(("PLTE", [1, 2, 3]), at: $0.count - 1) }, "found chunk PLTE at byte")
        expectProblem(changed("rgb8") { $0.insert(("PLTE", [1, 2]), at: 1) }, "found a palette of 2 bytes, " + bad)
        for name in ["gray8", "grayAlpha8"] {
            expectProblem(
                changed(name) { $0.insert(("PLTE", [1, 2, 3]), at: 1) },
                "found a palette in a grey image, expected none")
        }
        expectProblem(changed("palette4") { $0[2].body.removeLast(3) }, "found colour 15 in a pixel, the palette has")
        expectProblem(
            changed("transparentPalette2") { $0[3].body = [1, 2, 3, 4, 5] },
            "found transparencies of 5 colours, the palette before them has 4")
        expectProblem(
            changed("transparentPalette2") { $0[3].body = [] },
            "found transparencies of 0 colours, the palette before them has 4")
        expectProblem(
            changed("transparentPalette2") { $0.swapAt(2, 3) },
            "found transparencies of 2 colours, the palette before them has 0")
        for name in ["transparentPalette2", "transparentGray8"] {
            expectProblem(
                changed(name) { chunks in
                    let place = chunks.firstIndex { $0.type == "tRNS" } ?? 0
                    chunks.insert(chunks[place], at: place)
                }, "transparencies twice, expected them once")
            expectProblem(
                changed(name) { chunks in
                    let place = chunks.firstIndex { $0.type == "tRNS" } ?? 0
                    chunks.insert(chunks.remove(at: place), at: chunks.count - 1)
                }, "expected it before the image data's end")
        }
        for name in ["grayAlpha8", "rgba16"] {
            expectProblem(
                changed(name) { $0.insert(("tRNS", [0, 1]), at: 1) },
                "found a transparent colour in an image with alpha, expected none")
        }
        expectProblem(changed("transparentRGB16") { $0[2].body += [0, 0] }, "of 8 bytes, expected 6")
        expectProblem(
            changed("transparentGray8") { $0[2].body = [1] }, "found a transparent colour of 1 bytes, expected 2")
    }

    /// A stored block of rows, the second with a filter that PNG does not have.
    @Test func unknownFilter() throws {
        let image = try GrayImage(height: 2, width: 1, pixels: [0, 0], name: "test")
        var chunks = PNGFixtures.chunks(PNG.encode(image))
        // Zlib's header, the block's, a row, then the filter; the checksum's two sums grow by 5, one as often as bytes
        // follow.
        chunks[1].body[2 + 5 + 2] = 5
        chunks[1].body.replaceSubrange(11..<15, with: [0, 4 + 2 * 5, 0, 1 + 5])
        expectProblem(PNGFixtures.file(of: chunks), "found filter 5 in row 1, expected 0…4")
    }

    /// The fixture with its chunks changed and their checksums right.
    private func changed(_ name: String, _ change: (inout Chunks) -> Void) -> [UInt8] {
        var chunks = PNGFixtures.chunks(PNGFixtures.file(name))
        change(&chunks)
        return PNGFixtures.file(of: chunks)
    }
}

/// The content must be refused with a problem that holds the text.
func expectProblem(_ content: [UInt8], _ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) {
        try GrayImage.decode(content, name: "test")
    }
    guard let error else { return }
    guard case .badData("test", let problem) = error, problem.contains(text) else {
        Issue.record("found \(error), expected \(text)", sourceLocation: sourceLocation)
        return
    }
}
