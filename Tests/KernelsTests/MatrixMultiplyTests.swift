import LanesKernels
import TestSupport
import Testing

struct ProductShape: Sendable, CustomTestStringConvertible {
    let m: Int
    let n: Int
    let k: Int
    var testDescription: String { "\(m)×\(n)×\(k)" }
}

/// Every m beside every n, each with some k: around the tile heights 6 and 12, the panel width 16 and nothing at all.
private let smallSizes = [0, 1, 2, 5, 6, 7, 11, 12, 13, 15, 16, 17, 31, 33, 64, 100]

/// Below, at and above the 320 deep blocks; few rows over whole panels; and what takes every packing.
private let deepShapes = [(7, 33, 319), (7, 33, 320), (13, 16, 321), (12, 32, 640), (1, 1, 641), (150, 130, 20)]
    .map { ProductShape(m: $0.0, n: $0.1, k: $0.2) }
private let largeShape = ProductShape(m: 200, n: 300, k: 520)

@Suite("Row-major matrix multiplication")
struct MatrixMultiplyTests {
    @Test("Small shapes", .namingCases)
    static func smallCases() {
        forEach(smallSizes) { Self().small(m: $0) }
    }

    func small(m: Int) {
        for (i, n) in smallSizes.enumerated() {
            let shape = ProductShape(m: m, n: n, k: smallSizes[(i * 7 + m) % smallSizes.count])
            check(shape, Float.self)
            check(shape, Double.self)
        }
    }

    @Test("Nothing deep", .namingCases)
    func depthZero() {
        forEach([1, 16, 17]) { n in
            check(ProductShape(m: 7, n: n, k: 0), Float.self)
            check(ProductShape(m: 7, n: n, k: 0), Double.self)
        }
    }

    @Test("Deep and large shapes", .namingCases)
    static func deepCases() {
        forEach(deepShapes + [largeShape]) { Self().deep(shape: $0) }
    }

    func deep(shape: ProductShape) {
        check(shape, Float.self)
        check(shape, Double.self)
    }

    /// Every storage order of both sides, overwriting and accumulating.
    private func check<Scalar: KernelScalar>(_ shape: ProductShape, _: Scalar.Type) {
        let (m, n, k) = (shape.m, shape.n, shape.k)
        let a = GuardedBuffer<Scalar>(random: m * k, seed: 1)
        let b = GuardedBuffer<Scalar>(random: k * n, seed: 2)
        let initial = GuardedBuffer<Scalar>(random: m * n, seed: 3).values
        let aTurned = GuardedBuffer<Scalar>(transposed(a.values, rows: m, columns: k))
        let bTurned = GuardedBuffer<Scalar>(transposed(b.values, rows: k, columns: n))
        for accumulating in [false, true] {
            let expected = referenceProduct(
                m: m, n: n, k: k, a.values, b.values, addingTo: accumulating ? initial : nil)
            for (aTransposed, bTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
                let c = GuardedBuffer<Scalar>(poisoned: m * n)
                if accumulating { c.fill(with: initial) }
                let workspace = GuardedBuffer<Scalar>(poisoned: multiplyWorkspace(m: m, n: n, k: k))
                multiply(
                    m: m, n: n, k: k, aTransposed ? aTurned.pointer : a.pointer, transposed: aTransposed,
                    bTransposed ? bTurned.pointer : b.pointer, transposed: bTransposed, into: c.pointer,
                    accumulating: accumulating, workspace: workspace.pointer)
                expectClose(
                    c, expected,
                    "\(shape.testDescription) A transposed: \(aTransposed), B: \(bTransposed), += \(accumulating)")
            }
        }
    }
}
