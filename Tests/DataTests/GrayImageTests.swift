import LanesData
import LanesFiles
import LanesTraining
import TestSupport
import Testing

@Suite struct GrayImageTests {
    @Test(arguments: [(0, 3, 0), (2, 3, 5), (-2, -3, 6), (Int.max, 2, 0)])
    func sizesThatDoNotFit(height: Int, width: Int, count: Int) {
        #expect(
            throws: FileError.badData(
                file: "test", problem: "found \(count) pixels, expected those of an image of \(height)×\(width)")
        ) {
            try GrayImage(height: height, width: width, pixels: [UInt8](repeating: 0, count: count), name: "test")
        }
    }

    /// The content tells the format, not the name, and a gzip file is unpacked.
    @Test func filesAreToldByTheirContent() throws {
        let directory = try TemporaryDirectory()
        let image = try GrayImage(height: 1, width: 2, pixels: [3, 4], name: "test")
        let pgm = Array("P5 2 1 255\n".utf8) + [3, 4]
        for content in [PNG.encode(image), pgm, GzipFixtures.stored(pgm)] {
            try directory.write(content, to: "picture")
            #expect(try GrayImage.load(directory.path + "/picture") == image)
        }
    }

    /// White ink on transparency would vanish on white; whatever is mostly opaque stays on it.
    @Test func drawingsOnTransparency() throws {
        let directory = try TemporaryDirectory()
        for (ink, alphas, expected) in [
            (255, [0, 255, 0, 128, 0, 0], [0, 255, 0, 128, 0, 0]),
            (0, [0, 255, 0, 127, 0, 0], [255, 0, 255, 128, 255, 255]),
            (250, [0, 255, 255, 255, 255, 255], [255, 250, 250, 250, 250, 250]),
        ] as [(UInt8, [UInt8], [UInt8])] {
            // A row of three pixels: the filter's number, then grey and alpha of each.
            let rows = alphas.indices.flatMap { ($0 % 3 == 0 ? [0] : [UInt8]()) + [ink, alphas[$0]] }
            let header: [UInt8] = [0, 0, 0, 3, 0, 0, 0, 2, 8, 4, 0, 0, 0]
            try directory.write(
                PNGFixtures.file(of: [("IHDR", header), ("IDAT", PNGChunks.zlib(rows)), ("IEND", [])]), to: "ink.png")
            #expect(try GrayImage.loadDrawing(directory.path + "/ink.png").pixels == expected)
        }
        try directory.write(Array("P5 2 1 255\n".utf8) + [3, 4], to: "ink.pgm")
        #expect(try GrayImage.loadDrawing(directory.path + "/ink.pgm").pixels == [3, 4])
    }

    @Test func filesThatAreNotThere() throws {
        let directory = try TemporaryDirectory()
        let absent = directory.path + "/absent.png"
        #expect(throws: FileError.missingInput(path: absent, problem: "No such file or directory")) {
            try GrayImage.load(absent)
        }
        #expect(
            throws: FileError.unreadable(path: directory.path, problem: "found a directory, expected a file")
        ) { try GrayImage.load(directory.path) }
    }

    @Test(
        arguments: [
            ([], "found an empty file, expected a JPEG, PNG, PGM or PPM image"),
            ([0xff, 0xd8, 0xff, 0xe0], "the file is cut off at byte 4, before the end of its last scan"),
            (
                [0x89, 0x50],
                "found a file that begins with the bytes [137, 80], expected a JPEG, PNG, PGM or PPM image"
            ),
        ] as [([UInt8], String)])
    func otherFormats(content: [UInt8], problem: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(content, to: "picture.png")
        #expect(throws: FileError.badData(file: "picture.png", problem: problem)) {
            try GrayImage.load(directory.path + "/picture.png")
        }
    }
}
