import Foundation
import LanesFiles
import TestSupport
import Testing

@testable import LanesReport

@Suite("Runs compared")
struct ComparisonTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A folder as a run leaves it, or as one did before steps and the number of test images were saved.
    private func write(
        _ name: String, seed: Int, rate: Double, accuracies: [Double], isOld: Bool = false, hasEnded: Bool = true
    ) throws -> String {
        func put(_ lines: [String], _ file: String) throws {
            try directory.write(Array(lines.map { "\($0)\n" }.joined().utf8), to: "\(name)/\(file)")
        }
        try put(
            [
                """
                {"recipe": "mlp", "seed": \(seed), "learning_rate": \(rate), "epochs": 2, "command": "\(name)", \
                "augmentation": [], "heads": [{"name": "digit", "classes": ["<a>", "b"]}], "switches": {}}
                """
            ], "config.json")
        let epochs = accuracies.enumerated().map { index, accuracy in
            """
            {"event":"epoch","epoch":\(index + 1),"seconds":2,"train_loss":0.5,"test_loss":0.25,\
            \(isOld ? "\"validation_loss\":0.25," : "\"test_images\":200,\"test_metrics\":{\"digit_accuracy\":\(accuracy)},")\
            "metrics":{"digit_accuracy":\(accuracy)}}
            """
        }
        let done = """
            {"event":"done","test_loss":0.25,"metrics":{"digit_accuracy":\(accuracies.last ?? 0)}}
            """
        try put(epochs + (hasEnded ? [done] : ["{\"event\":"]), "metrics.jsonl")
        guard !isOld else { return "\(directory.path)/\(name)" }
        try put(
            (1...4).map {
                "{\"step\":\($0),\"epochs\":\(Double($0) / 2),\"train_loss\":\(1.0 / Double($0 + seed)),\"learning_rate\":\(rate)}"
            },
            "steps.jsonl")
        return "\(directory.path)/\(name)"
    }

    @Test("Seeds of the same settings are a band, others lines of their own, with the settings that differ")
    func groups() throws {
        let paths = try [
            write("a", seed: 1, rate: 0.001, accuracies: [0.9, 0.95]),
            write("b", seed: 2, rate: 0.001, accuracies: [0.92, 0.97]),
            write("c", seed: 1, rate: 0.01, accuracies: [0.8, 0.85]),
            write("d", seed: 1, rate: 0.1, accuracies: [0.7], isOld: true, hasEnded: false),
        ]
        let comparison = try Comparison(paths)
        #expect(comparison.groups.map(\.name) == ["learning rate 0.001", "learning rate 0.01", "learning rate 0.1"])
        #expect(comparison.differing == ["learning rate"])
        let page = try ParsedElement.root(of: comparison.html)
        #expect(page.rows.contains(["learning rate", "0.001", "0.01", "0.1"]))
        let rows = page.rows.map { $0.map { $0.trimmingCharacters(in: .whitespaces) } }
        // Means with the least and the greatest, and Wilson's interval of 170 in 200, computed by hand.
        #expect(
            rows.contains([
                "learning rate 0.001", "2", "96.00 % (95.00 to 97.00 %)", "0.2500 (0.2500 to 0.2500)", "2.0",
            ]), "\(rows)")
        #expect(rows.contains(["learning rate 0.01", "1", "85.00 % (79.39 to 89.29 %)", "0.2500", "2.0"]), "\(rows)")
        // Of an older run nobody knows how many images it is of.
        #expect(rows.contains(["learning rate 0.1", "1", "70.00 %", "0.2500", "2.0"]))
        #expect(rows.contains(["d", "learning rate 0.1", "1", "1 of 2", "70.00 %", "0.2500"]))
        #expect(page.all("p").contains { $0.text == "Not at their end yet: d after 1 of 2 epochs." })
        let titles = page.all("figcaption").map(\.text)
        #expect(titles == ["Training loss", "Test loss", "Test accuracy, digit", "Learning rate"])
        // In the training loss, the test loss and so on; a line for each group that has such points.
        #expect(page.all("polygon").count == 4)
        #expect(page.all("figure").map { $0.all("polyline").count } == [3, 3, 3, 2])
        for element in page.descendants { #expect(!["script", "link", "img"].contains(element.name)) }
        for header in page.all("th") { #expect(header.attributes["scope"] != nil) }
    }

    @Test("A band is the mean, the least and the greatest, as far as all lines go")
    func band() {
        let lines = [[1.0, 4, 9], [3, 2]].map { values in
            values.enumerated().map { LineChart.Point(epoch: Double($0.offset), value: $0.element) }
        }
        let band = Comparison.band(lines)
        #expect(band.map(\.mean) == [2, 3] && band.map(\.least) == [1, 2] && band.map(\.greatest) == [3, 4])
    }

    @Test("Runs that differ in the seed alone say so; a folder that is no run's is refused by name")
    func seeds() throws {
        let paths = try [1, 2, 3].map { try write("s\($0)", seed: $0, rate: 0.1, accuracies: [0.5, 0.6]) }
        let page = try ParsedElement.root(of: Comparison(paths).html)
        #expect(page.all("h1").map(\.text) == ["3 runs compared"])
        #expect(page.all("p").contains { $0.text == "These runs differ in nothing but the seed." })
        let error = #expect(throws: FileError.self) { try Comparison([directory.path]) }
        #expect(error.map { "\($0)" }?.contains("config.json: no such file") == true, "\(error as Any)")
    }
}
