import LanesKernels
import LanesCommandLine
import LanesGraph
import Synchronization

/// `step/RECIPE`: one training step (load, forward, loss, backward, optimizer) at the recipe's batch size, on data that is
/// already in memory; the same of other networks (StepNetworks.swift).
func stepCases(threads: Int) -> [Case] {
    StepNetwork.all.map { network in
        Case(name: "step/\(network.name)") {
            let graph = try network.graph()
            let operations = 2 * Double(graph.trainingMultiplyAdds * network.batchSize)
            return Work(
                operations: operations, threads: threads,
                verify: { try verifyStep(network, graph, threads: threads) },
                time: { try timeSteps(network, graph, threads: threads, seconds: $0) }, plain: nil)
        }
    }
}

/// Random images and labels of eight batches, in turn.
struct RandomBatches<Scalar: KernelScalar>: BatchSource {
    let batchSize: Int
    let images: [Scalar]
    let labels: [Int32]
    let heads: Int

    init(_ network: StepNetwork, _ graph: Graph) {
        (batchSize, heads) = (network.batchSize, graph.heads.count)
        var random = RandomStream(seed: 1, purpose: .gradientCheck)
        images = (0..<8 * network.batchSize * graph.inputs[0].shape.count).map { _ in
            Scalar(Float(random.uniform()))
        }
        labels = (0..<8 * network.batchSize).flatMap { _ in
            graph.heads.indices.map { Int32(random.integer(below: graph.outputShape(ofHead: $0).count)) }
        }
    }

    func sampleCount(ofStep step: Int) -> Int { batchSize }

    @specialized(where Scalar == Float)
    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Scalar>) {
        let start = (step % 8 * batchSize + sample) * values.count
        // A copy of memory: element by element, generic code would take longer than the step.
        let count = values.count
        values.withUnsafeMutableBufferPointer { target in
            images.withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0[start..<start + count]) }
        }
    }

    @specialized(where Scalar == Float)
    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Scalar>) {
        values[0] = Scalar(labels[(step % 8 * batchSize + sample) * heads + head])
    }
}

/// The times between the reports of successive steps within one run.
func timeSteps(_ network: StepNetwork, _ graph: Graph, threads: Int, seconds: Double) throws -> Timing {
    let executor = try Executor(
        graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(network.optimizer),
        batchSize: network.batchSize, threads: threads)
    let batches = RandomBatches<Float>(network, graph)
    let reports = Mutex<[Double]>([])
    func run(_ steps: Range<Int>) throws -> Timing {
        reports.withLock {
            $0.removeAll(keepingCapacity: true)
            $0.reserveCapacity(steps.count)
        }
        try executor.run(steps: steps, from: batches, learningRate: .constant(network.learningRate)) { result in
            // A training loop looks at every step's loss, so reading it belongs to the step.
            let loss = result.loss
            reports.withLock { if loss.isFinite { $0.append(now()) } }
        }
        let ends = reports.withLock { $0 }
        return Timing(zip(ends.dropFirst(), ends).map { $0 - $1 })
    }
    let warmUp = try run(0..<10)
    let count = max(10, Int(min(seconds, 3600) / warmUp.median))
    return try run(10..<10 + count)
}

/// Compares the loss, all gradients and the changed weights of one step in Float with the same graph in Double on one
/// thread, and the change itself with plain Adam.
///
/// The tests prove the Double passes by finite differences and by PyTorch's values. Here Double is the truth that Float
/// may differ from by rounding alone. An error of a sum of n terms grows as √n·ulp where roundings are independent; n is
/// at most the batch times the positions of an image, and there are some ten operations one after the other. A gradient
/// is compared with the greatest of its layer, since the terms of the small ones are no smaller: those of a bias before a
/// BatchNorm even cancel to nothing. Besides, rounding may turn over the sign before a ReLU or the greatest of a window,
/// which moves one of a gradient's m terms: of random signs, it is a √m-th of their sum, with m at least the batch times the
/// 7×7 positions of the smallest images.
func verifyStep(_ network: StepNetwork, _ graph: Graph, threads: Int) throws -> String? {
    let single = try Parameters<Float>(graph, seed: 1)
    let double = try Parameters<Double>(graph, seed: 1)
    var before: [String: [Float]] = [:]
    for name in single.names { before[name] = single[name] }
    for (name, values) in before { try double.set(name, to: values.map { Double($0) }) }
    let step = try Executor(
        graph, parameters: single, mode: .training(network.optimizer), batchSize: network.batchSize,
        threads: threads)
    let truth = try Executor(
        graph, parameters: double, mode: .training(nil), batchSize: network.batchSize, threads: 1)
    let losses = Mutex((0.0, 0.0))
    try step.run(
        steps: 0..<1, from: RandomBatches<Float>(network, graph), learningRate: .constant(network.learningRate)
    ) { result in losses.withLock { $0.0 = result.loss } }
    try truth.run(
        steps: 0..<1, from: RandomBatches<Double>(network, graph),
        report: { result in losses.withLock { $0.1 = result.loss } })
    let (found, expected) = losses.withLock { $0 }
    let terms = Double(network.batchSize * graph.inputs[0].shape.count)
    let relative = 10 * terms.squareRoot() * ulp
    if let wrong = difference("loss", [Float(found)], [expected], tolerance: { _ in expected * relative }) {
        return wrong
    }
    var greatest: [Substring: Double] = [:]
    for name in single.names {
        let layer = name.prefix { $0 != "." }
        greatest[layer] = max(greatest[layer] ?? 0, truth.gradient(of: name)?.map(\.magnitude).max() ?? 0)
    }
    for name in single.names {
        guard let values = before[name], let gradient = step.gradient(of: name), let exact = truth.gradient(of: name)
        else { continue }
        let turned = 1 / Double(network.batchSize * 49).squareRoot()
        let tolerance = (relative + turned) * (greatest[name.prefix { $0 != "." }] ?? 0)
        if let wrong = difference("gradient of \(name)", gradient, exact, tolerance: { _ in tolerance }) {
            return wrong
        }
        guard case .adam = network.optimizer.rule else { continue }
        let zeros = [Double](repeating: 0, count: values.count)
        let expected = plainAdam(
            weights: values.map(Double.init), gradients: gradient.map(Double.init), mean: zeros, square: zeros,
            stepSize: network.learningRate / 0.1, rootScale: 1 / 0.001.squareRoot()
        ).weights
        // Ten roundings of a first step, which is as long as the learning rate, 1 − β₂'s own among them (it is a
        // thousandth of β₂, whose rounding it carries), and one of the weight.
        let wrong = difference("updated \(name)", single[name] ?? [], expected) {
            (Double(values[$0].magnitude) + network.learningRate * 1000) * ulp
        }
        if let wrong { return wrong }
    }
    return nil
}
