import LanesData
import LanesGraph
import TestSupport
import Testing

@testable import LanesTraining

@Suite("Parts of a dataset")
struct SubsetTests {
    private func data(_ count: Int) throws -> ArrayDataset {
        try ArrayDataset((0..<count).map { [Float($0)] }, values: (0..<count).map { [Float(-$0)] }, name: "numbers")
    }

    private func contents(_ data: some Dataset) throws -> [Float] {
        try (0..<data.count).map { sample in
            var (value, target): ([Float], [Float]) = ([.nan], [.nan])
            var first = value.mutableSpan
            try data.load(sample, input: 0, into: &first)
            var second = target.mutableSpan
            try data.target(sample, head: 0, into: &second)
            #expect(target[0] == -value[0])
            return value[0]
        }
    }

    @Test("The named samples, in their order, more than once too")
    func order() throws {
        let subset = Subset(try data(5), [4, 0, 4])
        #expect(try contents(subset) == [4, 0, 4])
        #expect(subset.name == "numbers" && subset.inputs == [Shape(channels: 1)])
        #expect(subset.targets == [.values(Shape(channels: 1))])
        #expect(try contents(Subset(subset, [1])) == [0])
    }

    @Test("The first ones", .namingCases)
    static func prefixCases() {
        forEach([(-1, 0), (0, 0), (3, 3), (5, 5), (9, 5)]) { try Self().prefix(count: $0, expected: $1) }
    }

    func prefix(count: Int, expected: Int) throws {
        #expect(try contents(data(5).prefix(count)) == (0..<expected).map { Float($0) })
    }

    @Test("Two parts, disjoint and complete", .namingCases)
    static func splitCases() {
        forEach([
            (10, 0.2, 2), (10, 0.25, 2), (10, 0, 1), (10, 1, 9), (2, 0.01, 1), (2, 0.99, 1), (1, 0.5, 0), (3, 0.5, 1),
        ]) { try Self().split(count: $0, fraction: $1, held: $2) }
    }

    func split(count: Int, fraction: Double, held: Int) throws {
        let (training, heldOut) = try data(count).split(holdingOut: fraction, seed: 3)
        #expect(heldOut.count == held)
        #expect((training.samples + heldOut.samples).sorted() == Array(0..<count))
    }

    @Test("The parts depend on the seed alone")
    func seeds() throws {
        let data = try data(100)
        let first = data.split(holdingOut: 0.3, seed: 1).heldOut.samples
        #expect(data.split(holdingOut: 0.3, seed: 1).heldOut.samples == first)
        #expect(data.split(holdingOut: 0.3, seed: 2).heldOut.samples != first)
        // Not a block.
        #expect(Set(first.map { $0 / 10 }).count > 5)
    }

    @Test("Of what never changes the deviation is 1, though its mean is rounded")
    func constantChannel() throws {
        let rows = (0..<1000).map { [Float(0.1), Float($0 % 2)] }
        let learned = try Normalization.learned(from: ArrayDataset(rows, labels: rows.map { _ in 0 }))
        #expect(learned == Normalization(mean: [0.1, 0.5], deviation: [1, 0.5]))
    }
}
