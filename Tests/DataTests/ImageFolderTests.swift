import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

/// Folders that the tests make, of pictures that they make.
@Suite struct ImageFolderTests {
    private let directory: TemporaryDirectory
    private var url: URL { URL(fileURLWithPath: directory.path) }

    init() throws { directory = try TemporaryDirectory() }

    @Test func classesFilesAndPixels() throws {
        try write("dog/b.png", PNGFixtures.file("rgb8"))
        try write("dog/a.ppm", Array("P6 7 6 255\n".utf8) + [UInt8](repeating: 51, count: 126))
        try write("Zebra/z.pgm", Array("P5 7 6 255\n".utf8) + (0..<42).map { UInt8($0) })
        try write("cat/tom.png", PNGFixtures.file("palette4"))
        try write("cat/.hidden", [1])
        try write(".git/x", [1])
        let folder = try ImageFolder(url, color: .rgb, size: Extent(height: 6, width: 7))
        #expect(folder.name == url.lastPathComponent)
        #expect(folder.classes == ["Zebra", "cat", "dog"])
        #expect(folder.files == ["Zebra/z.pgm", "cat/tom.png", "dog/a.ppm", "dog/b.png"])
        #expect(folder.inputs == [Shape(channels: 3, height: 6, width: 7)])
        #expect(folder.targets == [.classes(["Zebra", "cat", "dog"])] && folder.count == 4)
        let (inputs, targets) = try contents(of: folder)
        #expect(targets == [[0], [1], [2], [2]])
        #expect(inputs[0] == (0..<42).flatMap { [Float](repeating: Float($0) / 255, count: 3) })
        for (index, name) in [(1, "palette4"), (3, "rgb8")] {
            let picture = try Picture.decode(PNGFixtures.file(name), color: .rgb, name: name)
            #expect(inputs[index] == picture.pixels.map { Float($0) / 255 })
        }
        #expect(inputs[2] == [Float](repeating: 0.2, count: 126))
    }

    @Test func graysOfAnotherSize() throws {
        try write(
            "a/1.png",
            PNG.encode(try GrayImage(height: 2, width: 4, pixels: [0, 10, 20, 30, 40, 50, 60, 70], name: "")))
        try write("a/2.png", PNG.encode(try GrayImage(height: 1, width: 1, pixels: [9], name: "")))
        let folder = try ImageFolder(url, color: .gray, size: Extent(height: 1, width: 2))
        #expect(folder.inputs == [Shape(channels: 1, height: 1, width: 2)])
        #expect(try contents(of: folder).inputs == [[25, 45], [9, 9]].map { $0.map { $0 / 255 } })
    }

    /// A colour picture is resized as each of its planes is.
    @Test(arguments: ["3×4", "6×7", "13×9"])
    func resizesEachChannel(_ name: String) throws {
        let sides = name.split(separator: "×").compactMap { Int($0) }
        let size = Extent(height: sides[0], width: sides[1])
        let picture = try Picture.decode(PNGFixtures.file("rgb8"), color: .rgb, name: "rgb8")
        let resized = picture.resized(to: size)
        #expect(resized.height == size.height && resized.width == size.width && resized.color == .rgb)
        for channel in 0..<3 {
            let plane = stride(from: channel, to: picture.pixels.count, by: 3).map { picture.pixels[$0] }
            let gray = try GrayImage(height: picture.height, width: picture.width, pixels: plane, name: "plane")
            let expected = try Picture.decode(PNG.encode(gray), color: .gray, name: "plane").resized(to: size).pixels
            #expect(stride(from: channel, to: resized.pixels.count, by: 3).map { resized.pixels[$0] } == expected)
        }
    }

    /// However many threads decode, each picture keeps its place.
    @Test func orderOfManyPictures() throws {
        for index in 0..<200 {
            let name = "\(index % 3)/\(1000 + index).pgm"
            try write(name, Array("P5 1 1 255\n".utf8) + [UInt8(index)])
        }
        let folder = try ImageFolder(url, color: .gray, size: 1)
        let (inputs, targets) = try contents(of: folder)
        let expected = (0..<3).flatMap { label in stride(from: label, to: 200, by: 3).map { (label, $0) } }
        #expect(inputs == expected.map { [Float($0.1) / 255] })
        #expect(targets == expected.map { [Float($0.0)] })
    }

    @Test(.namingCases)
    static func mistakesCases() {
        forEach([
            ("", ": no such folder"), ("a/", "a: found no picture in this class"),
            ("file.png", "file.png: found a file, expected a folder of pictures for each class"),
            ("a/b/1.png", "a/b: found a directory, expected a file"),
            (
                "a/note.txt",
                "a/note.txt: found a file that begins with the bytes [1, 2, 3], expected a JPEG, PNG, PGM or PPM image"
            ),
        ]) { try Self().mistakes(path: $0, description: $1) }
    }

    func mistakes(path: String, description: String) throws {
        if path == "a/" {
            try write("a/.hidden", [1])
        } else if !path.isEmpty {
            try write(path, [1, 2, 3])
        }
        let folder = path.isEmpty ? url.appendingPathComponent("absent") : url
        let error = #expect(throws: FileError.self) { try ImageFolder(folder, color: .gray, size: 4) }
        #expect(error?.description.hasSuffix(description) == true, "\(String(describing: error))")
        if !path.isEmpty { #expect(error?.description == description) }
    }

    @Test func folderOfNothing() throws {
        #expect(
            throws: FileError.badData(
                file: url.lastPathComponent, problem: "found nothing, expected a folder of pictures for each class")
        ) { try ImageFolder(url, color: .gray, size: 4) }
        let file = try directory.write([1], to: "file")
        #expect(throws: FileError.unreadable(path: file, problem: "found a file, expected a folder")) {
            try ImageFolder(URL(fileURLWithPath: file), color: .gray, size: 4)
        }
    }

    /// Of several broken pictures the first is named.
    @Test func firstBrokenPicture() throws {
        try write("a/1.pgm", Array("P5 1 1 255\n".utf8) + [1])
        for name in ["a/2.pgm", "a/3.pgm", "b/1.pgm"] { try write(name, Array("P5 1 1 255".utf8)) }
        #expect(
            throws: FileError.badData(
                file: "a/2.pgm", problem: "header says 1 bytes of pixels, the file is cut off after 0")
        ) { try ImageFolder(url, color: .gray, size: 4) }
    }

    private func write(_ name: String, _ content: [UInt8]) throws { try directory.write(content, to: name) }
}
