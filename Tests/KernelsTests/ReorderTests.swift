import LanesKernels
import TestSupport
import Testing

@Suite("Reordering")
struct ReorderTests {
    @Test("Every number goes to its place in PyTorch's order", .namingCases)
    static func placesCases() {
        forEach([
            [1, 1, 1, 1], [3, 4, 12, 1], [12, 1, 3, 4], [3, 4, 4, 3], [3, 4, 3, 4], [1, 35, 35, 1], [1, 35, 5, 7],
            [5, 7, 1, 35], [5, 7, 7, 5], [16, 16, 256, 1], [16, 32, 512, 1], [512, 1, 32, 16], [17, 35, 595, 1],
            [595, 1, 35, 17], [33, 50, 1650, 1], [8, 48, 16, 24], [64, 49, 3136, 1],
        ]) { Self().places(shape: $0) }
    }

    func places(shape: [Int]) {
        let (from, to): (ChannelShape, ChannelShape) = ((shape[0], shape[1]), (shape[2], shape[3]))
        let count = shape[0] * shape[1]
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let input = GuardedBuffer<Scalar>(random: count, seed: 1)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 2).values
            var expected = [Double](repeating: .nan, count: count)
            for p in 0..<count {
                expected[p % to.positions * to.channels + p / to.positions] =
                    input.values[p % from.positions * from.channels + p / from.positions]
            }
            let output = GuardedBuffer<Scalar>(poisoned: count)
            reorder(input.pointer, from: from, to: to, into: output.pointer, accumulating: false)
            expectSame(output.values, expected)
            let back = GuardedBuffer<Scalar>(poisoned: count)
            reorder(output.pointer, from: to, to: from, into: back.pointer, accumulating: false)
            expectSame(back.values, input.values, "and back")
            output.fill(with: initial)
            reorder(input.pointer, from: from, to: to, into: output.pointer, accumulating: true)
            expectSame(output.values, zip(initial, expected).map { Double(Scalar($0) + Scalar($1)) }, "accumulating")
        }
        check(Float.self)
        check(Double.self)
    }
}
