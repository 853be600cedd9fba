import LanesData
import LanesFiles
import LanesTraining
import Foundation
import TestSupport
import Testing

@Suite struct IDXTests {
    private static let images = idx(magic: 2051, dimensions: [2, 3, 4], elements: Array(0..<24))
    private static let labels = idx(magic: 2049, dimensions: [5], elements: [7, 2, 1, 0, 4])

    @Test func imagesAndLabels() throws {
        let images = try IDX(content: IDXTests.images, name: "i", kind: .images)
        #expect(images.dimensions == [2, 3, 4])
        #expect(images.elements == Array(0..<24))
        let labels = try IDX(content: IDXTests.labels, name: "l", kind: .labels)
        #expect(labels.dimensions == [5])
        #expect(labels.elements == [7, 2, 1, 0, 4])
    }

    /// The content decides, not the name.
    @Test(.namingCases)
    func rawOrGzip() {
        forEach(["raw", "packed.gz", "packed", "raw.gz"]) { name in
            let directory = try TemporaryDirectory()
            let content = name.hasPrefix("raw") ? IDXTests.images : GzipFixtures.stored(IDXTests.images)
            let path = try directory.write(content, to: name)
            #expect(try IDX(contentsOf: path, kind: .images).elements == Array(0..<24))
        }
    }

    /// Contents that are refused, by what is wrong with them.
    private static let bad: [String: (content: [UInt8], kind: IDX.Kind, problem: String)] = [
        "cut off": (
            idx(magic: 2051, dimensions: [60000, 28, 28], elements: [UInt8](repeating: 0, count: 1000)), .images,
            "header says 60000 images of 28×28 (47040000 bytes), file holds 1000 bytes after it"
        ),
        "one pixel more": (
            images + [0], .images, "header says 2 images of 3×4 (24 bytes), file holds 25 bytes after it"
        ),
        "one label more": (labels + [0], .labels, "header says 5 labels (5 bytes), file holds 6 bytes after it"),
        "labels for images": (labels, .images, "found magic number 2049, expected 2051 as in a file of images"),
        "images for labels": (images, .labels, "found magic number 2051, expected 2049 as in a file of labels"),
        "2⁹⁶ bytes": (
            idx(magic: 2051, dimensions: [.max, .max, .max], elements: []), .images,
            "header says 4294967295 images of 4294967295×4294967295, more than any file can hold"
        ),
        "2⁴⁸ bytes": (
            idx(magic: 2051, dimensions: [.max, 65536, 1], elements: []), .images,
            "header says 4294967295 images of 65536×1 (281474976645120 bytes), file holds 0 bytes after it"
        ),
        "no images": (
            idx(magic: 2051, dimensions: [0, 28, 28], elements: []), .images,
            "header says 0 images of 28×28, expected at least one"
        ),
        "no columns": (
            idx(magic: 2051, dimensions: [.max, .max, 0], elements: []), .images,
            "header says 4294967295 images of 4294967295×0, expected at least one"
        ),
        "nothing": ([], .images, "file holds 0 bytes, expected a header of 16"),
        "three bytes": ([0, 0, 8], .labels, "file holds 3 bytes, expected a header of 8"),
        "half a header": (Array(images.prefix(15)), .images, "file holds 15 bytes, expected a header of 16"),
    ]

    @Test(.namingCases)
    static func badContentCases() {
        forEach(bad.keys.sorted()) { try Self().badContent(what: $0) }
    }

    func badContent(what: String) throws {
        let (content, kind, problem) = try #require(IDXTests.bad[what])
        #expect(throws: FileError.badData(file: "some-idx", problem: problem)) {
            try IDX(content: content, name: "some-idx", kind: kind)
        }
    }

    @Test(.namingCases)
    static func everyTruncationThrowsCases() {
        forEach(0..<images.count) { Self().everyTruncationThrows(length: $0) }
    }

    func everyTruncationThrows(length: Int) {
        #expect(throws: FileError.self) {
            try IDX(content: Array(IDXTests.images.prefix(length)), name: "i", kind: .images)
        }
    }

    @Test func corruptGzip() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(GzipFixtures.stored(IDXTests.images).dropLast(1), to: "cut.gz")
        #expect(
            throws: FileError.badData(
                file: "cut.gz",
                problem: "at byte 62 of the gzip file: the file ends inside a gzip header or trailer")
        ) { try IDX(contentsOf: path, kind: .images) }
    }

    @Test func directoryInPlaceOfFile() throws {
        let directory = try TemporaryDirectory()
        #expect(
            throws: FileError.unreadable(path: directory.path, problem: "found a directory, expected a file")
        ) { try IDX(contentsOf: directory.path, kind: .images) }
    }

    @Test func deviceInPlaceOfFile() {
        #expect(
            throws: FileError.unreadable(
                path: "/dev/zero", problem: "found neither a file nor a directory, expected a file")
        ) { try IDX(contentsOf: "/dev/zero", kind: .images) }
    }

    @Test func missingFile() throws {
        let path = try TemporaryDirectory().path + "/absent"
        #expect(throws: FileError.missingInput(path: path, problem: "No such file or directory")) {
            try IDX(contentsOf: path, kind: .images)
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything: run as another user"))
    func fileWithoutPermission() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(IDXTests.images, to: "secret")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        #expect(throws: FileError.unreadable(path: path, problem: "Permission denied")) {
            try IDX(contentsOf: path, kind: .images)
        }
    }

    /// A hole of many gigabytes takes no space on disk, and must take none in memory.
    @Test(.namingCases)
    func hugeFile() {
        forEach(["nothing", "a header that says less", "a header that says more"]) { start in
            let directory = try TemporaryDirectory()
            let header: [UInt8] =
                switch start {
                case "nothing": []
                case "a header that says less": idx(magic: 2051, dimensions: [60000, 28, 28], elements: [])
                default: idx(magic: 2051, dimensions: [.max, 1024, 1024], elements: [])
                }
            let path = try directory.write(header, to: "huge")
            try #require(truncate(path, 1 << 36) == 0)
            let error = expectLittleMemory {
                #expect(throws: FileError.self) { try IDX(contentsOf: path, kind: .images) }
            }
            let problem =
                start == "nothing"
                ? "found magic number 0, expected 2051 as in a file of images"
                : "bytes), file holds 68719476720 bytes after it"
            #expect(error?.description.hasSuffix(problem) == true, "\(error as Any)")
        }
    }

    /// What the header says is compared with what comes out, and no more than that is unpacked at a time.
    @Test(.namingCases)
    func packedFileOfAnotherLength() {
        forEach([("short", 23), ("long", 25)]) { what, count in
            let content = idx(magic: 2051, dimensions: [2, 3, 4], elements: [UInt8](repeating: 7, count: count))
            let directory = try TemporaryDirectory()
            let path = try directory.write(GzipFixtures.stored(content), to: what)
            let held = count < 24 ? "23 bytes" : "more bytes"
            #expect(
                throws: FileError.badData(
                    file: what, problem: "header says 2 images of 3×4 (24 bytes), file holds \(held) after it")
            ) { try IDX(contentsOf: path, kind: .images) }
        }
    }

    /// A gigabyte of zeros in a megabyte, without a header or with one of a small file.
    @Test(.namingCases)
    func packedZeros() {
        forEach(["nothing", "a header"]) { start in
            let header = start == "nothing" ? [] : idx(magic: 2051, dimensions: [1, 2, 2], elements: [])
            let directory = try TemporaryDirectory()
            let path = try directory.write(GzipBomb.file(start: header, zeros: 1 << 30), to: "bomb")
            expectLittleMemory {
                #expect(throws: FileError.self) { try IDX(contentsOf: path, kind: .images) }
            }
        }
    }
}
