import Foundation
import Testing

let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Compares what a run says with what a chapter prints, so that no figure of the documentation is older than the code.
func expect(_ lines: [String], in chapter: String) throws {
    let file = packageFolder.appendingPathComponent("Sources/Lanes/Lanes.docc/\(chapter).md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let missing = lines.filter { !text.contains($0) }
    #expect(missing.isEmpty, "\(chapter).md should say:\n\(lines.joined(separator: "\n"))")
}

/// A number with two digits, as the chapters print them: 0.0012 as 1.2e-3, 3.14 as 3.1.
func format(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return "\(number)" }
    let exponent = Int(log10(abs(number)).rounded(.down))
    if (-2...2).contains(exponent) { return String(format: "%.\(max(0, 1 - exponent))f", number) }
    return String(format: "%.0e", number).replacingOccurrences(of: "e-0", with: "e-")
}

/// A folder that is there while `body` runs.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lanes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
