import LanesGraph
import LanesKernels

extension ONNXNetwork {
    typealias Attributes = [(String, ONNXNode.Attribute)]

    /// Adds the operators of a layer.
    mutating func add(_ layer: BuiltInLayer, of member: Graph.Member, to inputs: [Value]) -> Value {
        let (name, shapes) = (member.name, member.inputs.map { model.graph.members[$0].shape })
        guard let x = inputs.first else { return Value(name: name, isImage: !member.shape.isVector) }
        switch layer {
        case .input, .dropout: return x
        case .add: return joined("Add", inputs, shapes, name: name)
        case .multiply: return joined("Mul", inputs, shapes, name: name)
        case .concat: return joined("Concat", inputs, shapes, [("axis", .int(1))], name: name)
        case .relu: return add("Relu", [x.name], name: name, like: x)
        case .activation(let function): return activation(function, x, name: name)
        case .scale(let scale, let shift): return scaled(x, by: Float(scale), plus: Float(shift), name: name)
        case .softmax(let isLogarithm):
            return add(isLogarithm ? "LogSoftmax" : "Softmax", [x.name], [("axis", .int(1))], name: name, like: x)
        case .convolution(let window, let groups, let hasBias):
            return convolution("Conv", window, groups, hasBias, image(x, shapes[0]), member)
        case .transposedConvolution(let window, let groups, let outputPadding, let hasBias):
            let more = ("output_padding", ONNXNode.Attribute.ints([outputPadding.height, outputPadding.width]))
            return convolution("ConvTranspose", window, groups, hasBias, image(x, shapes[0]), member, [more])
        case .linear(let hasBias):
            let parameters = (hasBias ? ["weight", "bias"] : ["weight"]).map { parameter($0, of: member) }
            return add("Gemm", [vector(x).name] + parameters, [("transB", .int(1))], name: name, isImage: false)
        case .maxPool(let window): return maxPool(window, image(x, shapes[0]), name: name)
        case .averagePool(let window, let countIncludePad):
            return averagePool(window, countIncludePad, image(x, shapes[0]), name: name)
        case .globalMaxPool: return add("GlobalMaxPool", [image(x, shapes[0]).name], name: name, isImage: true)
        case .globalAveragePool:
            return add("GlobalAveragePool", [image(x, shapes[0]).name], name: name, isImage: true)
        case .batchNorm(let epsilon):
            let parameters = ["weight", "bias", "running_mean", "running_var"].map { parameter($0, of: member) }
            let attributes: Attributes = [("epsilon", .float(Float(epsilon)))]
            return add("BatchNormalization", [x.name] + parameters, attributes, name: name, like: x)
        case .groupNorm(let groups, let epsilon, let isAffine):
            return groupNorm(groups, epsilon, isAffine, plain(x, shapes[0]), member)
        case .layerNorm(let epsilon, let isAffine):
            return layerNorm(epsilon, isAffine, plain(x, shapes[0]), member)
        case .reshape:
            let shape = member.shape
            guard !shape.isVector, shape != shapes[0] else { return plain(x, shape) }
            return reshaped(x, to: [shape.channels, shape.height, shape.width], name)
        case .upsample(let interpolation):
            return upsample(interpolation, from: shapes[0], to: member.shape, image(x, shapes[0]), name: name)
        }
    }

    /// An operator of several values of one number of dimensions.
    private mutating func joined(
        _ operation: String, _ inputs: [Value], _ shapes: [Shape], _ attributes: Attributes = [], name: String
    ) -> Value {
        let areVectors = shapes.allSatisfy(\.isVector)
        let values = zip(inputs, shapes).map { areVectors ? vector($0) : image($0, $1) }
        return add(operation, values.map(\.name), attributes, name: name, isImage: !areVectors)
    }

    private mutating func activation(_ function: PointwiseFunction, _ x: Value, name: String) -> Value {
        switch function {
        case .leakyReLU(let slope):
            return add("LeakyRelu", [x.name], [("alpha", .float(Float(slope)))], name: name, like: x)
        case .sigmoid: return add("Sigmoid", [x.name], name: name, like: x)
        case .tanh: return add("Tanh", [x.name], name: name, like: x)
        case .elu(let alpha): return add("Elu", [x.name], [("alpha", .float(Float(alpha)))], name: name, like: x)
        case .silu:
            let gate = add("Sigmoid", [x.name], name: "\(name)/gate", like: x)
            return add("Mul", [x.name, gate.name], name: name, like: x)
        case .gelu:
            // x·(1 + erf(x/√2))/2
            let root = constant([Float(0.5).squareRoot()], "\(name)/root of half")
            let (one, half) = (constant([1], "\(name)/one"), constant([0.5], "\(name)/half"))
            let scaled = add("Mul", [x.name, root], name: "\(name)/scaled", like: x)
            let erf = add("Erf", [scaled.name], name: "\(name)/erf", like: x)
            let sum = add("Add", [erf.name, one], name: "\(name)/sum", like: x)
            let product = add("Mul", [x.name, sum.name], name: "\(name)/product", like: x)
            return add("Mul", [product.name, half], name: name, like: x)
        }
    }

    private mutating func scaled(_ x: Value, by scale: Float, plus shift: Float, name: String) -> Value {
        let factor = constant([scale], "\(name)/factor")
        guard shift != 0 else { return add("Mul", [x.name, factor], name: name, like: x) }
        let product = add("Mul", [x.name, factor], name: "\(name)/product", like: x)
        return add("Add", [product.name, constant([shift], "\(name)/shift")], name: name, like: x)
    }

    private mutating func convolution(
        _ operation: String, _ window: WindowGeometry, _ groups: Int, _ hasBias: Bool, _ x: Value,
        _ member: Graph.Member, _ more: Attributes = []
    ) -> Value {
        let parameters = (hasBias ? ["weight", "bias"] : ["weight"]).map { parameter($0, of: member) }
        let attributes: Attributes = [
            ("dilations", .ints([window.dilation.height, window.dilation.width])), ("group", .int(groups)),
            ("kernel_shape", .ints([window.kernel.height, window.kernel.width])), ("pads", .ints(window.padding.sides)),
            ("strides", .ints([window.stride.height, window.stride.width])),
        ]
        return add(operation, [x.name] + parameters, attributes + more, name: member.name, isImage: true)
    }

    /// Group normalization by instance normalization, which is in every operator set, of groups as channels.
    private mutating func groupNorm(
        _ groups: Int, _ epsilon: Double, _ isAffine: Bool, _ x: Value, _ member: Graph.Member
    ) -> Value {
        let name = member.name
        let ones = constant(Array(repeating: 1, count: groups), shape: [groups], "\(name)/ones")
        let zeros = constant(Array(repeating: 0, count: groups), shape: [groups], "\(name)/zeros")
        let split = reshaped(x, to: [groups, -1], "groups")
        let normalized = add(
            "InstanceNormalization", [split.name, ones, zeros], [("epsilon", .float(Float(epsilon)))],
            name: "\(name)/normalized", isImage: false)
        let y = reshaped(normalized, to: member.shape.dimensions, "whole")
        return isAffine ? scaleAndShift(y, member) : y
    }

    private mutating func layerNorm(
        _ epsilon: Double, _ isAffine: Bool, _ x: Value, _ member: Graph.Member
    ) -> Value {
        guard isAffine, options.opset >= 17 else { return groupNorm(1, epsilon, isAffine, x, member) }
        let parameters = ["weight", "bias"].map { parameter($0, of: member) }
        let attributes: Attributes = [("axis", .int(1)), ("epsilon", .float(Float(epsilon)))]
        return add("LayerNormalization", [x.name] + parameters, attributes, name: member.name, like: x)
    }

    /// y·weight + bias, of one number for each channel or each number of a sample.
    private mutating func scaleAndShift(_ y: Value, _ member: Graph.Member) -> Value {
        var parameters = ["weight", "bias"].map { parameter($0, of: member) }
        if y.isImage, member.parameters.first?.shape.count == 1 {
            let axes = integers([1, 2], "\(member.name)/axes")
            parameters = parameters.map { add("Unsqueeze", [$0, axes], name: "\($0)/image", isImage: false).name }
        }
        let product = add("Mul", [y.name, parameters[0]], name: "\(member.name)/product", like: y)
        return add("Add", [product.name, parameters[1]], name: member.name, like: y)
    }
}
