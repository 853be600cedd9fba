import LanesData
import LanesFiles
import LanesTraining
import TestSupport
import Testing

@Suite struct NetpbmTests {
    @Test(.namingCases)
    static func readsCases() {
        forEach(
            [
                ("P5 3 2 255\n", [0, 1, 2, 253, 254, 255], [0, 1, 2, 253, 254, 255]),
                // White space of every kind, and comments wherever a header has white space.
                (
                    "P5#one\n# two\r\n3\t#three 9\n\u{0b}2\u{0c}\n255 ", [9, 10, 32, 35, 48, 13],
                    [9, 10, 32, 35, 48, 13]
                ),
                // 255·level/100 rounded.
                ("P5 2 1 100\n", [50, 99], [128, 252]),
                ("P5 1 2 1\n", [0, 1], [0, 255]),
                // Two bytes a pixel; 255·level/1000 rounded.
                ("P5 2 1 1000\n", [0x03, 0xe8, 0x01, 0xf4], [255, 128]),
                ("P5 2 1 65535\n", [0xff, 0xff, 0x01, 0x01], [255, 1]),
                ("P5 1 1 255\n", [7, 80, 53], [7]),
                ("P2 3 2 15 0 1\n 2#\n13 14 15", [], [0, 17, 34, 221, 238, 255]),
                ("P2\n1 1\n65535\n32768\n", [], [128]),
            ] as [(String, [UInt8], [UInt8])]
        ) { try Self().reads(header: $0, raster: $1, pixels: $2) }
    }

    func reads(header: String, raster: [UInt8], pixels: [UInt8]) throws {
        let image = try GrayImage.decode(Array(header.utf8) + raster, name: "test.pgm")
        #expect(image.pixels == pixels)
        #expect(image.height * image.width == pixels.count)
    }

    /// Colours as they are, and as luma: 0.299·10 + 0.587·20 + 0.114·30 = 18.15.
    @Test(
        arguments: [
            ("P6 2 1 255\n", [10, 20, 30, 255, 255, 255], [10, 20, 30, 255, 255, 255], [18, 255]),
            ("P6 1 1 1000\n", [3, 0xe8, 1, 0xf4, 0, 0], [255, 128, 0], [151]),
            ("P3 1 2 9 9 0 0 # blue\n0 0 9", [], [255, 0, 0, 0, 0, 255], [76, 29]),
        ] as [(String, [UInt8], [UInt8], [UInt8])])
    func colors(header: String, raster: [UInt8], pixels: [UInt8], grays: [UInt8]) throws {
        let file = Array(header.utf8) + raster
        #expect(try Picture.decode(file, color: .rgb, name: "test.ppm").pixels == pixels)
        #expect(try GrayImage.decode(file, name: "test.ppm").pixels == grays)
    }

    @Test func graysBecomeEqualColors() throws {
        let picture = try Picture.decode(Array("P2 2 1 255 7 200".utf8), color: .rgb, name: "test.pgm")
        #expect(picture.pixels == [7, 7, 7, 200, 200, 200])
    }

    @Test func rowsLieOneAfterAnother() throws {
        let image = try GrayImage.decode(Array("P2 3 2 9 1 2 3 4 5 6".utf8), name: "test.pgm")
        #expect(image.height == 2)
        #expect(image.width == 3)
    }

    @Test func everyPrefix() {
        let file = Array("P5 3 2 300 ".utf8) + [UInt8](repeating: 1, count: 12)
        for length in 0..<file.count {
            #expect(throws: FileError.self, "cut to \(length) bytes") {
                try GrayImage.decode(Array(file[..<length]), name: "cut.pgm")
            }
        }
        // A number may be cut to a shorter one, so that the last prefixes are images too.
        let plain = Array("P2 2 2 15 10 11 12 13".utf8)
        for length in 0..<plain.count - 1 {
            #expect(throws: FileError.self, "cut to \(length) bytes") {
                try GrayImage.decode(Array(plain[..<length]), name: "cut.pgm")
            }
        }
    }

    @Test(.namingCases)
    static func brokenCases() {
        forEach([
            ("P4 1 1 255 abc", "found format \"P4\", expected PGM's P5 or P2, PPM's P6 or P3"),
            ("P5 0 1 255 a", "header says 1×0 pixels, expected at least one"),
            ("P5 4000000000 4000000000 255 a", "header says 4000000000×4000000000 pixels, expected at most 65536"),
            ("P5 99999999999999999999 1 255 a", "found the width of 9999999999 or more, expected less than 2³²"),
            ("P5 -1 1 255 a", "found byte 45 at byte 3, expected the width, a number"),
            ("P5 1 1 0 a", "header says grey levels up to 0, expected up to 1…65535"),
            ("P5 1 1 65536 a", "header says grey levels up to 65536, expected up to 1…65535"),
            ("P5 2 3 255 abcd", "header says 6 bytes of pixels, the file is cut off after 4"),
            ("P5 2 3 255", "header says 6 bytes of pixels, the file is cut off after 0"),
            ("P5 1 1 96 a", "found grey 97, header says at most 96"),
            ("P2 2 1 9 1", "the file is cut off at byte 10, before grey 1 of 2"),
            ("P2 2 1 9 1 x", "found byte 120 at byte 11, expected grey 1 of 2, a number"),
            ("P2 2 1 9 1 10", "found grey 10, header says at most 9"),
            ("P6 1 1 255 ab", "header says 3 bytes of pixels, the file is cut off after 2"),
            ("P3 1 1 255 1 2 256", "found colour 256, header says at most 255"),
            ("P2 8192 8192 9 1", "the file is cut off at byte 16, before grey 1 of 67108864"),
        ]) { Self().broken(file: $0, problem: $1) }
    }

    func broken(file: String, problem: String) {
        expectProblem(Array(file.utf8), problem)
    }
}
