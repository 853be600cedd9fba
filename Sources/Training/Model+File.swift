import Foundation
import LanesFiles
import LanesGraph

/// What a model's file says in its metadata, beside the tensors under PyTorch's names.
private struct ModelDescription: Codable {
    let graph: GraphDescription
    let normalization: [Normalization]
    let classes: [[String]]
}

extension Model {
    /// Where the description stands in a file's metadata.
    private static let key = "lanes.model"
    /// The longest description: more than any network needs, and little enough that reading one does no harm.
    private static let longestDescription = 1 << 24

    /// Whether a file holds a network, and not tensors alone.
    package static func isModel(_ file: Safetensors) -> Bool { file.metadata[key] != nil }

    /// Reads a network that `write(to:)` wrote.
    ///
    /// - Parameters:
    ///   - url: The file.
    ///   - layers: The types of layers in it that Lanes does not have itself.
    ///   - losses: The types of losses; without them the network can be used and not trained on.
    /// - Throws: `FileError`, `SafetensorsError` or `ModelError`, for a file that is not there, broken, or not a
    ///   network's.
    public convenience init(
        contentsOf url: URL, layers: [any Layer.Type] = [], losses: [any Loss.Type] = []
    ) throws {
        try self.init(Safetensors(contentsOf: url), layers: layers, losses: losses)
    }

    /// A network from the content of a file; the parameters are those of `init(contentsOf:layers:losses:)`.
    ///
    /// - Throws: `SafetensorsError` or `ModelError` for content that is broken or not a network's.
    public convenience init(
        _ file: Safetensors, layers: [any Layer.Type] = [], losses: [any Loss.Type] = []
    ) throws {
        guard let text = file.metadata[Self.key] else {
            throw ModelError(
                file.source, found: "tensors alone", expected: "a file with a network's description ('\(Self.key)')")
        }
        guard text.utf8.count <= Self.longestDescription else {
            throw ModelError(
                file.source, found: "a description of \(text.utf8.count) bytes",
                expected: "at most \(Self.longestDescription)")
        }
        let decoder = JSONDecoder()
        decoder.userInfo[.layers] = try byName(layers.map { ($0.name, $0) }, "layers")
        decoder.userInfo[.losses] = try byName(losses.map { ($0.name, $0) }, "losses")
        let version: Version
        let description: ModelDescription
        do {
            version = try decoder.decode(Version.self, from: Data(text.utf8))
            guard version.graph.version == GraphDescription.version else {
                throw ModelError(
                    "graph", found: "version \(version.graph.version)", expected: "\(GraphDescription.version)")
            }
            description = try decoder.decode(ModelDescription.self, from: Data(text.utf8))
        } catch let error as ModelError {
            throw error.naming(file.source)
        } catch {
            throw ModelError(
                file.source, found: "a description that cannot be read (\(reason(error)))", expected: "a network's")
        }
        do {
            let graph = try description.graph.graph()
            try Self.check(graph, against: file)
            let parameters = try Parameters<Float>(graph, seed: 0)
            try parameters.load(file)
            try self.init(
                graph, parameters, normalization: description.normalization, classes: description.classes,
                metadata: file.metadata.filter { $0.key != Self.key })
        } catch let error as ModelError {
            throw error.naming(file.source)
        } catch let error as GraphError {
            throw ModelError("\(file.source): \(error.node)", found: error.found, expected: error.expected)
        } catch let error as SettingsError {
            throw ModelError("\(file.source): \(error.setting)", found: error.found, expected: error.expected)
        }
    }

    /// The network as a file's content: tensors under PyTorch's names, which PyTorch reads too, and the description.
    ///
    /// - Throws: `ModelError` for settings of a layer that JSON cannot hold, and for two types of layers with one name.
    public func file() throws -> Safetensors {
        let own = graph.members.map { type(of: $0.node.layer) }.filter { !GraphDescription.isBuiltIn($0) }
        _ = try byName(own.map { ($0.name, $0) }, "layers")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let description = ModelDescription(
            graph: GraphDescription(graph), normalization: normalization, classes: classes)
        let text: String
        do {
            text = String(decoding: try encoder.encode(description), as: UTF8.self)
        } catch {
            throw ModelError(
                "model", found: "settings that JSON cannot hold (\(reason(error)))",
                expected: "finite numbers and texts")
        }
        var remarks = metadata
        remarks["format"] = "pt"
        remarks[Self.key] = text
        return try parameters.stateDictionary(metadata: remarks)
    }

    /// Writes the network to a file, atomically.
    ///
    /// - Throws: `FileError` where that is impossible.
    public func write(to url: URL) throws { try file().write(to: url) }

    /// Before memory for parameters is taken: a file that lies about them must not take more than its own size.
    private static func check(_ graph: Graph, against file: Safetensors) throws(ModelError) {
        for (name, parameter) in graph.parameters {
            guard let tensor = file.tensors[name] else {
                throw ModelError("tensor \(name)", found: "no such tensor", expected: "one")
            }
            guard tensor.shape == parameter.shape else {
                throw ModelError("tensor \(name)", found: "shape \(tensor.shape)", expected: "\(parameter.shape)")
            }
        }
    }
}

/// - Throws: `ModelError` where two different types have one name, since a file says no more than that.
private func byName<T>(_ types: [(String, T)], _ what: String) throws(ModelError) -> [String: T] {
    var known: [String: T] = [:]
    for (name, type) in types {
        if let other = known.updateValue(type, forKey: name), String(reflecting: other) != String(reflecting: type) {
            throw ModelError(
                what, found: "the name \(name) for \(String(reflecting: other)) and \(String(reflecting: type))",
                expected: "a `static var name` of its own for each")
        }
    }
    return known
}

/// The part of a description that says how to read the rest.
private struct Version: Decodable {
    struct Graph: Decodable { let version: Int }
    let graph: Graph
}

/// What is wrong, and where in the JSON.
func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context =
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context
        @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(error)")
        }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return (path.isEmpty ? "" : "\(path): ") + context.debugDescription
}
