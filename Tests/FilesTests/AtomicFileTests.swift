import Foundation
import LanesFiles
import Testing

@Suite struct AtomicFileTests {
    @Test(arguments: [0, 1, 100_000])
    func theFileHoldsTheNewContentAlone(size: Int) throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("file")
            try Data(repeating: 7, count: 1000).write(to: url)
            try AtomicFile.write(Data(repeating: 8, count: size), to: url)
            #expect(try Data(contentsOf: url) == Data(repeating: 8, count: size))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
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

    /// A folder in the file's place lets everything succeed up to the rename.
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

/// Runs the body with a new folder, which is gone afterwards.
func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
}
