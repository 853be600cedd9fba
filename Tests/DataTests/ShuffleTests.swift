import LanesData
import LanesFiles
import LanesTraining
import TestSupport
import Testing

@Suite struct ShuffleTests {
    @Test(.namingCases)
    static func permutesCases() {
        forEach([0, 1, 2, 17, 1000]) { Self().permutes(count: $0) }
    }

    func permutes(count: Int) {
        #expect(permutation(count: count, seed: 3, epoch: 5).sorted() == Array(0..<count))
    }

    @Test func dependsOnSeedPurposeAndEpochAlone() {
        let order = permutation(count: 100, seed: 3, epoch: 5)
        #expect(permutation(count: 100, seed: 3, epoch: 5) == order)
        #expect(permutation(count: 100, seed: 3, epoch: 6) != order)
        #expect(permutation(count: 100, seed: 4, epoch: 5) != order)
        #expect(permutation(count: 100, seed: 3, purpose: .split, epoch: 5) != order)
    }

    /// Every element comes to every place equally often: 24 orders of four, 250 times each within 5 standard
    /// deviations.
    @Test func everyOrderIsAsLikely() {
        var counts: [[Int]: Int] = [:]
        for epoch in 0..<6000 { counts[permutation(count: 4, seed: 1, epoch: epoch), default: 0] += 1 }
        #expect(counts.count == 24)
        for (order, count) in counts { #expect(abs(count - 250) < 78, "\(order)") }
    }

    @Test(.namingCases)
    static func batchesCases() {
        forEach([
            (0, 4, []), (1, 4, [1]), (4, 4, [4]), (5, 4, [4, 1]), (12, 4, [4, 4, 4]), (3, .max, [3]), (2, 1, [1, 1]),
        ]) { Self().batches(count: $0, size: $1, sizes: $2) }
    }

    func batches(count: Int, size: Int, sizes: [Int]) {
        let order = permutation(count: count, seed: 1, epoch: 1)
        let batches = Batches(order, size: size)
        #expect(batches.count == sizes.count)
        #expect(batches.map(\.count) == sizes)
        #expect(batches.flatMap { $0 } == order)
    }
}
