import TestSupport
import Testing

/// The comparisons that all other tests rest on must be able to fail.
@Suite("Comparisons")
struct ComparisonTests {
    @Test("Different counts, NaN, infinities and errors beyond the bound are issues")
    func failures() {
        let wrong: [(actual: [Double], expected: [Double], bounds: [Double])] = [
            ([1], [1, 2], [1, 1]), ([1, 2], [1], [1]), ([1], [1], []), ([.nan], [1], [1]), ([1], [.nan], [1]),
            ([.nan], [.nan], [1]), ([1], [2], [.nan]), ([1], [2], [.infinity]), ([.infinity], [1], [1]),
            ([-.infinity], [.infinity], [1]), ([1, 1.5], [1, 1], [0.25, 0.25]),
        ]
        for (actual, expected, bounds) in wrong {
            withKnownIssue { expectClose(actual, expected, within: bounds) }
        }
        expectClose([1, 1.25, .infinity], [1, 1, .infinity], within: [0, 0.25, 0])
        withKnownIssue { expectSame([1], [1, 1]) }
        withKnownIssue { expectSame([.nan], [1]) }
        withKnownIssue { expectSame([1], [1.5]) }
        expectSame([.nan, 0], [.nan, -0.0])
    }

    @Test("A number written or added beside a buffer is an issue", .namingCases)
    func guards() {
        forEach([-1, 3, -1024, 1026]) { place in
            withKnownIssue {
                let buffer = GuardedBuffer<Float>(poisoned: 3)
                buffer.pointer[place] = 0
            }
            withKnownIssue {
                let buffer = GuardedBuffer<Double>(poisoned: 3)
                buffer.pointer[place] += 0.001
            }
            let buffer = GuardedBuffer<Float>(poisoned: 3)
            for inside in 0..<3 { buffer.pointer[inside] = 0 }
        }
    }

    @Test("The bound grows with the roundings and covers their error, but little more")
    func bounds() {
        // Ten additions of ⅒, which is no Float, to 0.
        var total: Float = 0
        for _ in 0..<10 { total += 0.1 }
        let error = abs(Double(total) - 10 * Double(Float(0.1)))
        let bound = roundingBound(Float.self, roundings: 10, magnitude: 1)
        #expect(error > 0 && error <= bound && bound < 1e-6)
        #expect(ulps(Float(1).nextUp, from: 1) == 1)
        #expect(ulps(Float.nan, from: 1) == .infinity)
        #expect(ulps(Float.infinity, from: 1e300) == 0)
    }
}
