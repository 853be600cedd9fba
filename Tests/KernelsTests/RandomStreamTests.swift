import LanesKernels
import TestSupport
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    /// From the definition of SplitMix64 and of the start, worked out in Python's whole numbers.
    @Test("The numbers never change")
    func pinned() {
        func first(_ stream: RandomStream) -> [UInt64] {
            var stream = stream
            return (0..<3).map { _ in stream.next() }
        }
        #expect(
            first(RandomStream(seed: 0, purpose: .initialization))
                == [0x4666_CD78_53DC_62B6, 0xE1AD_E3B3_8AE3_987F, 0x8C10_A63A_6086_F7C5])
        #expect(
            first(RandomStream(seed: 42, purpose: .shuffle, epoch: 3, index: 7))
                == [0x377D_FA9B_97E2_2F07, 0x1DA5_02E5_4C86_52B8, 0x7827_9613_9BAA_AD14])
        #expect(
            first(RandomStream(seed: .max, purpose: .dropout, epoch: -1, index: -1))
                == [0x22D7_238B_5648_62C8, 0x8038_42D1_F339_6508, 0x296E_18AF_5BA7_C45E])
    }

    @Test("Every coordinate makes another stream, and no two may be exchanged")
    func coordinates() {
        var numbers: Set<UInt64> = []
        let purposes: [RandomStream.Purpose] = [
            .initialization, .shuffle, .augmentation, .dropout, .syntheticDigits, .split, .gradientCheck,
        ]
        for seed in 0..<6 {
            for purpose in purposes {
                for epoch in 0..<6 {
                    for index in 0..<6 {
                        var stream = RandomStream(
                            seed: UInt64(seed), purpose: purpose, epoch: epoch, index: index)
                        numbers.insert(stream.next())
                    }
                }
            }
        }
        #expect(numbers.count == 6 * 7 * 6 * 6)
    }

    /// χ² of k cells has a mean of k − 1 and a deviation of √2(k − 1); six deviations are never reached by chance.
    private func expectUniform(_ counts: [Int], sourceLocation: SourceLocation = #_sourceLocation) {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        let chiSquare = counts.map { (Double($0) - expected) * (Double($0) - expected) / expected }.reduce(0, +)
        let freedom = Double(counts.count - 1)
        #expect(abs(chiSquare - freedom) < 6 * (2 * freedom).squareRoot(), sourceLocation: sourceLocation)
    }

    @Test("Uniform numbers fill [0, 1) evenly, along a stream and across streams")
    func uniform() {
        var stream = RandomStream(seed: 1, purpose: .initialization)
        var (along, across) = ([Int](repeating: 0, count: 100), [Int](repeating: 0, count: 100))
        for index in 0..<20_000 {
            var other = RandomStream(seed: 1, purpose: .augmentation, index: index)
            let (x, y) = (stream.uniform(), other.uniform())
            #expect(x >= 0 && x < 1 && y >= 0 && y < 1)
            along[Int(x * 100)] += 1
            across[Int(y * 100)] += 1
        }
        expectUniform(along)
        expectUniform(across)
    }

    @Test("A range", .namingCases)
    func range() {
        forEach([-3.0 ... -1, 0...0, -0.5...7] as [ClosedRange<Double>]) { range in
            var stream = RandomStream(seed: 2, purpose: .initialization)
            let numbers = (0..<1000).map { _ in stream.uniform(in: range) }
            #expect(numbers.allSatisfy(range.contains))
            // The mean of 1000 uniform numbers has a deviation of the width/√12000.
            let middle = (range.lowerBound + range.upperBound) / 2
            let mean = numbers.reduce(0, +) / 1000
            #expect(abs(mean - middle) <= 6 * (range.upperBound - range.lowerBound) / 12_000.squareRoot())
        }
    }

    @Test("Integers below a bound", .namingCases)
    static func integersCases() {
        forEach([1, 2, 3, 10, 1000]) { Self().integers(bound: $0) }
    }

    func integers(bound: Int) {
        var stream = RandomStream(seed: 3, purpose: .shuffle)
        var counts = [Int](repeating: 0, count: bound)
        for _ in 0..<20_000 { counts[stream.integer(below: bound)] += 1 }
        if bound > 1 { expectUniform(counts) } else { #expect(counts == [20_000]) }
    }
}
