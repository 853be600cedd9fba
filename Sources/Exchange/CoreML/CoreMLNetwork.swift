import LanesGraph
import LanesKernels
import LanesTraining

/// A network as Core ML's layers, made member by member of the graph; `CoreMLNetwork+Layers.swift` says which layer becomes
/// which. Every value is [1, channels, height, width] inside, a vector [1, features, 1, 1].
struct CoreMLNetwork {
    let model: ExportedModel
    let options: CoreMLOptions
    private var layers: [CoreMLLayer] = []
    private var names: ValueNames

    init(_ model: ExportedModel, _ options: CoreMLOptions) {
        (self.model, self.options) = (model, options)
        names = ValueNames(reserving: model.graph.inputs.map(\.name) + model.graph.heads.map(\.name))
    }

    /// The whole network.
    ///
    /// - Throws: `SettingsError` for an input that can be no image, `ModelError` for a layer that Core ML does not have,
    ///   and for a classifier with two classes of one name.
    mutating func file() throws -> CoreMLFile {
        let graph = model.graph
        var values: [String] = []
        var inputs: [CoreMLFeature] = []
        for (index, member) in graph.members.enumerated() {
            if case .input = model.layers[index] {
                let feature = try feature(member)
                values.append(entered(input: inputs.count, member, feature))
                inputs.append(feature)
            } else {
                values.append(try add(model.layers[index], of: member, to: member.inputs.map { values[$0] }))
            }
        }
        let heads = graph.headOutputs.map { values[$0] }
        let classifier = try classifier(heads)
        let outputs = classifier.map(features) ?? self.outputs(heads)
        return CoreMLFile(
            layers: layers.map { $0.message(names.final) }, inputs: inputs, outputs: outputs, classifier: classifier,
            remarks: model.remarks(input: options.input.name))
    }

    // Inputs.

    private func feature(_ member: Graph.Member) throws(SettingsError) -> CoreMLFeature {
        let shape = member.shape
        let values = options.input.values(of: shape)
        guard options.input == .image, !shape.isVector else {
            return CoreMLFeature(name: member.name, summary: values.summary, kind: .array([1] + shape.dimensions))
        }
        guard shape.channels == 1 || shape.channels == 3 else {
            throw SettingsError(
                "input", found: "image for \(member.name) of \(shape)",
                expected: "an input of 1 or 3 channels, or arrays")
        }
        return CoreMLFeature(
            name: member.name, summary: "",
            kind: .image(height: shape.height, width: shape.width, isGray: shape.channels == 1))
    }

    /// The input with what the options put before the first layer.
    private mutating func entered(input index: Int, _ member: Graph.Member, _ feature: CoreMLFeature) -> String {
        var value = member.name
        if member.shape.isVector {
            value = add(.expandDims, [value], name: "\(value)/image") { $0.add(1, packed: [-2, -1]) }
        }
        let values = options.input.values(of: member.shape)
        guard let normalization = model.normalization(ofInput: index, from: values) else { return value }
        return scaled(
            value, by: normalization.deviation.map { 1 / $0 },
            plus: zip(normalization.mean, normalization.deviation).map { -$0 / $1 }, shape: [normalization.mean.count],
            name: "\(member.name)/normalized")
    }

    // Outputs.

    /// What the network's one head is where it tells classes that have names; nil for other networks.
    private mutating func classifier(_ heads: [String]) throws(ModelError) -> CoreMLFile.Classifier? {
        let (head, classes) = (model.graph.heads[0].name, model.classes[0])
        let isOfClasses = model.graph.heads[0].loss.answer != .sigmoid || model.isTwoFold(head: 0)
        guard heads.count == 1, options.probabilities, model.hasProbabilities(head: 0), isOfClasses, !classes.isEmpty
        else { return nil }
        guard Set(classes).count == classes.count else {
            throw ModelError("head \(head)", found: "two classes of one name", expected: "different names")
        }
        let source = vector(probabilities(heads[0], head: 0), name: "\(head)/probabilities")
        return CoreMLFile.Classifier(
            label: head, probabilities: names.name("\(head)Probability"), source: source, classes: classes)
    }

    private func features(_ classifier: CoreMLFile.Classifier) -> [CoreMLFeature] {
        [
            CoreMLFeature(name: classifier.label, summary: "the most probable class", kind: .label),
            CoreMLFeature(
                name: classifier.probabilities, summary: "the probability of each class", kind: .probabilities),
        ]
    }

    /// Each head as an array.
    private mutating func outputs(_ heads: [String]) -> [CoreMLFeature] {
        heads.enumerated().map { index, source in
            let (head, shape) = (model.graph.heads[index].name, model.graph.outputShape(ofHead: index))
            let isProbability = options.probabilities && model.hasProbabilities(head: index)
            var value = isProbability ? probabilities(source, head: index) : source
            if shape.isVector { value = vector(value, name: "\(head)/output") }
            let isInput = model.graph.inputs.contains { $0.name == value }
            if isInput || !names.rename(value, head: head) {
                // A copy.
                layers.append(
                    CoreMLLayer(
                        kind: .activation, inputs: [value], output: head, settings: Self.line(scale: 1, shift: 0)))
            }
            let sizes = isProbability && model.isTwoFold(head: index) ? [2] : shape.dimensions
            return CoreMLFeature(
                name: head, summary: isProbability ? "probabilities" : "", kind: .array([1] + sizes))
        }
    }

    private mutating func probabilities(_ value: String, head: Int) -> String {
        let name = model.graph.heads[head].name
        guard model.graph.heads[head].loss.answer == .sigmoid else {
            return add(.softmax, [value], name: "\(name)/softmax")
        }
        let second = activation(value, 40, name: "\(name)/probability")
        guard model.isTwoFold(head: head) else { return second }
        let opposite = add(.activation, [value], Self.line(scale: -1, shift: 0), name: "\(name)/opposite")
        let first = activation(opposite, 40, name: "\(name)/other probability")
        return add(.concat, [first, second], name: "\(name)/both")
    }

    /// [1, features, 1, 1] as [1, features].
    private mutating func vector(_ value: String, name: String) -> String {
        add(.squeeze, [value], name: name) { $0.add(1, packed: [-2, -1]) }
    }

    // What the layers are made of.

    mutating func add(
        _ kind: CoreMLLayer.Kind, _ inputs: [String], name: String, _ fill: (inout ProtobufMessage) -> Void = { _ in }
    ) -> String { add(kind, inputs, .with(fill), name: name) }

    mutating func add(
        _ kind: CoreMLLayer.Kind, _ inputs: [String], _ settings: ProtobufMessage, name: String
    ) -> String {
        let output = names.name(name)
        layers.append(CoreMLLayer(kind: kind, inputs: inputs, output: output, settings: settings))
        return output
    }
}

extension CoreMLOptions.Input {
    /// As the file's remarks and the command line have it.
    package var name: String {
        switch self {
        case .image: "image"
        case .array(let values): values.rawValue
        }
    }

    /// What an input of this shape takes. Beside images a vector takes its values as they are.
    func values(of shape: Shape) -> InputValues {
        switch self {
        case .image: shape.isVector ? .values : .bytes
        case .array(let values): values
        }
    }
}

extension InputValues {
    /// In a few words, for whoever looks at the file.
    var summary: String {
        switch self {
        case .normalized: "normalized as the file's metadata say"
        case .values: "as the network was trained on; pixels as fractions of 1"
        case .bytes: "pixels of 0 to 255"
        }
    }
}
