import LanesKernels

/// y = x·mask/(1 − p) while training, where the mask keeps a number with probability 1 − p;  x' = y'·mask/(1 − p).
///
/// Keeps nothing: the mask is a function of (seed, step, layer, sample, element) and is made again. Inference: y = x.
struct Dropout: Layer {
    let probability: Double

    var kind: String { "dropout" }
    var detail: String { "p = \(probability)" }
    var worksInPlace: Bool { true }
    var isPointwise: Bool { true }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        guard probability >= 0, probability < 1 else {
            throw LayerError(found: "a probability of \(probability)", expected: "one in [0, 1)")
        }
        return inputs[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y) = (node.inputs[0], node.output)
        guard x != y || plan.isTraining else { return }
        addMask(from: x, to: y, accumulates: false, "forward", node, plan)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        addMask(from: dy, to: dx, accumulates: accumulates, "backward", node, plan)
    }

    @inline(__always)
    private func addMask<Scalar: KernelScalar>(
        from source: Value, to target: Value, accumulates: Bool, _ label: String, _ node: PlannedNode,
        _ plan: PlanBuilder<Scalar>
    ) {
        let (layer, count) = (node.index, node.shape.count)
        let probability = plan.isTraining ? self.probability : 0
        plan.add(label, of: node, .samples, reads: [source], writes: [target]) { item in
            var random = item.random(layer)
            dropout(
                item[source], count: count, probability: probability, key: random.next(), into: item[target],
                accumulating: accumulates)
        }
    }
}

extension Node {
    /// Sets numbers to zero with the given probability while training, and scales up the others.
    public func dropout(_ probability: Double, name: String? = nil) -> Node {
        apply(Dropout(probability: probability), name: name)
    }
}
