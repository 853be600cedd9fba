import Foundation
import LanesFiles
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    @Test(.namingCases)
    func theFileHoldsTheNewContentAlone() {
        forEach([0, 1, 100_000]) { size in
            try withTemporaryFolder { folder throws in
                let url = folder.appendingPathComponent("file")
                try Data(repeating: 7, count: 1000).write(to: url)
                try AtomicFile.write(Data(repeating: 8, count: size), to: url)
                #expect(try Data(contentsOf: url) == Data(repeating: 8, count: size))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
            }
        }
    }

    @Test func aFolderThatIsNotThereIsReported() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("missing/file")
            let error = #expect(throws: FileError.self) { try AtomicFile.write(Data([1]), to: url) }
            #expect(
                error
                    == .unwritable(
                        path: url.path, problem: "cannot create a file in its folder: No such file or directory"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        }
    }

    @Test func piecesStandOneAfterAnother() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("file")
            try AtomicFile.write([[1, 2], [], [3]] as [[UInt8]], to: url)
            #expect(try Data(contentsOf: url) == Data([1, 2, 3]))
        }
    }

    @Test(.namingCases)
    static func aLinkIsFollowedCases() {
        forEach(["file", "../elsewhere/file", "missing"], ["absolute", "relative", "twice"]) {
            try Self().aLinkIsFollowed(target: $0, kind: $1)
        }
    }

    func aLinkIsFollowed(target: String, kind: String) throws {
        try withTemporaryFolder { folder throws in
            for name in ["a", "elsewhere"] {
                try FileManager.default.createDirectory(
                    at: folder.appendingPathComponent(name), withIntermediateDirectories: false)
            }
            let place = folder.appendingPathComponent("a")
            let file = place.appendingPathComponent(target).standardizedFileURL
            if target != "missing" { try Data([7]).write(to: file) }
            let link = place.appendingPathComponent("link")
            try FileManager.default.createSymbolicLink(
                atPath: link.path, withDestinationPath: kind == "absolute" ? file.path : target)
            let url = kind == "twice" ? folder.appendingPathComponent("outer") : link
            if kind == "twice" {
                try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: "a/link")
            }
            try AtomicFile.write(Data([8]), to: url)
            #expect(try Data(contentsOf: file) == Data([8]))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path).hasSuffix(target.suffix(4)))
            #expect(
                try FileManager.default.subpathsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasSuffix("tmp") })
        }
    }

    @Test func linksInACircleAreRefused() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("a")
            try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: "b")
            try FileManager.default.createSymbolicLink(
                atPath: folder.appendingPathComponent("b").path, withDestinationPath: "a")
            #expect(throws: FileError.self) { try AtomicFile.write(Data([8]), to: url) }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: url.path) == "b")
        }
    }

    @Test(.namingCases)
    func rightsStayAsTheyWere() {
        forEach([0o600, 0o640, 0o444, 0o777] as [mode_t]) { rights in
            try withTemporaryFolder { folder throws in
                let url = folder.appendingPathComponent("file")
                try Data([7]).write(to: url)
                try #require(chmod(url.path, rights) == 0)
                try AtomicFile.write(Data([8]), to: url)
                var status = stat()
                #expect(stat(url.path, &status) == 0 && status.st_mode & 0o7777 == rights)
            }
        }
    }

    /// A pipe is written to, and stays a pipe.
    @Test func aPipeIsWrittenTo() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("pipe")
        try #require(mkfifo(url.path, 0o600) == 0)
        // A reader that does not wait for the writer, so that neither waits for ever.
        let reader = open(url.path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try AtomicFile.write(Data([1, 2, 3]), to: url)
        var bytes = [UInt8](repeating: 0, count: 10)
        #expect(read(reader, &bytes, 10) == 3 && bytes.prefix(3) == [1, 2, 3])
        var status = stat()
        #expect(stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipe"])
    }

    /// On a device of the test's own: a mistake here would replace the machine's.
    @Test(.enabled(if: geteuid() == 0, "only the superuser may make devices"))
    func aDeviceStaysOne() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("null")
            // The numbers of /dev/null on Linux. Not every container lets even its superuser do so.
            guard mknod(url.path, S_IFCHR | 0o600, 1 << 8 | 3) == 0 else { return }
            try AtomicFile.write(Data([1, 2, 3]), to: url)
            var status = stat()
            #expect(stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        }
    }

    @Test func whatAKilledProcessLeftIsRemoved() throws {
        try withTemporaryFolder { folder throws in
            let kept = [".lanes-1.tmp", ".lanes-.tmp", "a.tmp", ".hidden", "lanes-\(UUID().uuidString).tmp"]
            let left = [".lanes-\(UUID().uuidString).tmp", ".lanes-\(UUID().uuidString).tmp"]
            for name in kept + left { try Data([7]).write(to: folder.appendingPathComponent(name)) }
            try AtomicFile.removeTemporaries(in: folder.path)
            #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == Set(kept))
            #expect(throws: FileError.self) { try AtomicFile.removeTemporaries(in: folder.path + "/missing") }
        }
    }

    /// The names that are removed are those that are written.
    @Test func temporariesAreRecognised() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("file")
            let seen = Names(folder: folder)
            try AtomicFile.write([seen], to: url)
            #expect(seen.names.count == 1)
            for name in seen.names {
                try Data([7]).write(to: folder.appendingPathComponent(name))
                try AtomicFile.removeTemporaries(in: folder.path)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
        }
    }

    /// A folder cannot be replaced.
    @Test func aFailedWriteLeavesNothingBehind() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("taken")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
            let error = #expect(throws: FileError.self) { try AtomicFile.write(Data([1]), to: url) }
            #expect(error == .unwritable(path: url.path, problem: "cannot replace: Is a directory"))
            #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path) == ["taken"])
        }
    }
}

/// Sees, when it is written, what is in the folder then.
private final class Names: ContiguousBytes {
    private let folder: URL
    private(set) var names: [String] = []

    init(folder: URL) { self.folder = folder }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}

/// Runs the body with a new folder, which is gone afterwards.
func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
}
