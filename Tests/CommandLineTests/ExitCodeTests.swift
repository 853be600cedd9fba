import Foundation
import LanesCommandLine
import LanesFiles
import LanesGraph
import LanesRecipes
import LanesTraining
import Testing

@Suite("Exit codes")
struct ExitCodeTests {
    private static let cases: [(error: any Error, code: Int32)] = [
        (UsageError("a"), 64), (RecipeError("a"), 64), (GraphError(node: "a", found: "b", expected: "c"), 64),
        (SettingsError("a", found: "b", expected: "c"), 64), (FileError.badData(file: "a", problem: "b"), 65),
        (ModelError("a", found: "b", expected: "c"), 65),
        (TrainingError.target(problem: "a", head: "b", sample: 0, step: 0), 65),
        (FileError.missingInput(path: "a", problem: "b"), 66), (TrainingError.notFinite(step: 0, place: "a"), 70),
        (TrainingError.resultNotFinite(step: 0, place: "a"), 70), (TrainingError.outputNotFinite(place: "a"), 70),
        (ProcessorError(missing: ["avx2"]), 70), (FileError.unreadable(path: "a", problem: "b"), 74),
        (FileError.unwritable(path: "a", problem: "b"), 74), (CocoaError(.fileWriteUnknown), 74),
    ]

    @Test("Every kind of error has one")
    func codes() {
        for (error, code) in Self.cases { #expect(exitCode(of: error) == code, "\(error)") }
    }

    @Test("A broken file of tensors is bad data")
    func safetensors() {
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(Data([1, 2, 3]), source: "a") }
        #expect(error.map(exitCode) == 65)
    }
}
