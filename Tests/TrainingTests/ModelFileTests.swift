import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import TestSupport
import Testing

@testable import LanesTraining

@Suite("Files of networks")
struct ModelFileTests {
    private let directory: TemporaryDirectory
    private var url: URL { URL(fileURLWithPath: directory.path + "/model.safetensors") }

    init() throws { directory = try TemporaryDirectory() }

    private func description(_ model: Model) throws -> String {
        try #require(model.file().metadata["lanes.model"])
    }

    /// A sample of numbers in 0…1 for all inputs.
    private func sample(_ graph: Graph, _ seed: UInt64) -> [[Float]] {
        var random = RandomStream(seed: seed, purpose: .shuffle)
        return graph.inputs.map { input in (0..<input.shape.count).map { _ in Float(random.uniform()) } }
    }

    @Test("What is written is read: the same answers to the bit", arguments: Samples.kinds)
    func roundTrip(kind: String) throws {
        let (graph, data) = try Samples.named(kind, 0..<30)
        let normalization = try data.inputs.indices.map { try Normalization.learned(from: data, input: $0) }
        let trainer = try Trainer(
            graph, training: data, settings: TrainingSettings(epochs: 2, batchSize: 8, normalization: normalization))
        try trainer.run()
        let model = trainer.model(metadata: ["author": "Ünïcode \"quoted\"", "lanes.model": "not this"])
        try model.write(to: url)
        let read = try Model(contentsOf: url)
        #expect(read.normalization == normalization && read.classes == model.classes)
        #expect(read.metadata == ["author": "Ünïcode \"quoted\"", "format": "pt"])
        #expect(try read.parameters.digest() == trainer.parameters.digest())
        #expect(try description(read) == description(model))
        for seed in 0..<5 as Range<UInt64> {
            let sample = sample(graph, seed)
            #expect(try read.predict(batch: [sample], threads: 1) == model.predict(batch: [sample], threads: 1))
        }
        #expect(try read.evaluate(data, threads: 1) == trainer.evaluate(data))
        // It can be trained on.
        let further = try Trainer(
            read.graph, training: data, settings: TrainingSettings(epochs: 1), parameters: read.parameters)
        try further.run()
    }

    /// A network with every layer that Lanes has, each with settings that are not the usual ones.
    private func everyLayer() throws -> Graph {
        let image = Node.input("image", Shape(channels: 4, height: 13, width: 11))
        let first = image.conv2d(
            8, kernel: Extent(height: 3, width: 2), stride: Extent(height: 1, width: 2),
            padding: Padding(top: 1, left: 2, bottom: 0, right: 1), dilation: Extent(height: 2, width: 1), groups: 2,
            bias: false
        ).batchNorm(epsilon: 1e-3, momentum: 0.3).leakyReLU(slope: 0.2)
        let up = first.convTranspose2d(
            6, kernel: 3, stride: 2, padding: 1, outputPadding: Extent(height: 1, width: 0), groups: 2
        )
        .groupNorm(3, epsilon: 1e-3, affine: false).elu(alpha: 0.7)
        let pooled = up.maxPool(3, stride: 2, padding: 1, ceilMode: true).gelu()
        let averaged = up.averagePool(3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false).silu()
        let both = pooled.add(averaged).multiply(pooled.sigmoid()).concat(averaged.tanh())
        let vector = both.globalAveragePool().concat(both.globalMaxPool(), both.relu().globalAveragePool())
        let small = vector.reshape(Shape(channels: 4, height: 3, width: 3)).layerNorm(epsilon: 1e-4)
        let large = small.upsample(by: Extent(height: 2, width: 1), interpolation: .bilinear)
        let resized = large.upsample(to: Extent(height: 5, width: 4))
        let features = resized.flatten().scaled(by: -1.5, plus: 0.25).dropout(0.4).linear(7, bias: false)
        return try Graph(heads: [
            Head("soft", features.softmax(), loss: .meanAbsoluteError, weight: 0.25),
            Head("log", features.logSoftmax(), loss: NegativeLogLikelihood(classWeights: nil, ignoreIndex: 3)),
            Head(
                "class", features,
                loss: .crossEntropy(labelSmoothing: 0.1, classWeights: [1, 2, 3, 4, 5, 6, 7], ignoreIndex: -1)),
            Head("logit", features.linear(2), loss: .binaryCrossEntropy),
            Head("robust", features.linear(2, name: "last"), loss: .huber(delta: 0.3)),
            Head("square", features.linear(1), loss: .meanSquaredError),
            Head("check", features.linear(1), loss: .projection),
        ])
    }

    @Test("The settings of every layer and every loss survive")
    func everySetting() throws {
        let graph = try everyLayer()
        let text = try description(
            Model(graph, Parameters(graph, seed: 1), classes: graph.heads.map { _ in [] }))
        for type in builtInLayers { #expect(text.contains("\"layer\":\"\(type.name)\""), "no \(type.name) is tried") }
        for type in builtInLosses { #expect(text.contains("\"loss\":\"\(type.name)\""), "no \(type.name) is tried") }
        let parameters = try Parameters<Float>(graph, seed: 1)
        let model = try Model(
            graph, parameters, normalization: [Normalization(mean: [0, 1, 2, 3], deviation: [1, 2, 3, 4])],
            classes: graph.heads.map { _ in [] })
        try model.write(to: url)
        let read = try Model(contentsOf: url)
        #expect(try description(read) == description(model))
        let sample = sample(graph, 1)
        #expect(try read.predict(batch: [sample], threads: 1) == model.predict(batch: [sample], threads: 1))
        #expect(read.graph.heads.map(\.weight) == graph.heads.map(\.weight))
    }

    private func ownLayer() throws -> Model {
        let graph = try Graph(heads: [
            Head("y", .input("x", Shape(channels: 3)).apply(Scaled(factor: 2.5)).linear(2), loss: .meanSquaredError)
        ])
        return try Model(graph, Parameters(graph, seed: 1), classes: [[]])
    }

    @Test("A layer of one's own must be named when the file is read")
    func ownLayers() throws {
        let model = try ownLayer()
        try model.write(to: url)
        let error = #expect(throws: ModelError.self) { try Model(contentsOf: url) }
        #expect(
            error?.description
                == "model.safetensors: node scaled1: found a layer of type Scaled, expected one of the types in "
                + "`layers:`")
        let read = try Model(contentsOf: url, layers: [Scaled.self])
        #expect(try read.predict([1, 2, 3] as [Float]) == model.predict([1, 2, 3] as [Float]))
    }

    @Test("With a loss that nobody knows the network answers, and only training and evaluating need it")
    func ownLosses() throws {
        let graph = try Graph(heads: [
            Head("y", .input("x", Shape(channels: 3)).linear(1), loss: FourthPower(scale: 0.5))
        ])
        let model = try Model(graph, Parameters(graph, seed: 1), classes: [[]])
        let data = try ArrayDataset([[1, 2, 3], [2, 3, 4]], values: [[1], [2]], name: "data")
        try model.write(to: url)
        let read = try Model(contentsOf: url)
        #expect(try read.predict([1, 2, 3] as [Float]) == model.predict([1, 2, 3] as [Float]))
        let message =
            "head y: found the loss fourth, which is not known here, expected one of Lanes' own, or of the "
            + "types in `losses:` when the network is read"
        for error in [
            #expect(throws: SettingsError.self) { try read.evaluate(data) },
            #expect(throws: SettingsError.self) { try Trainer(read.graph, training: data) },
        ] { #expect(error?.description == message) }
        // It is still called by its name when it is written again.
        try read.write(to: url)
        #expect(throws: SettingsError.self) { try Model(contentsOf: url).evaluate(data) }
        try model.write(to: url)
        let whole = try Model(contentsOf: url, losses: [FourthPower.self])
        #expect(try whole.evaluate(data) == model.evaluate(data))
    }

    @Test("Settings that JSON cannot hold are refused when they are written")
    func notFinite() throws {
        let graph = try Graph(heads: [
            Head("y", .input("x", Shape(channels: 3)).apply(Scaled(factor: .infinity)), loss: .meanSquaredError)
        ])
        let model = try Model(graph, Parameters(graph, seed: 1), classes: [[]])
        #expect(throws: ModelError.self) { try model.write(to: url) }
    }

    @Test("A file that is no network's", .namingCases)
    static func brokenCases() {
        forEach(["nothing", "tensors alone", "half", "no JSON", "empty"]) { try Self().broken(what: $0) }
    }

    func broken(what: String) throws {
        let model = try ownLayer()
        switch what {
        case "tensors alone": try model.parameters.stateDictionary().write(to: url)
        case "half":
            let bytes = try model.file().encoded()
            try directory.write(Array(bytes.prefix(bytes.count / 2)), to: "model.safetensors")
        case "no JSON", "empty":
            var file = try model.file()
            file.metadata["lanes.model"] = what == "empty" ? "" : "[[[["
            try file.write(to: url)
        default: break
        }
        let error = #expect(throws: (any Error).self) { try Model(contentsOf: url, layers: [Scaled.self]) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("model.safetensors"), "\(error as Any)")
        switch what {
        case "nothing": #expect(error is FileError)
        case "half": #expect(error is SafetensorsError)
        default: #expect(error is ModelError)
        }
    }

    @Test("The description of a network, as it has been since the first version")
    func golden() throws {
        let image = Node.input("image", Shape(channels: 3, height: 8, width: 6))
        let features = image.conv2d(4, kernel: 3, padding: 1, name: "conv1").relu().maxPool(2).flatten()
        let graph = try Graph(heads: [
            Head("kind", features.linear(2, name: "fc"), loss: .crossEntropy),
            Head("size", features.dropout(0.5).linear(1, name: "fc_size"), loss: .huber(delta: 0.5), weight: 0.25),
        ])
        let model = try Model(
            graph, Parameters(graph, seed: 1),
            normalization: [Normalization(mean: [0.5, 0.25, 0], deviation: [1, 2, 4])],
            classes: [["cat", "dog"], []])
        #expect(try description(model) == Self.golden)
        // Spaces, another order and remarks of a later version change nothing.
        var file = try model.file()
        file.metadata["lanes.model"] = "{ \"later\": 1, " + Self.golden.dropFirst()
        let read = try Model(file)
        #expect(try description(read) == Self.golden)
        #expect(read.classes == [["cat", "dog"], []] && read.graph.heads[1].weight == 0.25)
    }

    private static let golden =
        #"{"classes":[["cat","dog"],[]],"graph":{"heads":[{"answer":"softmax","loss":"CrossEntropy","name":"kind","#
        + #""node":"fc","settings":{"labelSmoothing":0},"weight":1},{"answer":"values","loss":"Huber","name":"size","#
        + #""node":"fc_size","settings":{"delta":0.5},"weight":0.25}],"#
        + #""nodes":[{"inputs":[],"layer":"Input","name":"image","settings":{"shape":[3,8,6]}},"#
        + #"{"inputs":["image"],"layer":"Convolution2D","name":"conv1","settings":{"channels":4,"dilation":[1,1],"#
        + #""groups":1,"hasBias":true,"kernel":[3,3],"padding":[1,1,1,1],"stride":[1,1]}},"#
        + #"{"inputs":["conv1"],"layer":"ReLU","name":"relu1","settings":{}},"#
        + #"{"inputs":["relu1"],"layer":"MaxPool2D","name":"maxPool1","settings":{"ceilMode":false,"dilation":[1,1],"#
        + #""kernel":[2,2],"padding":[0,0,0,0],"stride":[2,2]}},"#
        + #"{"inputs":["maxPool1"],"layer":"Flatten","name":"flatten1","settings":{}},"#
        + #"{"inputs":["flatten1"],"layer":"Linear","name":"fc","settings":{"features":2,"hasBias":true}},"#
        + #"{"inputs":["flatten1"],"layer":"Dropout","name":"dropout1","settings":{"probability":0.5}},"#
        + #"{"inputs":["dropout1"],"layer":"Linear","name":"fc_size","settings":{"features":1,"hasBias":true}}],"#
        + #""version":1},"normalization":[{"deviation":[1,2,4],"mean":[0.5,0.25,0]}]}"#
}
