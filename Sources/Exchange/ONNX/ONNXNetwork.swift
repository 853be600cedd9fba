import LanesGraph
import LanesKernels
import LanesTraining

/// A network as ONNX's operators, made member by member of the graph; `ONNXNetwork+Layers.swift` says which layer becomes
/// which operators.
struct ONNXNetwork {
    /// What a member of the graph has become: [batch, channels, height, width], or [batch, features].
    struct Value {
        let name: String
        let isImage: Bool
    }

    let model: ExportedModel
    let options: ONNXOptions
    private(set) var nodes: [ONNXNode] = []
    private(set) var tensors: [ONNXTensor] = []
    private var names: ValueNames
    /// Of the parameters: their own, unless a head or an input has that name.
    private var tensorNames: [String: String] = [:]
    private var writtenTensors: Set<String> = []

    init(_ model: ExportedModel, _ options: ONNXOptions) {
        (self.model, self.options) = (model, options)
        let graph = model.graph
        names = ValueNames(reserving: graph.inputs.map(\.name) + graph.heads.map(\.name))
        for (name, _) in graph.parameters { tensorNames[name] = names.name(name) }
    }

    /// The whole network.
    mutating func file() -> ONNXFile {
        let graph = model.graph
        var values: [Value] = []
        var inputs: [ONNXValue] = []
        for (index, member) in graph.members.enumerated() {
            if case .input = model.layers[index] {
                values.append(normalized(input: inputs.count, member))
                inputs.append(ONNXValue(name: member.name, shape: member.shape.dimensions))
            } else {
                values.append(add(model.layers[index], of: member, to: member.inputs.map { values[$0] }))
            }
        }
        var outputs: [ONNXValue] = []
        for (index, head) in graph.heads.enumerated() {
            let shape = graph.outputShape(ofHead: index)
            let isProbability = options.probabilities && model.hasProbabilities(head: index)
            let isTwoFold = isProbability && model.isTwoFold(head: index)
            var value = plain(values[graph.headOutputs[index]], shape)
            if isProbability { value = probabilities(value, head: index) }
            outputs.append(ONNXValue(name: head.name, shape: isTwoFold ? [2] : shape.dimensions))
            give(value, the: head.name)
        }
        return ONNXFile(
            name: model.metadata["recipe"] ?? "network", opset: options.opset,
            nodes: nodes.map { $0.message(names.final) }, tensors: tensors,
            inputs: inputs, outputs: outputs, remarks: model.remarks(input: options.input.rawValue))
    }

    /// The graph's input with what the options put before the first layer.
    private mutating func normalized(input index: Int, _ member: Graph.Member) -> Value {
        var value = Value(name: member.name, isImage: !member.shape.isVector)
        guard let normalization = model.normalization(ofInput: index, from: options.input) else { return value }
        func shape(_ numbers: [Float]) -> [Int] {
            numbers.count == 1 ? [] : value.isImage ? [numbers.count, 1, 1] : [numbers.count]
        }
        let mean = constant(normalization.mean, shape: shape(normalization.mean), "\(member.name)/mean")
        let deviation = constant(
            normalization.deviation, shape: shape(normalization.deviation), "\(member.name)/deviation")
        value = add("Sub", [value.name, mean], name: "\(member.name)/centered", like: value)
        return add("Div", [value.name, deviation], name: "\(member.name)/normalized", like: value)
    }

    private mutating func probabilities(_ value: Value, head: Int) -> Value {
        let name = model.graph.heads[head].name
        guard model.graph.heads[head].loss.answer == .sigmoid else {
            return add("Softmax", [value.name], [("axis", .int(1))], name: "\(name)/probabilities", like: value)
        }
        let logit = value.name
        let second = add("Sigmoid", [logit], name: "\(name)/probability", like: value)
        guard model.isTwoFold(head: head) else { return second }
        let opposite = add("Neg", [logit], name: "\(name)/opposite", like: value)
        let first = add("Sigmoid", [opposite.name], name: "\(name)/other probability", like: value)
        return add(
            "Concat", [first.name, second.name], [("axis", .int(1))], name: "\(name)/probabilities", like: value)
    }

    /// Makes a value an output of the network.
    private mutating func give(_ value: Value, the head: String) {
        let isInput = model.graph.inputs.contains { $0.name == value.name }
        if isInput || !names.rename(value.name, head: head) {
            nodes.append(ONNXNode(operation: "Identity", inputs: [value.name], output: head, attributes: []))
        }
    }

    // What the layers are made of.

    /// An operator, with a name near the wanted one.
    mutating func add(
        _ operation: String, _ inputs: [String], _ attributes: [(String, ONNXNode.Attribute)] = [], name: String,
        isImage: Bool
    ) -> Value {
        let output = names.name(name)
        nodes.append(
            ONNXNode(
                operation: operation, inputs: inputs, output: output,
                attributes: attributes.map { (name: $0, value: $1) }))
        return Value(name: output, isImage: isImage)
    }

    /// The same of an operator whose output has as many dimensions as `other`.
    mutating func add(
        _ operation: String, _ inputs: [String], _ attributes: [(String, ONNXNode.Attribute)] = [], name: String,
        like other: Value
    ) -> Value { add(operation, inputs, attributes, name: name, isImage: other.isImage) }

    /// Numbers that are known beforehand; without a shape a single one.
    mutating func constant(_ values: [Float], shape: [Int] = [], _ name: String) -> String {
        let name = names.name(name)
        tensors.append(ONNXTensor(name: name, shape: shape, values: .floats(values)))
        return name
    }

    /// Whole numbers: sizes and places.
    mutating func integers(_ values: [Int], _ name: String) -> String {
        let name = names.name(name)
        tensors.append(ONNXTensor(name: name, shape: [values.count], values: .integers(values)))
        return name
    }

    /// A parameter of a node, under PyTorch's name and in its shape.
    mutating func parameter(_ name: String, of member: Graph.Member) -> String {
        let fullName = "\(member.name).\(name)"
        let tensorName = tensorNames[fullName, default: fullName]
        guard writtenTensors.insert(tensorName).inserted else { return tensorName }
        let shape = member.parameters.first { $0.name == name }?.shape ?? []
        tensors.append(ONNXTensor(name: tensorName, shape: shape, values: .floats(model.parameter(fullName))))
        return tensorName
    }

    /// The value as [batch, channels, height, width].
    mutating func image(_ value: Value, _ shape: Shape) -> Value {
        value.isImage ? value : reshaped(value, to: [shape.channels, shape.height, shape.width], "image")
    }

    /// The value as [batch, features]; of an image in the order channels, height, width.
    mutating func vector(_ value: Value) -> Value {
        guard value.isImage else { return value }
        return add("Flatten", [value.name], [("axis", .int(1))], name: "\(value.name)/vector", isImage: false)
    }

    /// The value with as many dimensions as a sample of the shape has: two of a vector, four of an image.
    mutating func plain(_ value: Value, _ shape: Shape) -> Value {
        shape.isVector ? vector(value) : image(value, shape)
    }

    /// The same numbers in samples of other dimensions: three of an image, -1 for what is left.
    mutating func reshaped(_ value: Value, to sizes: [Int], _ name: String) -> Value {
        // 0: as in the input.
        let shape = integers([0] + sizes, "\(value.name)/\(name) shape")
        return add("Reshape", [value.name, shape], name: "\(value.name)/\(name)", isImage: sizes.count == 3)
    }
}

extension Shape {
    /// Of a sample as other programs have it: [channels, height, width], or [features].
    var dimensions: [Int] { isVector ? [channels] : [channels, height, width] }
}
