import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesGraph

/// A step that fails leaves everything as it was before it, and the executor ready for the next run.
@Suite struct ExecutorFailureTests {
    private func executor(
        _ graph: Graph, threads: Int, optimizer: Optimizer = .adam()
    ) throws -> Executor<Float> {
        try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(optimizer), batchSize: 16,
            threads: threads, seed: 1)
    }

    private func run(_ executor: Executor<Float>, _ steps: Range<Int>, _ batches: RandomBatches<Float>) throws {
        try executor.run(steps: steps, from: batches, learningRate: .constant(1e-2))
    }

    /// Runs into the failure at step 3, and then on; all that must come out as if step 3 had never been tried.
    private func expectFailure(
        _ error: TrainingError, threads: Int, spoiling spoil: (inout RandomBatches<Float>) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let graph = try twoHeadedNetwork()
        let good = RandomBatches<Float>(graph, size: 16)
        var bad = good
        spoil(&bad)
        let (failing, reference) = (try executor(graph, threads: threads), try executor(graph, threads: threads))
        #expect(throws: error, sourceLocation: sourceLocation) { try run(failing, 0..<6, bad) }
        try run(reference, 0..<3, good)
        #expect(TrainedState(failing) == TrainedState(reference), sourceLocation: sourceLocation)
        #expect(throws: error, "a second time", sourceLocation: sourceLocation) { try run(failing, 3..<6, bad) }
        #expect(TrainedState(failing) == TrainedState(reference), sourceLocation: sourceLocation)
        try run(failing, 3..<6, good)
        try run(reference, 3..<6, good)
        #expect(TrainedState(failing) == TrainedState(reference), sourceLocation: sourceLocation)
    }

    @Test(arguments: [1, 3], [Float.nan, .infinity]) func anInputThatIsNotFinite(threads: Int, value: Float) throws {
        let error = TrainingError.notFinite(step: 3, place: "the output of image")
        #expect(
            error.description
                == "step 3: the output of image is not finite; the weights were left as they were before this step")
        try expectFailure(error, threads: threads) { $0.spoiled = (3, 5, 0, value) }
    }

    @Test(.namingCases)
    func aLabelWithoutClass() {
        forEach([1, 3]) { threads in
            let error = TrainingError.target(
                problem: "label 5, expected one of the classes 0…4", head: "digit", sample: 4, step: 3)
            #expect(
                error.description == "step 3, sample 4, head digit: label 5, expected one of the classes 0…4")
            try expectFailure(error, threads: threads) {
                $0.mislabeled = [(3, 9, 1, 2), (3, 4, 0, 5), (3, 4, 1, -1), (3, 15, 0, -1)]
            }
            let negative = TrainingError.target(
                problem: "label -1, expected one of the classes 0…1", head: "parity", sample: 0, step: 3)
            try expectFailure(negative, threads: threads) { $0.mislabeled = [(3, 0, 1, -1)] }
        }
    }

    @Test(.namingCases)
    func aBatchOfAWrongSize() {
        forEach([0, 17, -1]) { size in
            let error = TrainingError.samples(size, batchSize: 16, step: 3)
            #expect(error.description == "step 3: a batch of \(size) samples, expected 1…16")
            try expectFailure(error, threads: 2) { $0.sizes = { $0 == 3 ? size : 16 } }
        }
    }

    @Test func aFailedStepIsNotReported() throws {
        let graph = try twoHeadedNetwork()
        var batches = RandomBatches<Float>(graph, size: 16)
        batches.spoiled = (2, 0, 0, .nan)
        let steps = Mutex<[Int]>([])
        _ = try? executor(graph, threads: 2).run(
            steps: 0..<4, from: batches, report: { result in steps.withLock { $0.append(result.step) } })
        #expect(steps.withLock { $0 } == [0, 1])
    }

    @Test func inferenceRejectsLabelsAndSizesToo() throws {
        let graph = try twoHeadedNetwork()
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .inference, batchSize: 4, threads: 2)
        var batches = RandomBatches<Float>(graph, size: 4)
        batches.mislabeled = [(1, 2, 0, 9)]
        let error = TrainingError.target(
            problem: "label 9, expected one of the classes 0…4", head: "digit", sample: 2, step: 1)
        #expect(throws: error) {
            try executor.run(steps: 0..<2, from: batches)
        }
        #expect(throws: TrainingError.samples(5, batchSize: 4, step: 7)) {
            try executor.run(steps: 7..<8, from: RandomBatches<Float>(graph, size: 5))
        }
        try executor.run(steps: 0..<2, from: RandomBatches<Float>(graph, size: 4))
    }

    /// A prediction has no losses whose check could stop it.
    @Test func aSourceThatFailsEndsAPrediction() throws {
        struct Failure: Error {}
        struct Source: BatchSource {
            func sampleCount(ofStep step: Int) -> Int { 3 }
            func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) throws {
                if step == 2, sample == 1 { throw Failure() }
            }
            func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {}
        }
        let graph = try twoHeadedNetwork()
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .prediction, batchSize: 3, threads: 2)
        let steps = Mutex<[Int]>([])
        #expect(throws: Failure.self) {
            try executor.run(steps: 0..<5, from: Source()) { result in steps.withLock { $0.append(result.step) } }
        }
        #expect(steps.withLock { $0 } == [0, 1])
    }

    // MARK: Which place is named

    private func place(
        _ head: Head, freezing frozen: String? = nil, _ change: (Parameters<Float>) throws -> Void
    ) throws -> TrainingError? {
        let graph = try Graph(heads: [head])
        let optimizer = Optimizer.adam()
        let executor = try executor(
            graph, threads: 2, optimizer: frozen.map { optimizer.freezing($0) } ?? optimizer)
        try change(executor.parameters)
        let before = TrainedState(executor)
        let error = #expect(throws: TrainingError.self) {
            try run(executor, 2..<4, RandomBatches<Float>(graph, size: 16))
        }
        #expect(TrainedState(executor) == before)
        return error
    }

    private static let x = Node.input("x", Shape(channels: 4))

    @Test func aWeightThatOverflowsTheOutput() throws {
        let output = Self.x.linear(3, name: "first").relu(name: "relu").linear(2, name: "second")
        let error = try place(Head("class", output, loss: .crossEntropy)) {
            try $0.set("first.weight", to: Array(repeating: 1e38, count: 12))
            try $0.set("first.bias", to: Array(repeating: 3e38, count: 3))
        }
        #expect(error == .notFinite(step: 2, place: "the output of first"))
    }

    @Test func aWeightOfNaN() throws {
        let output = Self.x.linear(3, name: "first").linear(2, name: "second")
        let error = try place(Head("class", output, loss: .crossEntropy)) {
            try $0.set("second.bias", to: [0, .nan])
        }
        #expect(error == .notFinite(step: 2, place: "the output of second"))
    }

    @Test func aLossThatOverflows() throws {
        let error = try place(Self.x.linear(3, name: "first").projected()) {
            try $0.set("first.bias", to: [3e38, 3e38, 3e38])
        }
        #expect(error == .notFinite(step: 2, place: "the loss"))
    }

    /// Outputs and loss are finite, but not the gradient on its way back.
    @Test func aGradientThatOverflows() throws {
        let output = Self.x.linear(3, name: "first").linear(2, name: "second")
        let error = try place(output.projected(weight: 1e20)) {
            try $0.set("first.weight", to: Array(repeating: 1e-30, count: 12))
            try $0.set("first.bias", to: Array(repeating: 0, count: 3))
            try $0.set("second.weight", to: Array(repeating: 1e30, count: 6))
        }
        #expect(error == .notFinite(step: 2, place: "the gradient of the output of first"))
    }

    /// By all that write gradients, so that none of them passes for finite unseen.
    @Test(.namingCases) func theGradientOfAParameterThatOverflows() {
        let (x, image) = (Self.x, Node.input("image", Shape(channels: 2, height: 5, width: 6)))
        let cases: [(name: String, output: Node, frozen: String?)] = [
            ("weight", x.linear(3, bias: false, name: "first"), nil),
            ("weight", x.linear(300, bias: false, name: "first"), nil),
            ("bias", x.linear(3, name: "first"), "first.weight"),
            ("weight", image.conv2d(3, kernel: 3, bias: false, name: "first"), nil),
            ("bias", image.conv2d(3, kernel: 3, name: "first"), "first.weight"),
            ("weight", image.batchNorm(name: "first"), "first.bias"),
            ("bias", image.batchNorm(name: "first"), "first.weight"),
            ("weight", image.groupNorm(1, name: "first"), "first.bias"),
            ("weight", x.apply(Spoiler(), name: "first"), nil),
        ]
        forEach(cases) { name, output, frozen in
            let error = try place(output.projected(weight: 3e38), freezing: frozen) { _ in }
            #expect(error == .notFinite(step: 2, place: "the gradient of first.\(name)"))
        }
    }

    @Test func aSumThatIsNoGradientMayOverflow() throws {
        let graph = try Graph(heads: [Self.x.apply(Spoiler(spoilsGradient: false)).projected()])
        try run(executor(graph, threads: 2), 0..<2, RandomBatches<Float>(graph, size: 16))
    }

    /// A layer whose gradient is finite when it is summed, and not after what comes then; or that sums something else which
    /// is not.
    private struct Spoiler: Layer {
        var spoilsGradient = true

        func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

        func parameters(_ inputs: [Shape]) -> [Parameter] { [Parameter("weight", shape: [1], initial: .constant(1))] }

        func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
            let (x, y) = (node.inputs[0], node.output)
            plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
                var output = item.write(y)
                for i in output.indices { output[i] = item.read(x)[i] }
            }
        }

        func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
            guard let gradient = node.parameterGradient("weight") else { return }
            plan.addGradient(of: "weight", node, reads: []) { _, _ in }
            let spoiled = spoilsGradient ? gradient : plan.value(.group, 1)
            plan.add("spoil", of: node, .pieces(1), reads: [], writes: [spoiled]) { item in
                var sum = item.write(spoiled)
                sum[0] = .infinity
            }
            if !spoilsGradient { plan.addSumOfGroups(spoiled, into: plan.value(.whole, 1), "sum", node) }
        }
    }
}
