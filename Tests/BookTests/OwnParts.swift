import Foundation
import Lanes
import Testing

// listing: prelu
/// y = x where x > 0, else a·x, where every channel learns its own a;  a' = Σ x·y' where x ≤ 0 (He et al., 2015).
struct LearnedSlope: Layer {
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        [Parameter("weight", shape: [inputs[0].channels], initial: .constant(0.25))]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, a, channels) = (node.inputs[0], node.output, node.parameter("weight"), node.shape.channels)
        plan.add("forward", of: node, .samples, reads: [x, a], writes: [y]) { item in
            let (input, slopes) = (item.read(x), item.read(a))
            var output = item.write(y)
            for i in input.indices { output[i] = input[i] > 0 ? input[i] : slopes[i % channels] * input[i] }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient else { return }
        let (x, a, channels) = (node.inputs[0], node.parameter("weight"), node.shape.channels)
        plan.addGradient(of: "weight", node, reads: [x, dy]) { item, sum in
            let (input, outputGradient) = (item.read(x), item.read(dy))
            for i in input.indices where input[i] <= 0 { sum[i % channels] += input[i] * outputGradient[i] }
        }
        guard let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add("backward data", of: node, .samples, reads: [x, a, dy], writes: [dx]) { item in
            let (input, slopes, outputGradient) = (item.read(x), item.read(a), item.read(dy))
            var gradient = item.write(dx)
            for i in input.indices {
                let value = input[i] > 0 ? outputGradient[i] : slopes[i % channels] * outputGradient[i]
                gradient[i] = accumulates ? gradient[i] + value : value
            }
        }
    }
}
// listing: end

// listing: spirals
/// Points on three arms of a spiral: which arm is a point on?
struct Spirals: Dataset {
    var name: String { "spirals" }
    let count: Int
    var inputs: [Shape] { [Shape(channels: 2)] }
    var targets: [Target] { [.classes(["red", "green", "blue"])] }

    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        let radius = Double(sample) / Double(count)
        let angle = 5 * radius + Double(sample % 3) * 2 * .pi / 3
        values[0] = Float(radius * cos(angle))
        values[1] = Float(radius * sin(angle))
    }

    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) { values[0] = Float(sample % 3) }
}
// listing: end

/// Answers to the exercises of the chapters on parts of one's own and on what a training leaves.
@Suite struct OwnParts {
    // listing: spiral training
    func trainedOnSpirals(seed: UInt64 = 1, resuming checkpoint: Checkpoint? = nil) throws -> Trainer {
        let hidden = Node.input("point", Shape(channels: 2)).linear(32, name: "in").apply(LearnedSlope(), name: "bend")
        let graph = try Graph(heads: [Head("arm", hidden.linear(3, name: "out"), loss: .crossEntropy)])
        let settings = TrainingSettings(epochs: 60, batchSize: 16, learningRate: 0.02, seed: seed)
        return try Trainer(graph, training: Spirals(count: 300), settings: settings, resuming: checkpoint)
    }
    // listing: end

    /// Own layer, exercise 1.
    @Test func learnedSlopeIsRight() throws {
        let image = Node.input("image", Shape(channels: 3, height: 2, width: 2))
        let y = image.conv2d(2, kernel: 1).apply(LearnedSlope(), name: "bend").flatten().linear(2)
        let report = try gradientCheck(Graph(heads: [Head("y", y, loss: .crossEntropy)]))
        #expect(report.worstRelativeError < 1e-6, "\(report)")
        #expect(report.tensors.contains { $0.name == "bend.weight" && $0.shape == [2] })
    }

    /// Own data, exercise 1, and own layer, exercise 2: the same bits for one thread and for three.
    @Test func spiralsAreLearnt() throws {
        let trainer = try trainedOnSpirals()
        try trainer.run()
        #expect((trainer.epochs.last?.training["arm_accuracy"] ?? 0) > 0.9)
        #expect(trainer.parameters["bend.weight"]?.contains { $0 != 0.25 } == true)

        let line = Node.input("point", Shape(channels: 2)).linear(32).linear(3)
        let straight = try Trainer(
            Graph(heads: [Head("arm", line, loss: .crossEntropy)]), training: Spirals(count: 300),
            settings: trainer.settings)
        try straight.run()
        #expect((straight.epochs.last?.training["arm_accuracy"] ?? 1) < 0.75)

        let digests = try [1, 3].map { threads in
            let trainer = try trainedOnSpirals()
            var settings = trainer.settings
            settings.threads = threads
            let other = try Trainer(trainer.graph, training: Spirals(count: 300), settings: settings)
            try other.run()
            return try other.parameters.digest()
        }
        #expect(digests == [try trainer.parameters.digest(), try trainer.parameters.digest()])
    }

    /// Own data, exercise 2: a table's column of words makes classes.
    @Test func tableOfWordsHasClasses() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("fruit.csv")
            try Data("weight,length,kind\n120,18,banana\n150,7,apple\n118,19,banana\n".utf8).write(to: file)
            let table = try Table(contentsOf: file)
            #expect(table.count == 3)
            #expect(table.features == ["weight", "length"])
            guard case .classes(let names) = table.targets[0] else {
                Issue.record("no classes")
                return
            }
            #expect(Set(names) == ["apple", "banana"])
        }
    }

    /// Saving, exercise 1: a training that was paused in the middle of an epoch ends with the same bits.
    @Test func resumedTrainingHasTheSameBits() throws {
        let whole = try trainedOnSpirals()
        try whole.run()
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("checkpoint.safetensors")
            let first = try trainedOnSpirals()
            try first.run(
                onCheckpoint: { try $0.write(to: file) },
                onProgress: { if $0.epoch == 3, $0.done > 100 { $0.pause() } })
            #expect(!first.isFinished)
            let second = try trainedOnSpirals(resuming: Checkpoint(contentsOf: file))
            try second.run()
            #expect(second.isFinished)
            #expect(try second.parameters.digest() == whole.parameters.digest())
        }
    }

    /// Saving, exercise 2: a saved network answers as before, where its own layer is named, and says so where it is not.
    @Test func savedNetworkAnswersAsBefore() throws {
        let trainer = try trainedOnSpirals()
        try trainer.run()
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("spirals.safetensors")
            try trainer.model.write(to: file)
            let model = try Model(contentsOf: file, layers: [LearnedSlope.self])
            #expect(try model.predict([0.3, 0.1]) == trainer.model.predict([0.3, 0.1]))
            #expect(throws: ModelError.self) { try Model(contentsOf: file) }
            // Saving, exercise 3: a layer of one's own is none that other programs know.
            #expect(throws: (any Error).self) { try model.write(onnx: folder.appendingPathComponent("spirals.onnx")) }
        }
    }
}
