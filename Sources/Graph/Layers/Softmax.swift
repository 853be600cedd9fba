import LanesKernels

/// Over the channels of each position:
/// y = softmax(x);  x' = y·(y' − ⟨y, y'⟩), or y = log-softmax(x);  x' = y' − exp(y)·Σ y'. Keeps y.
struct Softmax: Layer {
    /// Whether it is the logarithm.
    let isLogarithm: Bool

    var kind: String { isLogarithm ? "logSoftmax" : "softmax" }
    var keepsOutput: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, isLogarithm) = (node.inputs[0], node.output, isLogarithm)
        let (channels, positions) = node.shape.positions
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            for start in stride(from: 0, to: positions * channels, by: channels) {
                if isLogarithm {
                    logSoftmaxForward(item[x] + start, count: channels, into: item[y] + start)
                } else {
                    softmaxForward(item[x] + start, count: channels, into: item[y] + start)
                }
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (y, isLogarithm) = (node.output, isLogarithm)
        let (channels, positions) = node.shape.positions
        plan.add("backward", of: node, .samples, reads: [y, dy], writes: [dx]) { item in
            for start in stride(from: 0, to: positions * channels, by: channels) {
                let (output, outputGradient) = (item[y] + start, item[dy] + start)
                if isLogarithm {
                    logSoftmaxBackward(
                        output: output, outputGradient: outputGradient, count: channels, into: item[dx] + start,
                        accumulating: accumulates)
                } else {
                    softmaxBackward(
                        output: output, outputGradient: outputGradient, count: channels, into: item[dx] + start,
                        accumulating: accumulates)
                }
            }
        }
    }
}

extension Node {
    /// Softmax over the features of a vector, or over the channels of each position of an image.
    public func softmax(name: String? = nil) -> Node { apply(Softmax(isLogarithm: false), name: name) }

    /// The logarithm of softmax, over the same.
    public func logSoftmax(name: String? = nil) -> Node { apply(Softmax(isLogarithm: true), name: name) }
}
