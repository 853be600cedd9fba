import TestSupport
import Testing

@testable import LanesReport

@Suite("Axes of charts")
struct ChartAxisTests {
    @Test(
        "Even steps between round numbers",
        arguments: [
            ([0.0, 0.001], ["0", "0.0002", "0.0004", "0.0006", "0.0008", "0.001"]),
            ([3, 11], ["2", "4", "6", "8", "10", "12"]), ([-7, 40], ["−10", "0", "10", "20", "30", "40"]),
        ])
    func linear(values: [Double], labels: [String]) {
        let axis = ChartAxis(linear: values)
        #expect(axis.ticks.map(\.label) == labels)
        check(axis, values)
    }

    @Test("Ratios between round numbers", .namingCases)
    static func logarithmicCases() {
        forEach([
            ([0.021, 0.4], ["0.02", "0.05", "0.1", "0.2", "0.5"]), ([0.21, 0.24], ["0.2", "0.25"]),
            ([0.1, 1], ["0.1", "0.2", "0.5", "1"]), ([0.5], ["0.4", "0.5"]),
            ([1e-8, 1e-2], ["10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵", "0.0001", "0.001", "0.01"]),
        ]) { Self().logarithmic(values: $0, labels: $1) }
    }

    func logarithmic(values: [Double], labels: [String]) {
        let axis = ChartAxis(logarithmic: values)
        #expect(axis.ticks.map(\.label) == labels)
        check(axis, values)
        #expect(abs(axis.position(0.2) - axis.position(0.1) - (axis.position(0.8) - axis.position(0.4))) < 1e-12)
    }

    @Test("Accuracies are spaced by their errors, in per cent, the best on top")
    func accuracies() {
        let values = [0.8, 0.9, 0.9896]
        let axis = ChartAxis(accuracies: values)
        #expect(Set(axis.ticks.map(\.label)) == ["80", "90", "95", "98", "99"])
        check(axis, values)
        #expect(axis.position(0.9) < axis.position(0.99))
    }

    @Test(
        "Epochs: all of a few, some of many",
        arguments: [(1, ["0", "1"]), (3, ["0", "1", "2", "3"]), (20, ["2", "20"])])
    func epochs(count: Int, labels: [String]) {
        let shown = ChartAxis(epochs: count).ticks.map(\.label)
        #expect(shown.count <= 11 && Set(shown).isSuperset(of: labels))
        check(ChartAxis(epochs: count), [0, Double(count)])
    }

    @Test("One or two epochs: their steps")
    func steps() {
        let axis = ChartAxis(epochs: 1, steps: 938)
        #expect(axis.ticks.map(\.label) == ["0", "200", "400", "600", "800"])
        check(axis, [0, 1])
        #expect(abs((axis.ticks.last?.position ?? 0) - 800 / 938) < 1e-12)
    }

    /// All values and ticks are on the axis, and every tick is where its value is.
    private func check(_ axis: ChartAxis, _ values: [Double]) {
        for position in values.map(axis.position) + axis.ticks.map(\.position) {
            #expect(position >= -1e-9 && position <= 1 + 1e-9)
        }
        #expect(!axis.ticks.isEmpty)
    }
}
