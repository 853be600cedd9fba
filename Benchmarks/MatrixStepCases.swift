import Dispatch
import LanesKernels
import MatrixSteps

/// `steps/NAME`: one product of square matrices in the steps of Benchmarks/Steps, from three loops to the engine's own.
func matrixStepCases(threads: Int, size: Int = 1024) -> [Case] {
    [
        stepCase("naive", size, naive), stepCase("reordered", size, reordered),
        stepCase("vectorised", size, vectorised), stepCase("tiled", size, tiled), stepCase("packed", size, packed),
        stepCase("threaded", size, threads: threads) { threaded($0, threads: threads) },
        stepCase("engine", size, threads: threads) { engineProduct($0, threads: threads) },
    ]
}

private func stepCase(
    _ name: String, _ size: Int, threads: Int = 1, _ step: @escaping (MatrixProduct) -> Void
) -> Case {
    Case(name: "steps/\(name)") {
        let (a, b, c) = (Operand(size * size, seed: 1), Operand(size * size, seed: 2), Operand(size * size))
        let product = MatrixProduct(m: size, n: size, k: size, a.pointer, b.pointer, into: c.pointer)
        let run = {
            withExtendedLifetime((a, b, c)) { step(product) }
        }
        return Work(
            operations: 2 * Double(size) * Double(size) * Double(size), threads: threads,
            verify: {
                c.fill(.nan)
                run()
                // Every thirteenth row: 13 shares no factor with the heights of tiles and blocks.
                let rows = Array(stride(from: 0, to: size, by: 13))
                func plain(_ a: [Double], _ b: [Double]) -> [Double] {
                    plainProduct(
                        m: size, n: size, k: size, a, transposed: false, b, transposed: false, rows: rows)
                }
                let magnitudes = plain(a.magnitudes, b.magnitudes)
                let found = rows.flatMap { row in (0..<size).map { c.pointer[row * size + $0] } }
                return difference("C", found, plain(a.doubles, b.doubles)) { magnitudes[$0] * Double(size) * ulp }
            },
            time: { timeCalls(seconds: $0, samples: 3, run) }, plain: nil)
    }
}

/// The engine's own product, in as many pieces as there are threads: rows of C, each with a workspace of its own.
func engineProduct(_ p: MatrixProduct, threads: Int) {
    let bands = p.bands(threads)
    DispatchQueue.concurrentPerform(iterations: bands.count) { index in
        let q = p.rows(bands[index])
        withUnsafeTemporaryAllocation(
            of: Float.self, capacity: max(1, multiplyWorkspace(m: q.m, n: q.n, k: q.k))
        ) { workspace in
            guard let scratch = workspace.baseAddress else { return }
            multiply(m: q.m, n: q.n, k: q.k, q.a, q.b, into: q.c, workspace: scratch)
        }
    }
}
