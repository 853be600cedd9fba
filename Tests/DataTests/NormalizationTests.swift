import LanesData
import LanesGraph
import LanesTraining
import Testing

@Suite struct NormalizationTests {
    @Test func learnedByChannel() throws {
        let data = try ArrayDataset(
            [1, 10, 7, 3, 30, 7, 5, 50, 7, 7, 70, 7], shape: Shape(channels: 3, height: 1, width: 2), labels: [0, 1])
        let learned = try Normalization.learned(from: data)
        #expect(learned.mean == [4, 40, 7])
        let deviation = Float(5).squareRoot()
        #expect(zip(learned.deviation, [deviation, 10 * deviation, 1]).allSatisfy { abs($0 / $1 - 1) < 1e-6 })
    }

    /// What a training set taught is applied to all parts, and undone by the same numbers.
    @Test func standardizedTargets() throws {
        let rows: [[Float]] = [[100, 1], [140, 1], [180, 1], [220, 1]]
        let data = try ArrayDataset(
            inputs: [.init([[1], [2], [3], [4]])], targets: [.classes([0, 1, 0, 1]), .values(.init(rows))])
        let scale = try Normalization.learned(fromTargetOf: data, head: 1)
        #expect(scale.mean == [160, 1] && scale.deviation[1] == 1)
        let standardized = try data.standardizingTarget(by: scale, head: 1)
        #expect(standardized.count == 4 && standardized.inputs == data.inputs && standardized.targets == data.targets)
        #expect(try contents(of: standardized, head: 0) == contents(of: data, head: 0))
        let targets = try contents(of: standardized, head: 1).targets
        #expect(abs(targets.reduce(0) { $0 + $1[0] }) < 1e-6)
        #expect(abs(targets.reduce(0) { $0 + $1[0] * $1[0] } - 4) < 1e-5 && targets.allSatisfy { $0[1] == 0 })
        for (row, target) in zip(rows, targets) {
            #expect(zip(scale.undone(target), row).allSatisfy { abs($0 - $1) < 1e-4 })
        }
        let again = try Normalization.learned(fromTargetOf: standardized, head: 1)
        #expect(abs(again.mean[0]) < 1e-6 && abs(again.deviation[0] - 1) < 1e-6)
    }
}
