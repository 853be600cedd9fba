import LanesKernels

/// Fully connected layer. With B samples, K input features and N output features:
///
///     Y[B × N] = X[B × K]·W[K × N] + b        X'[B × K] = Y'[B × N]·Wᵀ[N × K]        W'[K × N] = Xᵀ[K × B]·Y'[B × N]
///
/// Keeps X. W lies in panels [N/16][K][16], the right operand of the first product. A long K is cut into a fixed number
/// of chunks with partial sums of their own, so that each piece reads its part of X and W once; otherwise pieces are
/// panels of columns. Pieces of W' are rows, or columns where there are many.
///
/// After a flatten K counts channels last here, and channels first in PyTorch's files: the layout of the parameter
/// translates.
struct Linear: Layer {
    let features: Int
    let hasBias: Bool

    var kind: String { "linear" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard features > 0 else { throw LayerError(found: "\(features) features", expected: "1 or more") }
        try checkVector(inputs[0])
        return Shape(channels: features)
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let input = inputs[0]
        let bound = 1 / Double(input.count).squareRoot()
        let weight = Parameter(
            "weight", shape: [features, input.count],
            layout: .panels(
                outputs: features, channels: input.count / input.flattenedPositions, positions: input.flattenedPositions
            ),
            initial: .uniform(bound))
        return hasBias ? [weight, Parameter("bias", shape: [features], initial: .uniform(bound))] : [weight]
    }

    func multiplyAdds(_ inputs: [Shape]) -> Int { inputs[0].count * features }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, weight) = (node.inputs[0], node.output, node.parameter("weight"))
        let bias = hasBias ? node.parameter("bias") : nil
        let parameters = [weight] + (bias.map { [$0] } ?? [])
        let (k, n, batch) = (node.inputShapes[0].count, features, plan.batchSize)
        let chunks = k < 2048 ? 1 : min(16, k / 256)
        guard chunks > 1 else {
            let (pieces, panels) = Self.cut((n + vectorWidth - 1) / vectorWidth)
            let rectifies = plan.takesOverRectifier(after: node)
            plan.add("forward", of: node, .pieces(pieces), reads: [x] + parameters, writes: [y]) { item in
                let first = item.piece * panels
                let columns = min(panels * vectorWidth, n - first * vectorWidth)
                var start: Panels<Scalar>?
                if let bias { start = .bias(item[bias] + first * vectorWidth) }
                multiply(
                    m: item.samples, n: columns, k: k, Strided(item[x], rowStride: k),
                    .packed(item[weight] + first * k * vectorWidth, rows: k), addingTo: start,
                    into: .rowMajor(item[y] + first * vectorWidth, columns: n))
                guard rectifies else { return }
                for start in stride(from: first * vectorWidth, to: item.samples * n, by: n) {
                    rectify(item[y] + start, count: columns, into: item[y] + start)
                }
            }
            return
        }
        let partials = plan.value(.whole, chunks * batch * n)
        plan.add("forward", of: node, .pieces(chunks), reads: [x, weight], writes: [partials]) { item in
            let first = item.piece * k / chunks
            let depth = (item.piece + 1) * k / chunks - first
            multiply(
                m: item.samples, n: n, k: depth, Strided(item[x] + first, rowStride: k),
                Panels.packed(item[weight], rows: k).from(row: first),
                into: .rowMajor(item[partials] + item.piece * batch * n, columns: n))
        }
        plan.add("sum chunks", of: node, .samples, reads: [partials] + (bias.map { [$0] } ?? []), writes: [y]) { item in
            var start: UnsafePointer<Scalar>?
            if let bias { start = UnsafePointer(item[bias]) }
            sumPartials(
                item[partials] + item.sample * n, partialCount: chunks, stride: batch * n, count: n, bias: start,
                into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, weight) = (node.inputs[0], node.parameter("weight"))
        let (k, n) = (node.inputShapes[0].count, features)
        let depth = roundedToVectors(n)
        let (pieces, panels) = Self.cut((k + vectorWidth - 1) / vectorWidth)
        if let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) {
            let rectifies = plan.takesOverRectifier(before: node)
            // A piece transposes the panels that it needs while they are in cache.
            plan.add(
                "backward data", of: node, .pieces(pieces), reads: [dy, weight] + (rectifies ? [x] : []), writes: [dx],
                workspace: panels * depth * vectorWidth
            ) { item in
                let first = item.piece * panels
                let last = min(first + panels, (k + vectorWidth - 1) / vectorWidth)
                transposePanels(item[weight], rows: k, columns: n, panels: first..<last, into: item.workspace)
                let target = Panels.rowMajor(item[dx] + first * vectorWidth, columns: k)
                let columns = min(last * vectorWidth, k) - first * vectorWidth
                multiply(
                    m: item.samples, n: columns, k: n, Strided(item[dy], rowStride: n),
                    .packed(item.workspace, rows: depth), addingTo: accumulates ? target : nil, into: target)
                guard rectifies else { return }
                for start in stride(from: first * vectorWidth, to: item.samples * k, by: k) {
                    rectifyBackward(
                        output: item[x] + start, outputGradient: item[dx] + start, count: columns,
                        into: item[dx] + start, accumulating: false)
                }
            }
        }
        addParameterGradients(node, plan)
    }

    /// W' and b', each where it is wanted.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func addParameterGradients<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, k, n) = (node.inputs[0], node.inputShapes[0].count, features)
        let depth = roundedToVectors(n)
        let (weightGradient, biasGradient) = (node.parameterGradient("weight"), node.parameterGradient("bias"))
        guard weightGradient != nil || biasGradient != nil else { return }
        // A piece packs the columns of Y' that it multiplies by. Where there are many, pieces are of columns, or else each
        // of them would pack the whole: 0.97 of a step of `mlp`.
        let isWide = depth >= 16 * vectorWidth
        let (pieces, panels) = Self.cut((isWide ? depth : roundedToVectors(k)) / vectorWidth)
        let count = weightGradient == nil ? 1 : pieces
        let proof = plan.addProof(pieces: count)
        plan.add(
            "backward weights", of: node, .pieces(count), reads: [x, dy],
            writes: [weightGradient, biasGradient, proof].compactMap(\.self),
            workspace: plan.batchSize * (isWide ? panels * vectorWidth : depth)
        ) { item in
            item[proof][item.piece] = 0
            if item.piece == 0, let biasGradient {
                sumRows(
                    item[dy], rows: item.samples, columns: n, into: item[biasGradient], accumulating: false,
                    separately: item.isGroupLong)
                if !allFinite(item[biasGradient], count: n) { item[proof][item.piece] = .nan }
            }
            guard let weightGradient else { return }
            let first = item.piece * panels
            let (row, panel) = isWide ? (0, first) : (first * vectorWidth, 0)
            let rows = isWide ? k : min(panels * vectorWidth, k - row)
            let columns = isWide ? min(panels * vectorWidth, n - panel * vectorWidth) : n
            var right = Panels.rowMajor(item[dy] + panel * vectorWidth, columns: n)
            // Not for few rows, where whole vectors lie there already: 0.99 of a step of `mlp`.
            if isWide || n % vectorWidth != 0 || rows > 4 * vectorWidth {
                pack(
                    item[dy] + panel * vectorWidth, rows: item.samples, columns: columns, rowStride: n,
                    into: item.workspace)
                right = .packed(item.workspace, rows: item.samples)
            }
            multiply(
                m: rows, n: roundedToVectors(columns), k: item.samples,
                Strided(item[x] + row, rowStride: 1, columnStride: k), right,
                separately: item.isGroupLong,
                into: Panels.packed(item[weightGradient], rows: k).from(row: row, panel: panel))
            for column in stride(from: panel * vectorWidth, to: panel * vectorWidth + columns, by: vectorWidth)
            where !allFinite(item[weightGradient] + column * k + row * vectorWidth, count: rows * vectorWidth) {
                item[proof][item.piece] = .nan
            }
        }
    }

    /// Cuts `panels` into pieces of equal size, except that the last may be smaller: at most 16 pieces, or in wide
    /// layers 64, for more threads.
    private static func cut(_ panels: Int) -> (pieces: Int, panelsPerPiece: Int) {
        let most = max(16, min(64, panels / 8))
        let size = (panels + most - 1) / most
        return ((panels + size - 1) / size, size)
    }
}

extension Node {
    /// Fully connected layer. Parameters: `weight` [features, input features], `bias`.
    public func linear(_ features: Int, bias: Bool = true, name: String? = nil) -> Node {
        apply(Linear(features: features, hasBias: bias), name: name)
    }
}
