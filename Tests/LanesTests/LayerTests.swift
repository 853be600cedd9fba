import Foundation
import Lanes
import TestSupport
import Testing

/// Layers that a user writes.
@Suite struct LayerTests {
    /// A small network around each.
    static let networks: [String: @Sendable (_ image: Node) -> Node] = [
        "leaky ReLU": { $0.flatten().linear(7).apply(LeakyReLU(slope: 0.1)).linear(3) },
        "layer norm": { $0.flatten().linear(7).apply(LayerNorm(), name: "norm").linear(3) },
        "depthwise convolution": {
            $0.conv2d(3, kernel: 1).apply(DepthwiseConvolution(), name: "dw").flatten().linear(3)
        },
        "shift": { $0.flatten().linear(5).apply(Shift()).linear(3) },
        "gate": { image in
            let flat = image.flatten()
            return flat.linear(5).apply(Gate(), flat.linear(5)).linear(3)
        },
        // Everything reads one value, so that gradients meet in it.
        "all on one value": { image in
            let flat = image.conv2d(2, kernel: 3, padding: 1).apply(DepthwiseConvolution(size: 5)).flatten().linear(6)
            let sum = flat.add(flat.apply(LeakyReLU())).add(flat.apply(LayerNorm()))
            return sum.apply(Gate(), flat).linear(3)
        },
    ]
    static let names = networks.keys.sorted()
    static let types: [any Layer.Type] = [
        LeakyReLU.self, LayerNorm.self, DepthwiseConvolution.self, Gate.self, Shift.self,
    ]

    static func graph(_ name: String) throws -> Graph {
        let network = try #require(networks[name])
        let output = network(.input("image", Shape(channels: 2, height: 4, width: 5)))
        return try Graph(heads: [Head("class", output, loss: .crossEntropy)])
    }

    @Test(arguments: names, [1, 3]) func gradientsAreRight(name: String, samples: Int) throws {
        let report = try gradientCheck(Self.graph(name), samples: samples)
        #expect(report.worstRelativeError < 1e-6, "\(report)")
        #expect(report.undecided == 0)
    }

    @Test(.namingCases)
    func trainingGivesTheSameBitsForAnyNumberOfThreads() {
        forEach(Self.names) { name in
            let digests = try [1, 2, 3, 8].map { threads in try Self.trained(name, threads: threads).parameters.digest()
            }
            #expect(Set(digests).count == 1)
            #expect(digests[0] != (try Parameters<Float>(Self.graph(name), seed: 1).digest()))
        }
    }

    @Test(.namingCases)
    func savedNetworkAnswersAsBefore() {
        forEach(Self.names) { name in
            try withTemporaryFolder { folder in
                let file = folder.appendingPathComponent("network.safetensors")
                let model = try Self.trained(name, threads: 2).model
                try model.write(to: file)
                let read = try Model(contentsOf: file, layers: Self.types)
                let sample = (0..<40).map { Float($0 % 7) / 7 }
                #expect(try read.predict(sample) == model.predict(sample))

                let error = try #require(throws: ModelError.self) { try Model(contentsOf: file) }
                #expect(error.description.contains("network.safetensors: node"))
                #expect(error.description.contains("expected one of the types in `layers:`"))
            }
        }
    }

    /// Behind a flatten numbers may lie in an order of the library's choice, which no layer may lose.
    @Test func pointwiseLayerBehindAFlattenChangesNoWeightsPlace() throws {
        let image = Node.input("image", Shape(channels: 3, height: 4, width: 5))
        func model(_ output: Node) throws -> Model {
            let graph = try Graph(heads: [Head("y", output.linear(4, name: "fc"), loss: .meanSquaredError)])
            return try Model(graph, Parameters(graph, seed: 1), normalization: [.none], classes: [[]])
        }
        let (own, known) = try (model(image.flatten().apply(Doubling())), model(image.flatten()))
        let sample = (0..<60).map { Float($0 % 11) - 5 }
        let doubled = try known.predict(sample.map { 2 * $0 }).output
        #expect(own.parameters["fc.weight"] == known.parameters["fc.weight"])
        #expect(try own.predict(sample).output == doubled)
    }

    @Test func wrongBackwardPassesAreCaught() throws {
        let input = Node.input("x", Shape(channels: 6)).linear(6)
        func worstError(_ output: Node) throws -> Double {
            let head = Head("y", output.linear(2), loss: .meanSquaredError)
            return try gradientCheck(Graph(heads: [head])).worstRelativeError
        }
        #expect(try worstError(input.apply(Square())) < 1e-6)
        #expect(try worstError(input.apply(Square(mistake: .factor))) > 0.1)
        #expect(try worstError(input.apply(Square(mistake: .missing))) > 0.1)
        // Who forgets to add is seen only where somebody else's gradient is there.
        #expect(try worstError(input.apply(Square(mistake: .overwriting)).add(input)) > 0.1)
    }

    private static func trained(_ name: String, threads: Int) throws -> Trainer {
        var random = RandomStream(seed: 3, purpose: .shuffle)
        let rows = (0..<70).map { _ in (0..<40).map { _ in Float(random.uniform()) } }
        let data = try ArrayDataset(
            rows, shape: Shape(channels: 2, height: 4, width: 5),
            labels: rows.map { $0[0] < 0.3 ? 0 : $0[1] < 0.5 ? 1 : 2 })
        let settings = TrainingSettings(epochs: 2, batchSize: 33, threads: threads)
        let trainer = try Trainer(graph(name), training: data, settings: settings)
        try trainer.run()
        return trainer
    }
}

/// y = x², with mistakes that a backward pass can have.
private struct Square: Layer {
    enum Mistake: Codable { case factor, missing, overwriting }
    var mistake: Mistake?

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y) = (node.inputs[0], node.output)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            let input = item.read(x)
            var output = item.write(y)
            for i in input.indices { output[i] = input[i] * input[i] }
        }
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard mistake != .missing, let dy = node.outputGradient,
            let (dx, accumulates) = plan.gradient(ofInput: 0, of: node)
        else { return }
        let x = node.inputs[0]
        let factor: Scalar = mistake == .factor ? 1 : 2
        let adds = accumulates && mistake != .overwriting
        plan.add("backward", of: node, .samples, reads: [x, dy], writes: [dx]) { item in
            let (input, outputGradient) = (item.read(x), item.read(dy))
            var gradient = item.write(dx)
            for i in input.indices {
                gradient[i] = (adds ? gradient[i] : 0) + factor * input[i] * outputGradient[i]
            }
        }
    }
}

/// y = 2·x, with a shape made anew.
private struct Doubling: Layer {
    var isPointwise: Bool { true }
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { Shape(channels: inputs[0].count) }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y) = (node.inputs[0], node.output)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            let input = item.read(x)
            var output = item.write(y)
            for i in input.indices { output[i] = 2 * input[i] }
        }
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
}
