import LanesGraph
import LanesKernels

/// y = factor · x: a layer of somebody's own.
struct Scaled: Layer {
    let factor: Double

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, factor) = (node.inputs[0], node.output, Scalar(factor))
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            let source = item.read(x)
            var target = item.write(y)
            for index in source.indices { target[index] = factor * source[index] }
        }
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let factor = Scalar(factor)
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            let source = item.read(dy)
            var target = item.write(dx)
            for index in source.indices {
                target[index] = factor * source[index] + (accumulates ? target[index] : 0)
            }
        }
    }
}

/// Σ(output − target)⁴: a loss of somebody's own.
struct FourthPower: Loss {
    static let name = "fourth"
    var scale = 1.0

    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget { .values(shape) }

    func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale factor: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        var sum: Scalar = 0
        for index in output.indices {
            let difference = output[index] - target[index]
            let square = difference * difference
            sum += Scalar(scale) * square * square
            if !gradient.isEmpty { gradient[index] = factor * Scalar(scale) * 4 * square * difference }
        }
        return sum
    }
}
