import LanesKernels

/// y = f(x), number by number, with f and its slope in `Kernels/Activations.swift`;  x' = y'·f'(x).
///
/// Keeps y where that tells the slope, so that y may overwrite x, and x otherwise (GELU, SiLU).
struct Activation: Layer {
    let function: PointwiseFunction

    var kind: String {
        switch function {
        case .leakyReLU: "leakyReLU"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        case .gelu: "gelu"
        case .silu: "silu"
        case .elu: "elu"
        }
    }
    var worksInPlace: Bool { !function.backwardReadsInput }
    var keepsOutput: Bool { !function.backwardReadsInput }
    var isPointwise: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        switch function {
        case .leakyReLU(let factor), .elu(let factor):
            guard factor.isFinite else {
                throw LayerError(found: "a factor of \(factor)", expected: "a finite one")
            }
        case .sigmoid, .tanh, .gelu, .silu: break
        }
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count, function) = (node.inputs[0], node.output, node.shape.count, function)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            pointwiseForward(function, item[x], count: count, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (x, y, count, function) = (node.inputs[0], node.output, node.shape.count, function)
        let kept = function.backwardReadsInput ? x : y
        plan.add("backward", of: node, .samples, reads: [kept, dy], writes: [dx]) { item in
            pointwiseBackward(
                function, input: item[kept], output: item[kept], outputGradient: item[dy], count: count, into: item[dx],
                accumulating: accumulates)
        }
    }
}

extension Node {
    /// x where x > 0, else slope·x.
    public func leakyReLU(slope: Double = 0.01, name: String? = nil) -> Node {
        apply(Activation(function: .leakyReLU(slope: slope)), name: name)
    }

    /// 1/(1 + exp(−x)).
    public func sigmoid(name: String? = nil) -> Node { apply(Activation(function: .sigmoid), name: name) }

    /// The hyperbolic tangent.
    public func tanh(name: String? = nil) -> Node { apply(Activation(function: .tanh), name: name) }

    /// x·Φ(x), with the normal distribution's Φ itself and no approximation (Hendrycks and Gimpel, 2016).
    public func gelu(name: String? = nil) -> Node { apply(Activation(function: .gelu), name: name) }

    /// x·sigmoid(x).
    public func silu(name: String? = nil) -> Node { apply(Activation(function: .silu), name: name) }

    /// x where x > 0, else alpha·(exp(x) − 1) (Clevert et al., 2015).
    public func elu(alpha: Double = 1, name: String? = nil) -> Node {
        apply(Activation(function: .elu(alpha: alpha)), name: name)
    }
}
