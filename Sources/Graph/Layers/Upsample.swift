import LanesKernels

/// The image at another size, with the pixels that `Kernels/Resize.swift` tells: PyTorch's `Upsample`;  x' gets from y' what
/// each pixel gave to y. Keeps nothing.
struct Upsample: Layer {
    enum Target: Sendable, Equatable, Codable {
        /// So many times the input's size.
        case factor(Extent)
        case size(Extent)
    }

    let target: Target
    let interpolation: Interpolation

    var kind: String { "upsample" }
    var detail: String {
        switch target {
        case .factor(let factor): "\(interpolation) by \(factor)"
        case .size(let size): "\(interpolation) to \(size)"
        }
    }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        let input = inputs[0]
        let most = 1 << 16
        // Factors and sizes within these limits cannot overflow.
        let wanted =
            switch target {
            case .factor(let factor): factor
            case .size(let size): size
            }
        let sizes = [wanted.height, wanted.width, input.height, input.width]
        guard sizes.allSatisfy({ (1...most).contains($0) }) else {
            throw LayerError(found: "an image of \(input), \(detail)", expected: "factors and sizes of 1…\(most)")
        }
        var size = wanted
        if case .factor = target {
            size = Extent(height: input.height * wanted.height, width: input.width * wanted.width)
        }
        guard size.height <= most, size.width <= most else {
            throw LayerError(found: "an output of \(size)", expected: "sizes of 1…\(most)")
        }
        return Shape(channels: input.channels, height: size.height, width: size.width)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, channels, interpolation) = (node.inputs[0], node.output, node.shape.channels, interpolation)
        let (from, to) = (node.inputShapes[0].extent, node.shape.extent)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            resizeForward(
                item[x], from: from, to: to, channels: channels, interpolation: interpolation, into: item[y])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (channels, interpolation) = (node.shape.channels, interpolation)
        let (from, to) = (node.inputShapes[0].extent, node.shape.extent)
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            resizeBackward(
                outputGradient: item[dy], from: from, to: to, channels: channels, interpolation: interpolation,
                into: item[dx], accumulating: accumulates)
        }
    }
}

extension Node {
    /// The image `factor` times as large.
    public func upsample(by factor: Extent, interpolation: Interpolation = .nearest, name: String? = nil) -> Node {
        apply(Upsample(target: .factor(factor), interpolation: interpolation), name: name)
    }

    /// The image at another size, smaller or larger. Where it gets smaller, pixels in between are left out.
    public func upsample(to size: Extent, interpolation: Interpolation = .nearest, name: String? = nil) -> Node {
        apply(Upsample(target: .size(size), interpolation: interpolation), name: name)
    }
}
