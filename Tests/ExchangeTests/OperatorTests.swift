import Foundation
import LanesGraph
import LanesTraining
import TestSupport
import Testing

@testable import LanesExchange

@Suite("What layers become", .serialized)
struct OperatorTests {
    @Test("The networks that are checked have a layer of every kind")
    func everyLayer() throws {
        let layers = try ["layers", "windows", "normalized"].flatMap {
            try ExportedNetworks.named($0).graph.members.map { type(of: $0.layer).name }
        }
        #expect(Set(layers) == Set(builtInLayers.map { $0.name }))
    }

    /// The operators that a head ends in, in their order in the file.
    private static let onnx: [String: [(head: String, operators: [String])]] = [
        "layers": [
            ("relu", ["Relu"]), ("leaky", ["LeakyRelu"]), ("sigmoid", ["Sigmoid"]), ("tanh", ["Tanh"]),
            ("gelu", ["Mul", "Erf", "Add", "Mul", "Mul"]), ("silu", ["Sigmoid", "Mul"]), ("elu", ["Elu"]),
            ("sum", ["Add"]), ("product", ["Mul"]), ("concat", ["Concat"]), ("softmax", ["Softmax"]),
            ("logSoftmax", ["LogSoftmax"]), ("twice", ["Identity"]), ("flatten", ["Flatten"]),
            ("reshape", ["Reshape"]), ("reshape to vector", ["Flatten"]),
            ("global average", ["GlobalAveragePool", "Flatten"]), ("global max", ["GlobalMaxPool", "Flatten"]),
            ("nearest", ["Resize"]), ("nearest to", ["Gather", "Gather"]), ("bilinear", ["Resize"]),
        ],
        "windows": [
            ("conv", ["Conv"]), ("transposed", ["ConvTranspose"]), ("max", ["MaxPool"]), ("average", ["AveragePool"]),
            ("max ceil", ["MaxPool"]), ("average ceil", ["AveragePool"]),
            ("average ceil wide", ["Pad", "AveragePool"]), ("average ceil only", ["AveragePool"]),
        ],
        "dilated": [("max dilation", ["MaxPool"]), ("max far", ["Pad", "MaxPool"])],
        "normalized": [
            ("batch", ["BatchNormalization"]), ("layer", ["LayerNormalization"]),
            ("group", ["Reshape", "InstanceNormalization", "Reshape", "Unsqueeze", "Unsqueeze", "Mul", "Add"]),
            ("layer plain", ["Reshape", "InstanceNormalization", "Reshape"]),
        ],
        "table": [("price", ["Gemm"])],
    ]

    /// The numbers of the layers' fields in NeuralNetwork.proto.
    private static let coreML: [String: [(head: String, layers: [Int])]] = [
        "layers": [
            ("relu", [130]), ("gelu", [795]), ("silu", [130, 231]), ("sum", [230]), ("product", [231]),
            ("concat", [320]), ("softmax", [175, 1120]), ("logSoftmax", [1260, 905, 1295, 905, 1120]),
            ("flatten", [301, 1120]), ("reshape", [1150]), ("global average", [120, 1120]), ("nearest", [210]),
            ("nearest to", [985, 1045, 985, 1045]), ("bilinear", [985, 1045, 985, 1045]), ("twice", [130]),
        ],
        "windows": [
            ("conv", [100]), ("transposed", [100]), ("transposed stride", [200, 100]), ("max", [120]),
            ("average ceil wide", [200, 120]),
        ],
        "normalized": [("batch", [160]), ("group", [1150, 160, 1150, 245]), ("layer plain", [1150, 160, 1150])],
        "table": [("price", [140, 1120])],
    ]

    @Test("ONNX's operators by their names", .namingCases)
    func onnxOperators() throws {
        forEach(Self.onnx.keys.sorted()) { name in
            let file = try ParsedMessage(ExportedNetworks.named(name).onnx())
            let graph = try file.messages(7)[0]
            let nodes = try graph.messages(1).map { node in
                (inputs: node.texts(1), output: node.texts(2)[0], kind: node.texts(4)[0])
            }
            forEach(Self.onnx[name] ?? []) { head, operators in
                #expect(chain(to: head, nodes, count: operators.count) == operators)
            }
        }
    }

    @Test("Core ML's layers by their numbers", .namingCases)
    func coreMLLayers() throws {
        forEach(Self.coreML.keys.sorted()) { name in
            let file = try ParsedMessage(ExportedNetworks.named(name).coreML())
            let layers = try file.messages(500)[0].messages(1).map { layer in
                (inputs: layer.texts(2), output: layer.texts(3)[0], kind: layer.fields.last?.number ?? 0)
            }
            forEach(Self.coreML[name] ?? []) { head, kinds in
                #expect(chain(to: head, layers, count: kinds.count) == kinds)
            }
        }
    }

    /// The kinds of the last nodes that a value is made by, in their order in the file.
    private func chain<Kind>(
        to value: String, _ nodes: [(inputs: [String], output: String, kind: Kind)], count: Int
    ) -> [Kind] {
        var (wanted, chain): (Set, [Kind]) = ([value], [])
        for node in nodes.reversed() where wanted.contains(node.output) && chain.count < count {
            wanted.formUnion(node.inputs)
            chain.insert(node.kind, at: 0)
        }
        return chain
    }
}
