import Foundation
import Lanes
import TestSupport
import Testing

/// What a user gets wrong is said, and stops nothing but the call.
@Suite struct MistakeTests {
    private static let x = Node.input("x", Shape(channels: 5))
    private static let data = NoisyWaves(count: 20)

    private static func wave(_ settings: TrainingSettings = TrainingSettings(epochs: 2, batchSize: 4)) throws -> Trainer
    {
        let output = Node.input("x", Shape(channels: 1)).linear(1)
        return try Trainer(
            Graph(heads: [Head("wave", output, loss: .meanSquaredError)]), training: data, settings: settings)
    }

    @Test(.namingCases)
    func settingsOutOfReachAreRefused() {
        forEach([0, -1, Int.max]) { number in
            #expect(throws: SettingsError.self) { try Self.wave(TrainingSettings(epochs: number)) }
            #expect(throws: SettingsError.self) { try Self.wave(TrainingSettings(batchSize: number)) }
            #expect(throws: SettingsError.self) { try Self.wave(TrainingSettings(steps: number)) }
            #expect(throws: SettingsError.self) { try Self.wave(TrainingSettings(threads: number)) }
            #expect(throws: GraphError.self) { try gradientCheck(Self.wave().graph, samples: number) }
        }
    }

    @Test(.namingCases)
    func impossibleLayersAreRefused() {
        forEach(
            [
                ("no numbers", "weight: got weight of [5, 0], needs sizes of 1 or more"),
                ("negative", "weight: got weight of [-5], needs sizes of 1 or more"),
                ("twice", "weight: got the parameters weight, weight, needs different names"),
                (
                    "bound",
                    "weight: got weight that begins uniform(-1.0), needs finite numbers, of 0 or more for a range"
                ),
                ("NaN", "weight: got weight that begins constant(nan), needs finite numbers, of 0 or more for a range"),
                ("output", "weight: got an output of 0×1×1, needs sizes of 1 or more"),
            ] as [(String, String)]
        ) { mistake, message in
            let error = try #require(throws: GraphError.self) {
                try Graph(heads: [
                    Head("y", Self.x.apply(Broken(mistake: mistake), name: "weight"), loss: .meanSquaredError)
                ])
            }
            #expect(error.description == message)
        }
    }

    @Test(.namingCases)
    func layersMayReadOnlyWhatTheyKeep() {
        forEach(
            [
                (false, "reads the output, which others may overwrite, needs keepsOutput"),
                (true, "reads the input, which its layer may overwrite, needs no worksInPlace"),
            ] as [(Bool, String)]
        ) { inPlace, message in
            let output = Self.x.linear(5).apply(Forgetful(worksInPlace: inPlace), name: "y")
            let graph = try Graph(heads: [Head("y", output, loss: .meanSquaredError)])
            let error = try #require(throws: GraphError.self) { try gradientCheck(graph) }
            #expect(error.description.hasPrefix("y: got a backward pass that \(message)"))
        }
    }

    @Test func targetsMustBeComparableWithOutputs() throws {
        let few = Head("y", Self.x, loss: OddLoss(isLabel: true))
        #expect(throws: GraphError(node: "head y", found: "a loss of 2 classes", expected: "one of 5 or more")) {
            try Graph(heads: [few])
        }
        let other = Head("y", Self.x, loss: OddLoss(isLabel: false))
        let error = try #require(throws: GraphError.self) { try Graph(heads: [other]) }
        #expect(
            error.description == "head y: got a loss whose targets are 2 numbers, needs as many as the output has: 5")
    }

    @Test func partsOfAModelMustFitTogether() throws {
        let (graph, other) = try (Self.wave().graph, LayerTests.graph("gate"))
        let parameters = try Parameters<Float>(graph, seed: 1)
        #expect(try Model(graph, parameters, normalization: [.none], classes: [[]]).predict([1]).output.count == 1)
        #expect(throws: ModelError.self) { try Model(graph, parameters, normalization: [.none], classes: []) }
        #expect(throws: SettingsError.self) { try Model(graph, parameters, normalization: [], classes: [[]]) }
        #expect(throws: GraphError.self) { try Model(other, parameters, normalization: [.none], classes: [[]]) }
    }

    @Test func oneNameForTwoLayersIsRefused() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("twice.safetensors")
            let own = try Graph(heads: [Head("y", Self.x.apply(Linear()), loss: .meanSquaredError)])
            let model = try Model(own, Parameters(own, seed: 1), normalization: [.none], classes: [[]])
            try model.write(to: file)
            #expect(throws: ModelError.self) { try Model(contentsOf: file) }
            #expect(try Model(contentsOf: file, layers: [Linear.self, Linear.self]).graph.heads.count == 1)
            let error = try #require(throws: ModelError.self) {
                try Model(contentsOf: file, layers: [Linear.self, Others.Linear.self])
            }
            #expect(error.description.contains("found the name Linear for LanesTests."))

            // One of Lanes' own may have the name too.
            let both = try Graph(heads: [Head("y", Self.x.apply(Linear()).linear(2), loss: .meanSquaredError)])
            let mixed = try Model(both, Parameters(both, seed: 1), normalization: [.none], classes: [[]])
            try mixed.write(to: file)
            #expect(try Model(contentsOf: file, layers: [Linear.self]).graph.inputs.count == 1)

            let twice = try Graph(heads: [
                Head("y", Self.x.apply(Linear()).apply(Others.Linear()), loss: .meanSquaredError)
            ])
            let unclear = try Model(twice, Parameters(twice, seed: 1), normalization: [.none], classes: [[]])
            #expect(throws: ModelError.self) { try unclear.write(to: file) }
        }
    }

    @Test func picturesMustFitTheirSizes() throws {
        #expect(throws: FileError.self) { try Picture(height: 2, width: 2, color: .rgb, pixels: [1, 2, 3, 4]) }
        #expect(throws: FileError.self) { try Picture(height: 0, width: 2, color: .gray, pixels: []) }
        #expect(throws: FileError.self) { try Picture(height: .max, width: 3, color: .gray, pixels: [1]) }
        #expect(throws: FileError.self) { try Picture([1, 2], shape: Shape(channels: 2)) }
        let picture = try Picture([-1, .nan, 0.5, 2], shape: Shape(channels: 1, height: 2, width: 2))
        #expect(picture.pixels == [0, 0, 128, 255])
    }

    @Test(.namingCases)
    func writtenPicturesAreReadAgain() {
        forEach([Picture.Color.gray, .rgb] as [Picture.Color]) { color in
            try withTemporaryFolder { folder in
                let pixels = (0..<3 * 5 * color.channels).map { UInt8($0 * 5) }
                let picture = try Picture(height: 3, width: 5, color: color, pixels: pixels)
                let file = folder.appendingPathComponent("picture.png")
                try picture.write(to: file)
                #expect(try Picture.load(file.path, color: color) == picture)
                #expect(throws: FileError.self) {
                    try picture.write(to: folder.appendingPathComponent("none/picture.png"))
                }
            }
        }
    }

    @Test func runsEndWhereTheyAreAskedTo() throws {
        let trainer = try Self.wave(TrainingSettings(epochs: 3, batchSize: 4))
        try trainer.run(onProgress: { if $0.epoch == 2, $0.done == 8 { $0.stop() } })
        #expect(trainer.epochs.map(\.training.count) == [20, 8])
        try trainer.run { if $0.epoch == 1 { trainer.stop() } }
        #expect(trainer.epochs.count == 1)
        try trainer.run()
        #expect(trainer.epochs.count == 3)
    }

    @Test func runWithinARunIsRefused() throws {
        let trainer = try Self.wave()
        #expect(throws: TrainingError.busy) { try trainer.run { _ in try trainer.run() } }
        #expect(try trainer.evaluate(Self.data).count == 20)
    }
}

/// A layer whose parameters or output cannot be.
private struct Broken: Layer {
    let mistake: String

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape {
        Shape(channels: mistake == "output" ? 0 : 5)
    }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        let good = Parameter("weight", shape: [5], initial: .constant(1))
        return switch mistake {
        case "no numbers": [Parameter("weight", shape: [5, 0], initial: .constant(1))]
        case "negative": [Parameter("weight", shape: [-5], initial: .constant(1))]
        case "twice": [good, good]
        case "bound": [Parameter("weight", shape: [5], initial: .uniform(-1))]
        case "NaN": [Parameter("weight", shape: [5], initial: .constant(.nan))]
        default: [good]
        }
    }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
}

/// A layer that has the name of one of Lanes' own.
private struct Linear: Layer {
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
}

private enum Others {
    struct Linear: Layer {
        func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }
        func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
        func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    }
}

/// Reads in its backward pass what others may have overwritten by then.
private struct Forgetful: Layer {
    let worksInPlace: Bool

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let (dx, _) = plan.gradient(ofInput: 0, of: node) else { return }
        let kept = worksInPlace ? node.inputs[0] : node.output
        plan.add("backward", of: node, .samples, reads: [kept], writes: [dx]) { _ in }
    }
}

/// A loss of two classes, or two numbers, whatever the output is.
private struct OddLoss: Loss {
    let isLabel: Bool

    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        isLabel ? .label(classes: 2) : .values(Shape(channels: 2))
    }

    func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar { 0 }
}
