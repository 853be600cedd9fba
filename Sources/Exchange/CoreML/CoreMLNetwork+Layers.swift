import LanesGraph
import LanesKernels
import LanesTraining

extension CoreMLNetwork {
    /// Adds the layers that compute what one of ours does.
    ///
    /// - Throws: `ModelError` where Core ML cannot say it.
    mutating func add(
        _ layer: BuiltInLayer, of member: Graph.Member, to inputs: [String]
    ) throws(ModelError) -> String {
        let (name, shapes) = (member.name, member.inputs.map { model.graph.members[$0].shape })
        guard let x = inputs.first else { return name }
        switch layer {
        case .input, .dropout: return x
        case .add: return add(.add, inputs, name: name)
        case .multiply: return add(.multiply, inputs, name: name)
        case .concat: return add(.concat, inputs, name: name)
        case .relu: return activation(x, 10, name: name)
        case .activation(let function): return activation(function, x, name: name)
        case .scale(let scale, let shift):
            return add(.activation, [x], Self.line(scale: Float(scale), shift: Float(shift)), name: name)
        case .softmax(let isLogarithm): return isLogarithm ? logSoftmax(x, name: name) : add(.softmax, [x], name: name)
        case .convolution(let window, let groups, let hasBias):
            return convolution(x, window, groups, hasBias, member, inputChannels: shapes[0].channels)
        case .transposedConvolution(let window, let groups, let outputPadding, let hasBias):
            return transposedConvolution(
                x, window, groups, outputPadding, hasBias, member, inputChannels: shapes[0].channels)
        case .linear(let hasBias):
            let (weights, biases) = (parameter("weight", member), parameter("bias", member))
            return add(.innerProduct, [x], name: name) { settings in
                settings.add(1, shapes[0].count)
                settings.add(2, member.shape.channels)
                settings.add(10, hasBias)
                settings.add(20, Self.weights(weights))
                if hasBias { settings.add(21, Self.weights(biases)) }
            }
        case .maxPool(let window): return try maxPool(x, window, name: name)
        case .averagePool(let window, let countIncludePad):
            return averagePool(x, window, countIncludePad, name: name)
        case .globalMaxPool: return globalPool(x, isMax: true, name: name)
        case .globalAveragePool: return globalPool(x, isMax: false, name: name)
        case .batchNorm(let epsilon): return batchNorm(x, epsilon, member)
        case .groupNorm(let groups, let epsilon, let isAffine): return groupNorm(x, groups, epsilon, isAffine, member)
        case .layerNorm(let epsilon, let isAffine): return groupNorm(x, 1, epsilon, isAffine, member)
        case .reshape:
            if member.shape == shapes[0] { return x }
            return member.shape.isVector ? add(.flatten, [x], name: name) : reshaped(x, to: member.shape, name: name)
        case .upsample(let interpolation):
            return upsample(x, interpolation, from: shapes[0], to: member.shape, name: name)
        }
    }

    func parameter(_ name: String, _ member: Graph.Member) -> [Float] { model.parameter("\(member.name).\(name)") }

    static func weights(_ values: [Float]) -> ProtobufMessage { .with { $0.add(1, packed: values) } }

    /// The settings of an activation scale·x + shift.
    static func line(scale: Float, shift: Float) -> ProtobufMessage {
        .with { activation in
            activation.add(
                5,
                .with { line in
                    line.add(1, scale)
                    line.add(2, shift)
                })
        }
    }

    /// An activation by the number of its field.
    ///
    /// - Parameter factor: α of those that have one.
    mutating func activation(_ x: String, _ field: Int, factor: Double? = nil, name: String) -> String {
        add(.activation, [x], name: name) { settings in
            settings.add(field, .with { if let factor { $0.add(1, Float(factor)) } })
        }
    }

    private mutating func activation(_ function: PointwiseFunction, _ x: String, name: String) -> String {
        switch function {
        case .leakyReLU(let slope): return activation(x, 15, factor: slope, name: name)
        case .tanh: return activation(x, 30, name: name)
        case .sigmoid: return activation(x, 40, name: name)
        case .elu(let alpha): return activation(x, 50, factor: alpha, name: name)
        case .silu:
            let gate = activation(x, 40, name: "\(name)/gate")
            return add(.multiply, [x, gate], name: name)
        case .gelu: return add(.gelu, [x], name: name) { $0.add(1, 0) }
        }
    }

    /// x − max x − log Σ exp(x − max x) over the channels.
    private mutating func logSoftmax(_ x: String, name: String) -> String {
        let channels = ProtobufMessage.with { axes in
            axes.add(1, packed: [-3])
            axes.add(2, true)
        }
        let greatest = add(.reduceMax, [x], channels, name: "\(name)/max")
        let shifted = add(.subtractBroadcastable, [x, greatest], name: "\(name)/shifted")
        let sum = add(.reduceLogSumExp, [shifted], channels, name: "\(name)/sum")
        return add(.subtractBroadcastable, [shifted, sum], name: name)
    }

    /// x·scale + shift.
    ///
    /// - Parameter shape: Of both: [1], [channels] or [channels, height, width].
    mutating func scaled(_ x: String, by scale: [Float], plus shift: [Float], shape: [Int], name: String) -> String {
        add(.scale, [x], name: name) { settings in
            settings.add(1, packed: shape)
            settings.add(2, Self.weights(scale))
            settings.add(3, true)
            settings.add(4, packed: shape)
            settings.add(5, Self.weights(shift))
        }
    }

    private mutating func batchNorm(_ x: String, _ epsilon: Double, _ member: Graph.Member) -> String {
        let names = ["weight", "bias", "running_mean", "running_var"]
        let parameters = names.map { parameter($0, member) }
        return add(.batchNorm, [x], name: member.name) { settings in
            settings.add(1, member.shape.channels)
            settings.add(10, Float(epsilon))
            for (field, values) in zip(15...18, parameters) { settings.add(field, Self.weights(values)) }
        }
    }

    /// Groups as channels, each normalized by its own mean and variance; then γ and β.
    private mutating func groupNorm(
        _ x: String, _ groups: Int, _ epsilon: Double, _ isAffine: Bool, _ member: Graph.Member
    ) -> String {
        let (name, shape) = (member.name, member.shape)
        let split = Shape(channels: groups, height: shape.channels / groups * shape.height, width: shape.width)
        let parts = reshaped(x, to: split, name: "\(name)/groups")
        let normalized = add(.batchNorm, [parts], name: "\(name)/normalized") { settings in
            settings.add(1, groups)
            settings.add(5, true)
            settings.add(6, true)
            settings.add(10, Float(epsilon))
            for (field, value) in zip(15...18, [1, 0, 0, 1] as [Float]) {
                settings.add(field, Self.weights(Array(repeating: value, count: groups)))
            }
        }
        let whole = reshaped(normalized, to: shape, name: isAffine ? "\(name)/whole" : name)
        guard isAffine else { return whole }
        return scaled(
            whole, by: parameter("weight", member), plus: parameter("bias", member),
            shape: member.parameters[0].shape, name: name)
    }

    /// The same numbers in another shape, both in the order channels, height, width.
    mutating func reshaped(_ x: String, to shape: Shape, name: String) -> String {
        // 0: as in the input.
        add(.rankPreservingReshape, [x], name: name) {
            $0.add(1, packed: [0, shape.channels, shape.height, shape.width])
        }
    }
}
