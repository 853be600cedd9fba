import LanesKernels

/// `matmul/MxNxK`: C[M × N] = A[M × K]·B[K × N] of row-major matrices, with BLAS's letters behind it where an operand is
/// stored transposed: `/nt` (B), `/tn` (A).
func matrixCases() -> [Case] {
    // The dense layers of the recipes, inputs → outputs, at their batch size.
    let layers = [(784, 512), (512, 128), (128, 10), (3136, 128)]
    let batch = 64
    let products = layers.flatMap { inputs, outputs in
        [
            product(batch, outputs, inputs),
            product(batch, inputs, outputs, bTransposed: true),
            product(inputs, outputs, batch, aTransposed: true),
        ]
    }
    return products + [64, 128, 256, 512, 768, 1024].map { product($0, $0, $0) }
}

private func product(_ m: Int, _ n: Int, _ k: Int, aTransposed: Bool = false, bTransposed: Bool = false) -> Case {
    let name = "matmul/\(m)x\(n)x\(k)" + (aTransposed ? "/tn" : bTransposed ? "/nt" : "")
    return matrixCase(name, m, n, k, aTransposed: aTransposed, bTransposed: bTransposed)
}

func matrixCase(
    _ name: String, _ m: Int, _ n: Int, _ k: Int, aTransposed: Bool = false, bTransposed: Bool = false
) -> Case {
    Case(name: name) {
        let (a, b, c) = (Operand(m * k, seed: 1), Operand(k * n, seed: 2), Operand(m * n))
        let workspace = Operand(multiplyWorkspace(m: m, n: n, k: k))
        let run = {
            multiply(
                m: m, n: n, k: k, a.pointer, transposed: aTransposed, b.pointer, transposed: bTransposed,
                into: c.pointer, workspace: workspace.pointer)
        }
        // Of a large product every seventh row is checked: 7 shares no factor with the heights of tiles (6 or 12) and
        // blocks (144), so these rows lie at every height of a tile.
        let rows = Array(stride(from: 0, to: m, by: m * n * k > 1 << 26 ? 7 : 1))
        let verify = {
            c.fill(.nan)
            run()
            let found = rows.flatMap { row in (0..<n).map { c.pointer[row * n + $0] } }
            func plain(_ a: [Double], _ b: [Double]) -> [Double] {
                plainProduct(
                    m: m, n: n, k: k, a, transposed: aTransposed, b, transposed: bTransposed, rows: rows)
            }
            let magnitudes = plain(a.magnitudes, b.magnitudes)
            return difference("C", found, plain(a.doubles, b.doubles)) { magnitudes[$0] * Double(k) * ulp }
        }
        let (plainA, plainB) = (a.floats, b.floats)
        let few = max(1, min(m, (1 << 22) / (n * k)))
        return Work(
            operations: 2 * Double(m) * Double(n) * Double(k), plainShare: Double(few) / Double(m), verify: verify,
            run: run,
            plain: {
                keep(
                    plainProduct(
                        m: m, n: n, k: k, plainA, transposed: aTransposed, plainB, transposed: bTransposed,
                        rows: Array(0..<few)))
            })
    }
}

/// Uses a result, so that the optimizer cannot remove what made it.
@inline(never)
func keep<T>(_ value: T) { withExtendedLifetime(value) {} }
