import LanesGraph
import LanesKernels
import Testing

extension FixtureNetwork {
    /// The network of the case.
    ///
    /// - Parameter forBounds: Puts an average in the place of a maximum, whose gradient follows the values' signs: n times
    ///   the average of n absolute values bounds the greatest, and n times its gradient that of any one.
    func output(of x: Node, forBounds: Bool = false) throws -> Node {
        switch fixture.kind {
        case "conv2d", "conv2d_same", "conv_transpose2d": return try convolution(of: x)
        case "max_pool2d", "avg_pool2d", "global_max_pool", "global_average_pool":
            return try pool(of: x, forBounds: forBounds)
        case "relu": return x.relu()
        case "leaky_relu": return try x.leakyReLU(slope: fixture.number("negative_slope"))
        case "sigmoid": return x.sigmoid()
        case "tanh": return x.tanh()
        case "gelu": return x.gelu()
        case "silu": return x.silu()
        case "elu": return try x.elu(alpha: fixture.number("alpha"))
        case "linear": return x.linear(outputs, name: "layer")
        case "flatten_linear": return x.flatten().linear(outputs, name: "layer")
        case "batch_norm": return x.batchNorm(name: "layer")
        case "layer_norm": return x.layerNorm(affine: fixture.has("weight"), name: "layer")
        case "group_norm":
            return try x.groupNorm(fixture.integer("groups"), affine: fixture.has("weight"), name: "layer")
        case "softmax": return x.softmax()
        case "log_softmax": return x.logSoftmax()
        case "upsample_nearest" where fixture.name.hasSuffix("/twice"): return x.upsample(by: 2)
        case "upsample_nearest": return try x.upsample(to: extent("size"), interpolation: .nearest)
        case "upsample_bilinear": return try x.upsample(to: extent("size"), interpolation: .bilinear)
        case "reshape": return x.reshape(upstream.sample)
        case "add" where fixture.name == "add/residual_block":
            let trunk = x.conv2d(4, kernel: 3, padding: 1, name: "conv1").relu()
            return trunk.add(trunk.conv2d(4, kernel: 3, padding: 1, name: "conv2")).relu()
        case "add": return x.add(x.conv2d(3, kernel: 3, padding: 1, name: "conv"))
        case "multiply" where fixture.has("other"): return try x.multiply(other("other"))
        case "multiply": return x.multiply(x.conv2d(3, kernel: 3, padding: 1, name: "conv"))
        case "concat" where fixture.has("other"): return try x.concat(other("other"), other("other2"))
        case "concat": return x.concat(x.conv2d(4, kernel: 3, padding: 1, name: "conv"))
        case "two_heads":
            let top = x.conv2d(3, kernel: 3, padding: 1, name: "conv").relu()
            return (forBounds ? top.averagePool(2) : top.maxPool(2)).flatten()
        case "network": return network(x)
        default:
            Issue.record("no test knows how to build \(fixture.name)")
            return x
        }
    }

    private func convolution(of x: Node) throws -> Node {
        let kernel = try extent("kernel")
        let dilation = try extent("dilation")
        let groups = try fixture.has("groups") ? fixture.integer("groups") : 1
        switch fixture.kind {
        case "conv2d_same":
            let padding = Padding.same(kernel: kernel, dilation: dilation)
            return x.conv2d(outputs, kernel: kernel, padding: padding, dilation: dilation, name: "layer")
        case "conv_transpose2d":
            return try x.convTranspose2d(
                outputs, kernel: kernel, stride: extent("stride"), padding: padding(),
                outputPadding: extent("output_padding"), dilation: dilation, groups: groups, name: "layer")
        default:
            return try x.conv2d(
                outputs, kernel: kernel, stride: extent("stride"), padding: padding(), dilation: dilation,
                groups: groups, name: "layer")
        }
    }

    private func pool(of x: Node, forBounds: Bool) throws -> Node {
        if fixture.kind.hasPrefix("global") {
            return fixture.kind == "global_max_pool" && !forBounds ? x.globalMaxPool() : x.globalAveragePool()
        }
        let ceilMode = try fixture.has("ceil_mode") && fixture.integer("ceil_mode") == 1
        guard fixture.kind == "max_pool2d" else {
            let countIncludePad = try !fixture.has("count_include_pad") || fixture.integer("count_include_pad") == 1
            return try x.averagePool(
                extent("kernel"), stride: extent("stride"), padding: padding(), ceilMode: ceilMode,
                countIncludePad: countIncludePad)
        }
        if forBounds {
            return try x.averagePool(reach(), stride: extent("stride"), padding: padding(), ceilMode: ceilMode)
        }
        return try x.maxPool(
            extent("kernel"), stride: extent("stride"), padding: padding(), dilation: dilation(), ceilMode: ceilMode)
    }

    /// Networks around a flatten, whose order of features is PyTorch's.
    private func network(_ x: Node) -> Node {
        let image = x.conv2d(3, kernel: 3, padding: 1, name: "conv")
        let features = image.flatten()
        switch fixture.name.dropFirst("network/".count) {
        case "flatten": return features
        case "flatten_relu_linear": return features.relu().linear(5, name: "fc")
        case "flatten_gelu_linear": return features.gelu().linear(5, name: "fc")
        case "flatten_batch_norm_linear": return features.batchNorm(name: "bn").linear(5, name: "fc")
        case "flatten_layer_norm_linear": return features.layerNorm(name: "ln").linear(5, name: "fc")
        case "flatten_group_norm_linear": return features.groupNorm(4, name: "gn").linear(5, name: "fc")
        case "flatten_softmax": return features.softmax()
        case "flatten_log_softmax": return features.logSoftmax()
        case "flatten_concat_linear": return features.concat(x.flatten()).linear(5, name: "fc")
        case "flatten_add_linear": return features.add(x.flatten().linear(36, name: "fc1")).linear(5, name: "fc")
        case "decoder":
            return features.linear(12, name: "fc").tanh().reshape(Shape(channels: 2, height: 3, width: 2))
                .convTranspose2d(4, kernel: 2, stride: 2, name: "up")
        case "skip":
            let top = image.silu()
            let low = top.averagePool(2).upsample(to: Extent(height: 4, width: 3), interpolation: .bilinear)
            return top.concat(low).conv2d(2, kernel: 1, name: "top")
        default:
            Issue.record("no test knows how to build \(fixture.name)")
            return x
        }
    }

    private func other(_ name: String) throws -> Node {
        .input(name, try #require(inputs[name]).sample)
    }

    /// As [h, w], or as [top, left, bottom, right].
    private func padding() throws -> Padding {
        let sizes = try fixture.integers("padding")
        return sizes.count == 2
            ? Padding(height: sizes[0], width: sizes[1])
            : Padding(top: sizes[0], left: sizes[1], bottom: sizes[2], right: sizes[3])
    }

    private func dilation() throws -> Extent { try fixture.has("dilation") ? extent("dilation") : 1 }

    /// Rows and columns from a window's first tap to its last.
    func reach() throws -> Extent {
        let (kernel, dilation) = try (extent("kernel"), dilation())
        return Extent(
            height: (kernel.height - 1) * dilation.height + 1, width: (kernel.width - 1) * dilation.width + 1)
    }

    private func extent(_ name: String) throws -> Extent {
        let sizes = try fixture.integers(name, count: 2)
        return Extent(height: sizes[0], width: sizes[1])
    }
}
