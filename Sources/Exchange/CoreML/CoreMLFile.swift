/// The parts of a Core ML file, with the numbers of their fields
/// (github.com/apple/coremltools, mlmodel/format/Model.proto, FeatureTypes.proto and NeuralNetwork.proto).

/// A layer at work.
struct CoreMLLayer {
    /// Which kind of layer: the number of the field that its settings stand in.
    enum Kind: Int {
        case convolution = 100
        case pooling = 120
        case activation = 130
        case innerProduct = 140
        case batchNorm = 160
        case softmax = 175
        case padding = 200
        case upsample = 210
        case add = 230
        case multiply = 231
        case scale = 245
        case flatten = 301
        case concat = 320
        case gelu = 795
        case subtractBroadcastable = 905
        case transpose = 985
        case batchedMatMul = 1045
        case squeeze = 1120
        case expandDims = 1125
        case rankPreservingReshape = 1150
        case reduceMax = 1260
        case reduceLogSumExp = 1295
    }

    let kind: Kind
    let inputs: [String]
    let output: String
    let settings: ProtobufMessage

    /// - Parameter name: What a value is called in the file.
    func message(_ name: (String) -> String) -> ProtobufMessage {
        .with { layer in
            layer.add(1, output)
            for input in inputs { layer.add(2, name(input)) }
            layer.add(3, name(output))
            layer.add(kind.rawValue, settings)
        }
    }
}

/// An input or an output of the model.
struct CoreMLFeature {
    enum Kind {
        /// Floats of this shape.
        case array([Int])
        /// A grey picture, or a coloured one.
        case image(height: Int, width: Int, isGray: Bool)
        case label
        /// By the classes' names.
        case probabilities
    }

    let name: String
    let summary: String
    let kind: Kind

    var message: ProtobufMessage {
        .with { feature in
            feature.add(1, name)
            if !summary.isEmpty { feature.add(2, summary) }
            feature.add(3, type)
        }
    }

    private var type: ProtobufMessage {
        .with { type in
            switch kind {
            case .label: type.add(3, ProtobufMessage())
            case .image(let height, let width, let isGray):
                type.add(
                    4,
                    .with { image in
                        image.add(1, width)
                        image.add(2, height)
                        image.add(3, isGray ? 10 : 20)
                    })
            case .array(let shape):
                type.add(
                    5,
                    .with { array in
                        array.add(1, packed: shape)
                        array.add(2, 0x10020)
                    })
            case .probabilities: type.add(6, .with { $0.add(2, ProtobufMessage()) })
            }
        }
    }
}

/// A whole file.
struct CoreMLFile {
    /// What makes it a classifier.
    struct Classifier {
        /// The outputs' names.
        let label: String
        let probabilities: String
        /// The value in the network that holds them.
        let source: String
        let classes: [String]
    }

    /// That of iOS 13 and macOS 10.15, the first whose tensors have the dimensions that they are given.
    static let version = 4

    let layers: [ProtobufMessage]
    let inputs: [CoreMLFeature]
    let outputs: [CoreMLFeature]
    let classifier: Classifier?
    let remarks: [(key: String, value: String)]

    var message: ProtobufMessage {
        let network = ProtobufMessage.with { network in
            for layer in layers { network.add(1, layer) }
            // Arrays as they are, images as [1, channels, height, width].
            network.add(5, 1)
            network.add(6, 1)
            guard let classifier else { return }
            network.add(
                100,
                .with { labels in
                    for name in classifier.classes { labels.add(1, name) }
                })
            network.add(200, classifier.source)
        }
        return .with { model in
            model.add(1, Self.version)
            model.add(2, description)
            model.add(classifier == nil ? 500 : 403, network)
        }
    }

    private var description: ProtobufMessage {
        .with { description in
            for input in inputs { description.add(1, input.message) }
            for output in outputs { description.add(10, output.message) }
            if let classifier {
                description.add(11, classifier.label)
                description.add(12, classifier.probabilities)
            }
            description.add(100, metadata)
        }
    }

    private var metadata: ProtobufMessage {
        .with { metadata in
            metadata.add(1, "A network trained by Lanes")
            for remark in remarks { metadata.add(100, key: remark.key, value: remark.value) }
        }
    }
}
