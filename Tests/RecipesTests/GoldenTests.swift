import Foundation
import LanesData
import LanesKernels
import LanesRecipes
import LanesTraining
import Testing

/// `Fixtures/golden.json`: what training comes to, bit by bit, on every machine and with every version.
private struct Golden: Codable {
    static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/golden.json")

    let note: String
    /// Of each recipe.
    var weightsSHA256: [String: String]

    static func read() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }

    func write() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: Golden.file)
    }

    static let note = """
        SHA-256 of each recipe's weights after two epochs on the first 500 digits that Lanes draws itself with seed 1, \
        trained with seed 1 on any number of threads. Processors and systems do not matter, but for builds without \
        fused multiply-add, which have other bits. A change that is meant to have other bits writes this file again: \
        LANES_WRITE_GOLDEN=1 swift test --filter GoldenTests
        """
}

@Suite("Golden weights")
struct GoldenTests {
    @Test(
        "Training gives the bits that are on file",
        .enabled(if: hasFusedMultiplyAdd, "builds without fused multiply-add have other bits"))
    func weights() throws {
        let data = try drawnDigits(500, test: 10)
        var found: [String: String] = [:]
        for recipe in Recipe.all {
            var recipe = recipe
            recipe.settings.epochs = 2
            let trainer = try recipe.trainer(on: data, seed: 1, threads: 2)
            try trainer.run()
            found[recipe.name] = try trainer.parameters.digest()
        }
        if ProcessInfo.processInfo.environment["LANES_WRITE_GOLDEN"] == "1" {
            try Golden(note: Golden.note, weightsSHA256: found).write()
        }
        let expected = try Golden.read()
        #expect(expected.note == Golden.note)
        #expect(Set(found.keys) == Set(expected.weightsSHA256.keys))
        for (name, digest) in found.sorted(by: { $0.key < $1.key }) {
            #expect(digest == expected.weightsSHA256[name], "\(name)")
        }
    }
}
