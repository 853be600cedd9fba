import Foundation
import LanesGraph
import LanesKernels

/// A graph as JSON: its nodes in an order in which inputs come first, each with the type and the settings of its layer,
/// and its heads.
///
///     {"heads":[{"answer":"softmax","loss":"CrossEntropy","name":"digit","node":"fc","settings":{…},"weight":1}],
///      "nodes":[{"inputs":[],"layer":"Input","name":"image","settings":{"shape":[1,28,28]}}, …],"version":1}
///
/// Types of the program that wrote it carry `"own":true`, so that they may have the names of Lanes' own.
struct GraphDescription: Codable {
    static let version = 1
    /// More than any network that one writes by hand has, and little enough that a file that lies does no harm.
    static let mostNodes = 10_000

    struct NodeDescription: Codable {
        let name: String
        let layer: any Layer
        let inputs: [String]

        init(name: String, layer: any Layer, inputs: [String]) {
            (self.name, self.layer, self.inputs) = (name, layer, inputs)
        }

        private enum Keys: CodingKey { case name, layer, own, settings, inputs }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            name = try values.decode(String.self, forKey: .name)
            inputs = try values.decode([String].self, forKey: .inputs)
            let type = try values.decode(String.self, forKey: .layer)
            let isOwn = try values.decodeIfPresent(Bool.self, forKey: .own) ?? false
            let known =
                isOwn
                ? (decoder.userInfo[.layers] as? [String: any Layer.Type])?[type]
                : builtInLayers.first { $0.name == type }
            guard let known else {
                throw ModelError(
                    "node \(name)", found: "a layer of type \(type)",
                    expected: isOwn ? "one of the types in `layers:`" : "one of Lanes' own")
            }
            layer = try known.init(from: try values.superDecoder(forKey: .settings))
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: Keys.self)
            try values.encode(name, forKey: .name)
            try values.encode(inputs, forKey: .inputs)
            try values.encode(type(of: layer).name, forKey: .layer)
            if !GraphDescription.isBuiltIn(type(of: layer)) { try values.encode(true, forKey: .own) }
            try layer.encode(to: values.superEncoder(forKey: .settings))
        }
    }

    struct HeadDescription: Codable {
        let name: String
        let node: String
        let loss: any Loss
        let weight: Double

        init(name: String, node: String, loss: any Loss, weight: Double) {
            (self.name, self.node, self.loss, self.weight) = (name, node, loss, weight)
        }

        private enum Keys: CodingKey { case name, node, loss, own, settings, answer, weight }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            name = try values.decode(String.self, forKey: .name)
            node = try values.decode(String.self, forKey: .node)
            weight = try values.decode(Double.self, forKey: .weight)
            let type = try values.decode(String.self, forKey: .loss)
            let isOwn = try values.decodeIfPresent(Bool.self, forKey: .own) ?? false
            let known =
                isOwn
                ? (decoder.userInfo[.losses] as? [String: any Loss.Type])?[type]
                : builtInLosses.first { $0.name == type }
            guard let known else {
                // Predictions need no loss.
                let answer = try values.decode(Answer.self, forKey: .answer)
                loss = ForeignLoss(type: type, answer: answer)
                return
            }
            loss = try known.init(from: try values.superDecoder(forKey: .settings))
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: Keys.self)
            try values.encode(name, forKey: .name)
            try values.encode(node, forKey: .node)
            try values.encode(weight, forKey: .weight)
            try values.encode(loss.answer, forKey: .answer)
            let foreign = loss as? ForeignLoss
            try values.encode(foreign?.type ?? type(of: loss).name, forKey: .loss)
            if !builtInLosses.contains(where: { $0 == type(of: loss) }) { try values.encode(true, forKey: .own) }
            try loss.encode(to: values.superEncoder(forKey: .settings))
        }
    }

    static func isBuiltIn(_ layer: any Layer.Type) -> Bool { builtInLayers.contains { $0 == layer } }

    let version: Int
    let nodes: [NodeDescription]
    let heads: [HeadDescription]

    init(_ graph: Graph) {
        version = Self.version
        nodes = graph.members.map { member in
            NodeDescription(
                name: member.name, layer: member.node.layer, inputs: member.inputs.map { graph.members[$0].name })
        }
        heads = zip(graph.heads, graph.headOutputs).map { head, output in
            HeadDescription(name: head.name, node: graph.members[output].name, loss: head.loss, weight: head.weight)
        }
    }

    /// - Throws: `ModelError` for a description that names what is not there, `GraphError` for a network that is
    ///   impossible.
    func graph() throws -> Graph {
        guard nodes.count <= Self.mostNodes, heads.count <= Self.mostNodes else {
            throw ModelError(
                "graph", found: "\(nodes.count) nodes and \(heads.count) heads", expected: "at most \(Self.mostNodes)")
        }
        var made: [String: Node] = [:]
        func node(_ name: String, for user: String) throws(ModelError) -> Node {
            guard let node = made[name] else {
                throw ModelError(user, found: "an input '\(name)'", expected: "a node that stands before it")
            }
            return node
        }
        for description in nodes {
            let inputs = try description.inputs.map { try node($0, for: "node \(description.name)") }
            guard made[description.name] == nil else {
                throw ModelError("node \(description.name)", found: "a second one", expected: "different names")
            }
            made[description.name] = .make(description.layer, inputs, name: description.name)
        }
        let heads = try heads.map { head in
            Head(head.name, try node(head.node, for: "head \(head.name)"), anyLoss: head.loss, weight: head.weight)
        }
        return try Graph(heads: heads)
    }
}

extension CodingUserInfoKey {
    // The names are not empty, which is all that the initializer asks for; without them no layer would be known.
    static var layers: CodingUserInfoKey { CodingUserInfoKey(rawValue: "layers").unsafelyUnwrapped }
    static var losses: CodingUserInfoKey { CodingUserInfoKey(rawValue: "losses").unsafelyUnwrapped }
}

/// Stands for a loss that a file names and this program does not know. The network can be used, but not trained
/// further.
struct ForeignLoss: Loss {
    let type: String
    let answer: Answer

    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget { .values(shape) }

    func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String? {
        "the loss \(type) of the saved network is not known here"
    }

    func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar { .nan }
}

/// What is wrong with a saved network, or with the samples given to it.
public struct ModelError: Error, Equatable, CustomStringConvertible {
    /// Where: a file, a node, an input.
    public let place: String
    /// What is there.
    public let found: String
    /// What should be.
    public let expected: String

    /// `description` puts the three into a sentence.
    ///
    /// - Parameters:
    ///   - place: Where: a file, a node, an input.
    ///   - found: What is there.
    ///   - expected: What should be.
    public init(_ place: String, found: String, expected: String) {
        (self.place, self.found, self.expected) = (place, found, expected)
    }

    public var description: String { "\(place): found \(found), expected \(expected)" }

    /// The same with the file in which it is.
    func naming(_ file: String) -> ModelError {
        ModelError("\(file): \(place)", found: found, expected: expected)
    }
}
