import LanesKernels
import TestSupport
import Testing

private let keys: [UInt64] = [0, 1, 0xFFFF_FFFF, 1 << 32, 0x9E37_79B9_7F4A_7C15]

@Suite("Dropout")
struct DropoutTests {
    /// Which of `count` elements are kept.
    private func mask(_ count: Int, probability: Double, key: UInt64) -> [Bool] {
        let ones = GuardedBuffer<Float>([Double](repeating: 1, count: count))
        let output = GuardedBuffer<Float>(poisoned: count)
        dropout(ones.pointer, count: count, probability: probability, key: key, into: output.pointer)
        return output.values.map { $0 != 0 }
    }

    /// A count of `trials` independent events is further than six deviations from its mean with a probability of 2·10⁻⁹.
    private func expectBinomial(
        _ count: Int, trials: Int, probability: Double, _ comment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let mean = Double(trials) * probability
        let deviation = (mean * (1 - probability)).squareRoot()
        #expect(abs(Double(count) - mean) <= 6 * deviation, comment, sourceLocation: sourceLocation)
    }

    @Test("Kept elements are scaled, the others zero", .namingCases)
    static func valuesCases() {
        forEach(vectorCounts) { Self().values(count: $0) }
    }

    func values(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let input = GuardedBuffer<Scalar>(random: count, seed: 1)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 2).values
            let kept = mask(count, probability: 0.3, key: 7)
            var expected = Sums(count: count)
            var added = Sums(startingWith: initial)
            for i in 0..<count where kept[i] {
                expected.add(input.values[i] / 0.7, to: i)
                added.add(input.values[i] / 0.7, to: i)
            }
            let output = GuardedBuffer<Scalar>(poisoned: count)
            dropout(input.pointer, count: count, probability: 0.3, key: 7, into: output.pointer)
            // 1 − p, its inverse and the rounding of that to the scalar, besides the product.
            expectClose(output, expected, extra: 3)
            output.fill(with: initial)
            dropout(input.pointer, count: count, probability: 0.3, key: 7, into: output.pointer, accumulating: true)
            expectClose(output, added, extra: 3, "accumulating")
            dropout(input.pointer, count: count, probability: 0.3, key: 7, into: input.pointer)
            expectClose(input, expected, extra: 3, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("With a probability of 0 nothing changes", .namingCases)
    static func identityCases() {
        forEach(keys) { Self().identity(key: $0) }
    }

    func identity(key: UInt64) {
        let input = GuardedBuffer<Double>(random: 1003)
        let output = GuardedBuffer<Double>(poisoned: 1003)
        dropout(input.pointer, count: 1003, probability: 0, key: key, into: output.pointer)
        expectSame(output.values, input.values)
    }

    @Test("The share that is kept", .namingCases)
    static func rateCases() {
        forEach([0.1, 0.25, 0.5, 0.9], keys) { Self().rate(probability: $0, key: $1) }
    }

    func rate(probability: Double, key: UInt64) {
        let kept = mask(50_000, probability: probability, key: key)
        expectBinomial(kept.count { $0 }, trials: 50_000, probability: 1 - probability, "kept")
        // Neighbours at any distance within a vector and beyond are independent.
        for distance in [1, 2, 8, 16, 64] {
            let pairs = zip(kept, kept.dropFirst(distance)).count { $0 && $1 }
            // Pairs overlap, which makes their count vary up to three times as much as that of separate ones.
            let share = (1 - probability) * (1 - probability)
            expectBinomial(
                pairs / 3, trials: (50_000 - distance) / 3, probability: share, "pairs at a distance of \(distance)")
        }
    }

    @Test("Masks of two random keys agree as often as independent ones, also where half of the key is the same")
    func independence() {
        var stream = RandomStream(seed: 1, purpose: .dropout)
        let first = stream.next()
        let masks = (0..<12).map { i in
            let random = stream.next()
            let key =
                switch i % 3 {
                case 0: random
                case 1: (random & ~0xFFFF_FFFF) | (first & 0xFFFF_FFFF)
                default: (random & 0xFFFF_FFFF) | (first & ~0xFFFF_FFFF)
                }
            return mask(20_000, probability: 0.5, key: key)
        }
        for i in masks.indices {
            for j in masks.indices where j > i {
                let equal = zip(masks[i], masks[j]).count { $0 == $1 }
                expectBinomial(equal, trials: 20_000, probability: 0.5, "keys \(i) and \(j)")
            }
        }
    }

    @Test("An element's fate depends on neither the count nor the values nor the scalar", .namingCases)
    static func chunksCases() {
        forEach(keys) { Self().chunks(key: $0) }
    }

    func chunks(key: UInt64) {
        let whole = mask(100, probability: 0.4, key: key)
        for count in vectorCounts {
            #expect(mask(count, probability: 0.4, key: key) == Array(whole.prefix(count)))
        }
        let gradient = GuardedBuffer<Double>(random: 100, in: 1...2)
        dropout(gradient.pointer, count: 100, probability: 0.4, key: key, into: gradient.pointer)
        #expect(gradient.values.map { $0 != 0 } == whole)
    }
}
