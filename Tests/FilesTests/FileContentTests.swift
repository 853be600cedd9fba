import Foundation
import LanesFiles
import TestSupport
import Testing

@Suite struct FileContentTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The content decides whether it is unpacked.
    @Test(arguments: [false, true])
    func textIsReadWhole(isPacked: Bool) throws {
        let text = [UInt8](repeating: 65, count: 200_000)
        let path = try directory.write(isPacked ? GzipFixtures.stored(text) : text, to: "text")
        #expect(try FileContent.text(path) == text)
        #expect(try FileContent.open(path).remaining == (isPacked ? nil : 200_000))
    }

    @Test(arguments: [0, 1, 2])
    func shortFiles(length: Int) throws {
        let path = try directory.write(Array([0x1f, 0x8b].prefix(length)), to: "short")
        if length < 2 {
            #expect(try FileContent.text(path).count == length)
        } else {
            #expect(throws: FileError.self) { try FileContent.text(path) }
        }
    }

    @Test func aTextHasNoZeroBytes() throws {
        let path = try directory.write([UInt8](repeating: 65, count: 100_000) + [0], to: "text")
        #expect(throws: FileError.badData(file: "text", problem: "found a byte 0 at byte 100000, expected text")) {
            try FileContent.text(path)
        }
    }

    /// A hole of many gigabytes, and a gigabyte packed in a thousandth of that.
    @Test(arguments: ["a hole", "a hole behind text", "packed zeros"])
    func zerosTakeNoMemory(what: String) throws {
        let bytes = what == "packed zeros" ? GzipBomb.file(zeros: 1 << 30) : Array(what.utf8.dropFirst(6))
        let path = try directory.write(bytes, to: "text")
        if what != "packed zeros" { try #require(truncate(path, 1 << 29) == 0) }
        // The file's size is no lie, and a text of it would be read.
        let size = what == "packed zeros" ? 0 : 1 << 29
        expectLittleMemory(beside: size) { #expect(throws: FileError.self) { try FileContent.text(path) } }
    }

    @Test func limitsOfTexts() throws {
        let text = [UInt8](repeating: 65, count: 1000)
        let plain = try directory.write(text, to: "plain")
        let packed = try directory.write(GzipFixtures.stored(text), to: "packed")
        #expect(try FileContent.text(plain, limit: 1000, packedLimit: 0) == text)
        #expect(try FileContent.text(packed, limit: 0, packedLimit: 1000) == text)
        #expect(throws: FileError.badData(file: "plain", problem: "found 1000 bytes, expected a text of at most 999")) {
            try FileContent.text(plain, limit: 999, packedLimit: 1000)
        }
        #expect(
            throws: FileError.badData(
                file: "packed",
                problem: "the text unpacks to more than 999 bytes, the most of a packed one: unpack it")
        ) { try FileContent.text(packed, limit: 1000, packedLimit: 999) }
    }

    /// Bytes are taken in any portions, wherever the pieces end.
    @Test(arguments: [1, 2, 5, 100])
    func portions(length: Int) throws {
        let bytes = Array(0..<23 as Range<UInt8>)
        let reader = ByteReader(Pieces(bytes, length: length), name: "bytes")
        #expect(try reader.peek(3) == [0, 1, 2] && reader.peek() == 0 && reader.position == 0)
        #expect(try reader.read(4) == [0, 1, 2, 3] && reader.position == 4)
        #expect(try reader.byte() == 4)
        #expect(try reader.skip(6) == 6 && reader.peek(2) == [11, 12])
        #expect(try reader.next().first == 11)
        let rest = try reader.read(.max)
        #expect(rest == Array(bytes.suffix(rest.count)) && reader.position == 23)
        #expect(try reader.isAtEnd() && reader.byte() == nil && reader.peek() == nil && reader.peek(2) == [])
        #expect(try reader.skip(1) == 0 && reader.read(1) == [] && reader.next() == [])
    }

    @Test(arguments: ["a folder", "a pipe", "nothing"])
    func whatIsNoFile(what: String) throws {
        let path = directory.path + "/place"
        if what == "a folder" {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        if what == "a pipe" { try #require(mkfifo(path, 0o600) == 0) }
        let expected: FileError =
            switch what {
            case "a folder": .unreadable(path: path, problem: "found a directory, expected a file")
            case "a pipe": .unreadable(path: path, problem: "found neither a file nor a directory, expected a file")
            default: .missingInput(path: path, problem: "No such file or directory")
            }
        #expect(throws: expected) { try FileContent.open(path) }
        #expect(throws: expected) { try FileContent.text(path) }
        #expect(throws: expected) { try Safetensors(contentsOf: URL(filePath: path)) }
    }
}
