import Foundation
import Testing

/// What README shows of the library is code of this target, which is compiled and run.
@Suite struct ReadmeTests {
    @Test func everyListingIsCompiledCode() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let readme = try String(
            contentsOf: folder.appendingPathComponent("../../README.md").standardized, encoding: .utf8)
        let listings = readme.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        #expect(listings.count >= 5)
        var sources: [[String]] = []
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            sources.append(lines(try String(contentsOf: file, encoding: .utf8)))
        }
        for listing in listings {
            let wanted = lines(listing)
            let isThere = sources.contains { source in
                source.indices.contains { source[$0...].starts(with: wanted) }
            }
            #expect(isThere, "no source has the listing that begins with: \(wanted.first ?? "")")
        }
    }

    /// Without indentation and blank lines.
    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
