import Foundation
import LanesGraph
import LanesTraining

/// What the writers of all formats have to know of a model.
struct ExportedModel {
    let graph: Graph
    let normalization: [Normalization]
    let classes: [[String]]
    let metadata: [String: String]
    /// Of each member of the graph.
    let layers: [BuiltInLayer]
    private let parameters: Parameters<Float>

    /// - Throws: `ModelError` for a layer that is not one of Lanes' own, and where an input and a head have one name, which
    ///   the formats' single space of names forbids.
    init(_ model: Model) throws(ModelError) {
        graph = model.graph
        (normalization, classes, metadata) = (model.normalization, model.classes, model.metadata)
        parameters = model.parameters
        var layers: [BuiltInLayer] = []
        for member in graph.members {
            let shapes = member.inputs.map { [graph] in graph.members[$0].shape }
            guard let layer = BuiltInLayer(member.layer, inputs: shapes) else {
                throw ModelError(
                    "node \(member.name)", found: "a layer of type \(type(of: member.layer).name)",
                    expected: "one of Lanes' own, which other programs know too")
            }
            layers.append(layer)
        }
        self.layers = layers
        let inputs = Set(graph.inputs.map(\.name))
        for head in graph.heads where inputs.contains(head.name) {
            throw ModelError("head \(head.name)", found: "an input of the same name", expected: "different names")
        }
    }

    /// A parameter of a node, in PyTorch's order. Asked only for those that the graph says there are.
    func parameter(_ name: String) -> [Float] { parameters[name] ?? [] }

    /// What input `index` of the graph becomes before the first layer: (x − mean)/deviation, each of every channel or one
    /// for all; nil where it stays as it is.
    func normalization(ofInput index: Int, from values: InputValues) -> Normalization? {
        let own = normalization[index]
        switch values {
        case .normalized: return nil
        case .values: return own == .none ? nil : own
        case .bytes:
            return Normalization(mean: own.mean.map { $0 * 255 }, deviation: own.deviation.map { $0 * 255 })
        }
    }

    /// Whether a head's outputs can be made probabilities.
    func hasProbabilities(head: Int) -> Bool { graph.heads[head].loss.answer != .values }

    /// Whether a head is a single logit of the second of two classes, whose probabilities are two.
    func isTwoFold(head: Int) -> Bool {
        graph.heads[head].loss.answer == .sigmoid && graph.outputShape(ofHead: head).count == 1
            && classes[head].count == 2
    }

    /// What a file says about the network beside its layers: the model's own remarks, of each head the names of its
    /// classes, and what the inputs take.
    func remarks(input: String) -> [(key: String, value: String)] {
        var remarks = metadata.filter { $0.key != "format" }
        remarks["input"] = input
        for (head, names) in zip(graph.heads, classes) where !names.isEmpty {
            remarks["classes.\(head.name)"] = json(names)
        }
        for (input, normalization) in zip(graph.inputs, normalization) {
            remarks["normalization.\(input.name)"] = json(normalization)
        }
        return remarks.sorted { $0.key < $1.key }
    }

    private func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and finite numbers: there is nothing that it could not encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// Names for values, none of them twice, and which of them have been given a head's name since.
struct ValueNames {
    private var taken: Set<String>
    private var heads: [String: String] = [:]

    init(reserving names: some Sequence<String>) { taken = Set(names) }

    /// The name, or the name with a number where it is taken.
    mutating func name(_ wanted: String) -> String {
        var (name, number) = (wanted, 1)
        while !taken.insert(name).inserted {
            number += 1
            name = "\(wanted)_\(number)"
        }
        return name
    }

    /// Gives a value a head's name.
    ///
    /// - Returns: Whether it could: a value can be one head alone.
    mutating func rename(_ value: String, head: String) -> Bool {
        guard heads[value] == nil else { return false }
        heads[value] = head
        return true
    }

    /// What a value is called in the file.
    func final(_ value: String) -> String { heads[value] ?? value }
}

extension ProtobufMessage {
    /// The message as a file's content.
    ///
    /// - Throws: `ModelError` where it is larger than readers of Protocol Buffers take.
    func content(of format: String) throws(ModelError) -> Data {
        guard bytes.count < 1 << 31 else {
            throw ModelError(
                "model", found: "\(bytes.count) bytes as \(format)",
                expected: "fewer than 2³¹, the most that such a file holds")
        }
        return bytes
    }
}
