import Dispatch
import Foundation
import LanesData
import LanesGraph
import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesTraining

@Suite("Asking a network")
struct ModelTests {
    /// A network of both inputs and both heads that has learnt for two epochs.
    private func mixedModel() throws -> Model {
        let trainer = try Trainer(
            Samples.mixedGraph(), training: Samples.mixed(0..<60),
            settings: TrainingSettings(
                epochs: 2, batchSize: 16, learningRate: 0.01,
                normalization: [Normalization(mean: 0.3, deviation: 0.2), .none], threads: 2))
        try trainer.run()
        return trainer.model
    }

    private func samples(_ range: Range<Int>) throws -> [[[Float]]] {
        let data = try Samples.mixed(range)
        return (0..<data.count).map { sample in
            data.inputs.indices.map { input in
                var values = [Float](repeating: 0, count: data.inputs[input].count)
                var span = values.mutableSpan
                data.load(sample, input: input, into: &span)
                return values
            }
        }
    }

    @Test("Answers are those that an evaluation counts")
    func agreesWithEvaluation() throws {
        let model = try mixedModel()
        let data = try Samples.mixed(60..<100)
        let evaluation = try model.evaluate(data, threads: 1)
        let answers = try model.predict(batch: samples(60..<100))
        let right = answers.enumerated().count { $1.label == Samples.colours[(60 + $0) % 3] }
        #expect(evaluation["colour_accuracy"] == Double(right) / 40)
        #expect(answers.allSatisfy { $0.heads.map(\.name) == ["colour", "value"] })
        #expect(answers.allSatisfy { abs($0.heads[0].probabilities.reduce(0, +) - 1) < 1e-12 })
        let head = try #require(answers[0]["value"])
        #expect(head.label == nil && head.probability == 0 && head.classes.isEmpty && head.output.count == 1)
        #expect(answers[0]["nothing"] == nil && answers[0].output == answers[0].heads[0].output)
    }

    @Test("A batch gives what single samples give, for any number of threads", .namingCases)
    static func batchesCases() {
        forEach([1, 2, 63, 64, 65, 200]) { try Self().batches(count: $0) }
    }

    func batches(count: Int) throws {
        let (model, samples) = (try mixedModel(), try samples(0..<count))
        let single = try samples.map { try model.predict(batch: [$0], threads: 1)[0] }
        for threads in [1, 3] {
            for (one, other) in zip(single, try model.predict(batch: samples, threads: threads)) {
                for (head, same) in zip(one.heads, other.heads) {
                    for (value, expected) in zip(head.output, same.output) { #expect(abs(value - expected) <= 1e-5) }
                }
            }
        }
        #expect(try model.predict(batch: samples, threads: 1) == model.predict(batch: samples, threads: 3))
        #expect(try model.predict(batch: [[[Float]]]()).isEmpty)
    }

    @Test("A large network answers one image with the same bits on any number of threads")
    func oneLargeImage() throws {
        let image = Shape(channels: 3, height: 45, width: 50)
        let features = Node.input("image", image).conv2d(64, kernel: 3, padding: 1).batchNorm().relu()
            .conv2d(128, kernel: 3, padding: 1).relu().maxPool(2)
            .conv2d(24, kernel: 5, stride: 2).relu().conv2d(24, kernel: 3, groups: 24).globalAveragePool()
        let graph = try Graph(heads: [Head("class", features.linear(3), loss: .crossEntropy)])
        try #require(graph.multiplyAdds > 7 * 25_000_000)
        let model = try Model(graph, Parameters(graph, seed: 1), classes: [["a", "b", "c"]])
        let kept = ["conv2d1", "conv2d2", "conv2d3", "conv2d4"]
        let sample = (0..<image.count).map { Float($0 * 37 % 101) / 101 }
        let expected = try model.predict(sample, values: kept, threads: 1)
        for threads in [2, 3, 8] {
            let answer = try model.predict(sample, values: kept, threads: threads)
            #expect(answer == expected)
        }
    }

    @Test("Many threads that ask at once get the same answers")
    func manyThreads() throws {
        let (model, samples) = (try mixedModel(), try samples(0..<64))
        let expected = try samples.map { try model.predict(batch: [$0], values: ["flatten1"], threads: 1)[0] }
        let together = try model.predict(batch: samples, threads: 2)
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            do {
                for turn in 0..<40 {
                    let index = (worker * 7 + turn) % samples.count
                    let answer = try model.predict(batch: [samples[index]], values: ["flatten1"], threads: 1)[0]
                    guard answer == expected[index] else { throw Difference() }
                    if turn % 20 == 0 {
                        guard try model.predict(batch: samples, threads: 2) == together else { throw Difference() }
                    }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }

    private struct Difference: Error {}

    @Test("The outputs of named nodes, as they are behind their own layer")
    func values() throws {
        let graph = try Samples.pictureGraph()
        let parameters = try Parameters<Float>(graph, seed: 3)
        let model = try Model(graph, parameters, classes: [Samples.colours])
        let picture = try samples(0..<1)[0][0]
        let answer = try model.predict(picture, values: ["conv1", "relu1", "maxPool1", "fc"])
        let rectified = try #require(answer.values["conv1"]).map { max($0, 0) }
        #expect(answer.values["relu1"] == rectified && rectified.count == 8 * 9 * 7)
        #expect(answer.values["conv1"]?.contains { $0 < 0 } == true)
        #expect(answer.values["fc"] == answer.output)
        var pooled: [Float] = []
        for place in 0..<4 * 3 * 8 {
            let (y, x, channel) = (place / 24, place / 8 % 3, place % 8)
            let corner = (2 * y * 7 + 2 * x) * 8 + channel
            pooled.append([0, 8, 56, 64].map { rectified[corner + $0] }.max() ?? .nan)
        }
        #expect(answer.values["maxPool1"] == pooled)
        #expect(try model.predict(picture).values.isEmpty)
        #expect(throws: GraphError.self) { try model.predict(picture, values: ["conv9"]) }
    }

    @Test("Bytes are fractions of 255")
    func bytes() throws {
        let graph = try Samples.pictureGraph()
        let model = try Model(graph, Parameters(graph, seed: 3), classes: [[]])
        let bytes = (0..<189).map { UInt8($0) }
        #expect(try model.predict(bytes).output == model.predict(bytes.map { Float($0) / 255 }).output)
    }

    @Test("Samples of another size are refused, and the input is named")
    func sizes() throws {
        let model = try mixedModel()
        let sample = try samples(0..<1)[0]
        func message(_ batch: [[[Float]]]) -> String? {
            #expect(throws: ModelError.self) { try model.predict(batch: batch) }?.description
        }
        #expect(message([sample, [sample[0]]]) == "sample 1: found 1 inputs, expected 2: picture, row")
        #expect(
            message([[sample[0], [1, 2]]]) == "input row of sample 0: found 2 numbers, expected 5 for 5")
        #expect(
            message([[Array(sample[0].dropLast()), sample[1]]])
                == "input picture of sample 0: found 188 numbers, expected 189 for 3×9×7")
        #expect(throws: ModelError.self) { try model.predict([Float]()) }
    }

    @Test("Answers that are no numbers are refused", .namingCases)
    func notFinite() {
        forEach([Float.nan, .infinity, 3e38] as [Float]) { value in
            let graph = try Samples.rowGraph()
            let parameters = try Parameters<Float>(graph, seed: 1)
            try parameters.set("fc2.weight", to: [Float](repeating: 3e38, count: 16))
            let model = try Model(graph, parameters, classes: [[]])
            let name = graph.heads[0].name
            #expect(throws: TrainingError.outputNotFinite(place: "the output of head \(name) for sample 0")) {
                try model.predict([Float](repeating: value, count: 5))
            }
        }
    }

    @Test("Parts that do not fit together make no model")
    func parts() throws {
        let graph = try Samples.mixedGraph()
        let parameters = try Parameters<Float>(graph, seed: 1)
        let three = Samples.colours
        #expect(throws: ModelError.self) { try Model(graph, parameters, classes: [three]) }
        #expect(throws: ModelError.self) { try Model(graph, parameters, classes: [three, [], []]) }
        #expect(throws: ModelError.self) { try Model(graph, parameters, classes: [three + ["more"], []]) }
        #expect(throws: ModelError.self) { try Model(graph, parameters, classes: [three, three]) }
        #expect(throws: SettingsError.self) {
            try Model(graph, parameters, normalization: [.none, .none, .none], classes: [three, []])
        }
        #expect(throws: GraphError.self) {
            try Model(graph, Parameters(Samples.rowGraph(), seed: 1), classes: [three, []])
        }
        #expect(throws: ModelError.self) { try Model(graph, parameters, classes: [["red"], []]) }
        #expect(try Model(graph, parameters, classes: [[], []]).predict(batch: samples(0..<1)).count == 1)
    }

    @Test("A model's parameters are a copy, and what it was made of may change")
    func copies() throws {
        let graph = try Samples.rowGraph()
        let parameters = try Parameters<Float>(graph, seed: 1)
        let model = try Model(graph, parameters, classes: [[]])
        let before = try model.predict([1, 2, 3, 4, 5] as [Float])
        try parameters.set("fc2.bias", to: [100])
        try model.parameters.set("fc2.bias", to: [100])
        #expect(try model.predict([1, 2, 3, 4, 5] as [Float]) == before)
    }

    @Test("The parameters of chosen names are taken from another network's file")
    func partialLoad() throws {
        let source = try Parameters<Float>(Samples.pictureGraph(), seed: 1)
        let file = try source.stateDictionary()
        let target = try Parameters<Float>(Samples.mixedGraph(), seed: 2)
        let fresh = try Parameters<Float>(Samples.mixedGraph(), seed: 2)
        try target.load(file) { $0.hasPrefix("conv1.") }
        for name in target.names {
            #expect(target[name] == (name.hasPrefix("conv1.") ? source[name] : fresh[name]), "\(name)")
        }
        // Not there, of another shape, none at all: nothing changes.
        let digest = try target.digest()
        for prefix in ["bn1.", "", "nothing"] {
            let error = #expect(throws: (any Error).self) { try target.load(file) { $0.hasPrefix(prefix) } }
            #expect("\(error as Any)".contains(prefix == "nothing" ? "no parameter chosen" : "tensor "))
            #expect(try target.digest() == digest)
        }
    }
}
