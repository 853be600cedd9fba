import MatrixSteps
import TestSupport
import Testing

@Suite("A matrix product in steps")
struct MatrixStepsTests {
    /// Around the tile's heights (6, 12), the panel's width 16, and the blocks' 144 rows and 320 of k; and nothing at all.
    static let shapes = [
        (1, 1, 1), (0, 3, 2), (3, 0, 2), (5, 17, 0), (6, 16, 8), (7, 15, 33), (13, 47, 319), (25, 33, 321),
        (12, 32, 641), (145, 18, 40), (289, 5, 7),
    ]
    static let steps: [(name: String, run: @Sendable (MatrixProduct) -> Void)] = [
        ("naive", naive), ("reordered", reordered), ("vectorised", vectorised), ("tiled", tiled), ("packed", packed),
        ("threaded 1", { threaded($0, threads: 1) }), ("threaded 2", { threaded($0, threads: 2) }),
        ("threaded 5", { threaded($0, threads: 5) }),
    ]

    @Test("Every step is the product, within rounding, on odd shapes", .namingCases)
    func products() {
        forEach(Self.shapes) { m, n, k in
            let a = GuardedBuffer<Float>(random: m * k, seed: 1)
            let b = GuardedBuffer<Float>(random: k * n, seed: 2)
            let expected = referenceProduct(m: m, n: n, k: k, a.values, b.values)
            for step in Self.steps {
                let c = GuardedBuffer<Float>(poisoned: m * n)
                step.run(MatrixProduct(m: m, n: n, k: k, a.pointer, b.pointer, into: c.pointer))
                expectClose(c, expected, "\(step.name) \(m)×\(n)×\(k)")
            }
        }
    }
}
