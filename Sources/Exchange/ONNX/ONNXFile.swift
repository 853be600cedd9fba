// The parts of an ONNX file (github.com/onnx/onnx, onnx/onnx.proto), with the numbers of their fields.

/// An operator at work, with one output.
struct ONNXNode {
    enum Attribute: Equatable {
        case int(Int)
        case float(Float)
        case ints([Int])
        case text(String)
    }

    let operation: String
    let inputs: [String]
    let output: String
    let attributes: [(name: String, value: Attribute)]

    /// - Parameter name: What a value is called in the file.
    func message(_ name: (String) -> String) -> ProtobufMessage {
        .with { node in
            for input in inputs { node.add(1, name(input)) }
            node.add(2, name(output))
            node.add(3, output)
            node.add(4, operation)
            for attribute in attributes { node.add(5, Self.message(attribute.name, attribute.value)) }
        }
    }

    private static func message(_ name: String, _ value: Attribute) -> ProtobufMessage {
        .with { attribute in
            attribute.add(1, name)
            switch value {
            case .float(let number):
                attribute.add(2, number)
                attribute.add(20, 1)
            case .int(let number):
                attribute.add(3, number)
                attribute.add(20, 2)
            case .text(let text):
                attribute.add(4, text)
                attribute.add(20, 3)
            case .ints(let numbers):
                attribute.add(8, each: numbers)
                attribute.add(20, 7)
            }
        }
    }
}

/// Numbers that are known beforehand.
struct ONNXTensor {
    enum Values {
        case floats([Float])
        case integers([Int])
    }

    let name: String
    let shape: [Int]
    let values: Values

    var message: ProtobufMessage {
        .with { tensor in
            tensor.add(1, each: shape)
            switch values {
            case .floats(let numbers):
                tensor.add(2, 1)
                tensor.add(8, name)
                tensor.add(9, packed: numbers)
            case .integers(let numbers):
                tensor.add(2, 7)
                tensor.add(8, name)
                tensor.add(9, littleEndian(numbers))
            }
        }
    }
}

/// An input or an output: Floats, a sample after the other along the first dimension.
struct ONNXValue {
    let name: String
    /// Of a sample.
    let shape: [Int]

    /// What the first dimension is called.
    private static let batch = "batch"

    var message: ProtobufMessage {
        let dimensions = ProtobufMessage.with { dimensions in
            dimensions.add(1, .with { $0.add(2, Self.batch) })
            for size in shape { dimensions.add(1, .with { $0.add(1, size) }) }
        }
        let tensor = ProtobufMessage.with { type in
            type.add(1, 1)
            type.add(2, dimensions)
        }
        return .with { value in
            value.add(1, name)
            value.add(2, .with { $0.add(1, tensor) })
        }
    }
}

/// A whole file.
struct ONNXFile {
    /// The version of the format itself: that of ONNX 1.10…1.12, which knows operator sets up to 17.
    static let formatVersion = 8
    static let opsets = 13...17

    let name: String
    let opset: Int
    let nodes: [ProtobufMessage]
    let tensors: [ONNXTensor]
    let inputs: [ONNXValue]
    let outputs: [ONNXValue]
    let remarks: [(key: String, value: String)]

    var message: ProtobufMessage {
        let graph = ProtobufMessage.with { graph in
            for node in nodes { graph.add(1, node) }
            graph.add(2, name)
            for tensor in tensors { graph.add(5, tensor.message) }
            for input in inputs { graph.add(11, input.message) }
            for output in outputs { graph.add(12, output.message) }
        }
        return .with { model in
            model.add(1, Self.formatVersion)
            model.add(2, "Lanes")
            model.add(7, graph)
            model.add(
                8,
                .with { operators in
                    operators.add(1, "")
                    operators.add(2, opset)
                })
            for remark in remarks { model.add(14, key: remark.key, value: remark.value) }
        }
    }
}
