import Foundation

/// A fresh directory that is removed when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// Where it is.
    package let path: String

    /// An empty directory beside the system's other temporary ones.
    package init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("lanes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the directories on its way, and returns its path.
    @discardableResult
    package func write(_ content: [UInt8], to name: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: url)
        return url.path
    }
}

/// The content of an IDX file.
package func idx(magic: UInt32, dimensions: [UInt32], elements: [UInt8]) -> [UInt8] {
    ([magic] + dimensions).flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        + elements
}
