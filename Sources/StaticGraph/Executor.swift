import Foundation
import Kernels
import Synchronization

/// Runs a graph: compiles it to a plan, owns the plan's memory, and takes batches through it on several threads.
///
/// Results have the same bits for any number of threads. A running step allocates nothing.
/// One run at a time: a second one, from another thread or from a report, is refused.
// Sendable because workers touch disjoint memory in every phase, and `isRunning` keeps runs apart.
public final class Executor<Scalar: KernelScalar>: @unchecked Sendable {
    /// What a plan is for.
    public enum Mode: Sendable, Equatable {
        /// Outputs and losses; BatchNorm by its running averages, no dropout.
        case inference
        /// Outputs, losses and gradients, by which the optimizer, if there is one, changes the parameters.
        case training(Optimizer?)
    }

    public let graph: Graph
    public let parameters: Parameters<Scalar>
    public let batchSize: Int
    public let threads: Int
    let mode: Mode
    let plan: Plan<Scalar>
    let builder: PlanBuilder<Scalar>
    let results: ResultValues
    let gradients: UnsafeMutableBufferPointer<Scalar>
    let moments: [UnsafeMutableBufferPointer<Scalar>]
    private let seed: UInt64
    private let feed: Feed<Scalar>
    private let team = WorkerTeam()
    private let isRunning = Atomic<Bool>(false)
    private let arena: UnsafeMutableRawPointer
    private let workers: UnsafeMutableRawPointer
    private let workerStride: Int
    private let places: UnsafeMutablePointer<Place>
    private let state: UnsafeMutablePointer<StepState>

    /// - Parameters:
    ///   - parameters: Those of this graph; they may be shared with other executors that run at other times.
    ///   - seed: Of dropout.
    ///   - inputGradients: Whether training also computes the gradients of the inputs.
    public convenience init(
        _ graph: Graph, parameters: Parameters<Scalar>, mode: Mode, batchSize: Int, threads: Int, seed: UInt64 = 0,
        inputGradients: Bool = false
    ) throws(GraphError) {
        try self.init(
            graph, parameters: parameters, mode: mode, batchSize: batchSize, threads: threads, seed: seed,
            inputGradients: inputGradients, keepsEverything: false, skipsBackward: false)
    }

    /// - Parameters:
    ///   - keepsEverything: Whether the graph is planned as it stands and every value can be read after a step.
    ///   - skipsBackward: Whether steps end with the losses, as those who need no gradients of a training pass want it.
    init(
        _ graph: Graph, parameters: Parameters<Scalar>, mode: Mode, batchSize: Int, threads: Int, seed: UInt64,
        inputGradients: Bool, keepsEverything: Bool = false, skipsBackward: Bool = false
    ) throws(GraphError) {
        guard (1...Self.mostSamples).contains(batchSize), (1...Self.mostThreads).contains(threads) else {
            throw GraphError(
                node: "executor", found: "a batch size of \(batchSize) and \(threads) threads",
                expected: "1…\(Self.mostSamples) samples and 1…\(Self.mostThreads) threads")
        }
        try parameters.check(against: graph)
        self.graph = graph
        self.parameters = parameters
        self.mode = mode
        (self.batchSize, self.threads, self.seed) = (batchSize, threads, seed)
        let feed = Feed<Scalar>()
        self.feed = feed
        let planned = keepsEverything ? graph : try graph.withRectifiersAfterPools()
        builder = PlanBuilder(
            planned, isTraining: mode != .inference, batchSize: batchSize, inputGradients: inputGradients,
            keepsEverything: keepsEverything)
        results = builder.addAll(mode, feed: feed, skipsBackward: skipsBackward)

        let weightCount = mode == .inference ? 0 : parameters.weights.count
        let moments: Int =
            switch mode {
            case .training(.adam): 2
            case .training(.sgd): 1
            default: 0
            }
        gradients = alignedBuffer(weightCount)
        self.moments = (0..<2).map { alignedBuffer($0 < moments ? weightCount : 0) }
        plan = Plan(
            builder,
            slabs: [
                .weights: UnsafeMutableRawPointer(parameters.weights.baseAddress.unsafelyUnwrapped),
                .gradients: UnsafeMutableRawPointer(gradients.baseAddress.unsafelyUnwrapped),
                .firstMoment: UnsafeMutableRawPointer(self.moments[0].baseAddress.unsafelyUnwrapped),
                .secondMoment: UnsafeMutableRawPointer(self.moments[1].baseAddress.unsafelyUnwrapped),
                .state: UnsafeMutableRawPointer(parameters.state.baseAddress.unsafelyUnwrapped),
            ])
        workerStride = (plan.workerBytes + cacheLinePair - 1) / cacheLinePair * cacheLinePair
        let (needed, memory) = (plan.arenaBytes + workerStride * threads, ProcessInfo.processInfo.physicalMemory)
        guard needed < memory else {
            throw GraphError(
                node: "executor", found: "a plan of \(needed) bytes for batches of \(batchSize)",
                expected: "less than this machine's memory of \(memory) bytes")
        }
        arena = .allocate(byteCount: max(plan.arenaBytes, 1), alignment: cacheLinePair)
        workers = .allocate(byteCount: max(workerStride * threads, 1), alignment: cacheLinePair)
        places = .allocate(capacity: max(plan.places.count, 1))
        state = .allocate(capacity: 1)
        state.initialize(to: StepState())
        for (id, place) in plan.places.enumerated() {
            (places + id).initialize(to: place)
            if place.base == nil, !plan.isPrivate[id] { places[id].base = arena }
        }
    }

    deinit {
        for buffer in moments + [gradients] { buffer.deallocate() }
        arena.deallocate()
        workers.deallocate()
        places.deallocate()
        state.deallocate()
    }

    private static var mostSamples: Int { 1 << 20 }
    private static var mostThreads: Int { 1024 }

    /// Bytes of memory that the plan takes, without parameters, gradients and moments.
    public var planBytes: Int { plan.arenaBytes + workerStride * threads }

    /// Takes batches through the plan, one step after the other, and enters the threads once for all of them.
    ///
    /// - Parameters:
    ///   - steps: Their numbers: what the batch source is asked for, what dropout's mask depends on, and, plus one, the
    ///     optimizer's count of updates. To go on where another run ended, go on with its numbers.
    ///   - learningRate: Of a step.
    ///   - report: Called after every step, in order, by whichever thread finished it.
    /// - Throws: `TrainingError`; the weights are then those from before the failed step.
    public func run(
        steps: Range<Int>, from source: any BatchSource<Scalar>,
        learningRate: Schedule = .constant(0),
        report: @escaping @Sendable (StepResult<Scalar>) -> Void = { _ in }
    ) throws(TrainingError) {
        guard !steps.isEmpty else { return }
        guard steps.lowerBound >= 0 else { throw .step(steps.lowerBound) }
        guard !isRunning.exchange(true, ordering: .acquiringAndReleasing) else { throw .busy }
        defer { isRunning.store(false, ordering: .releasing) }
        feed.source = source
        defer { feed.source = nil }
        let phases = plan.phases.count
        try begin(step: steps.lowerBound, source: source, learningRate: learningRate)
        team.run(
            threads: threads,
            items: { [self] in plan.phases[$0 % phases].items },
            run: { [self] phase, item, worker in perform(item, of: phase % phases, as: worker) },
            next: { [self] phase in
                if state.pointee.isHalted { return false }
                guard phase % phases == phases - 1 else { return true }
                report(StepResult(self, state.pointee))
                let step = state.pointee.step + 1
                guard step < steps.upperBound else { return false }
                do throws(TrainingError) {
                    try begin(step: step, source: source, learningRate: learningRate)
                    return true
                } catch {
                    feed.fail(error)
                    return false
                }
            })
        if let failure = feed.takeFailure() { throw failure }
        if state.pointee.isHalted {
            throw .notFinite(step: state.pointee.step, place: findNotFinite(source) ?? "a gradient")
        }
    }

    private func begin(
        step: Int, source: any BatchSource<Scalar>, learningRate: Schedule
    ) throws(TrainingError) {
        let samples = source.sampleCount(ofStep: step)
        guard (1...batchSize).contains(samples) else { throw .samples(samples, batchSize: batchSize, step: step) }
        let rate = learningRate.rate(step)
        guard Scalar(rate).isFinite else { throw .learningRate(rate, step: step) }
        state.pointee = StepState(step: step, samples: samples, learningRate: rate)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func perform(_ index: Int, of phaseIndex: Int, as worker: Int) {
        let phase = plan.phases[phaseIndex]
        let memory = workers + worker * workerStride
        let groupSize = (batchSize + plan.groups - 1) / plan.groups
        var item = WorkItem<Scalar>(
            places: places, state: state, worker: memory,
            workspace: (memory + plan.workspaceOffset).assumingMemoryBound(to: Scalar.self), seed: seed,
            groupSize: groupSize)
        var piece = index
        if !phase.perSample.isEmpty {
            if index < plan.groups {
                let first = index * groupSize
                for sample in first..<max(first, min(first + groupSize, state.pointee.samples)) {
                    (item.sample, item.group) = (sample, index)
                    for operation in phase.perSample { operation.run(item) }
                }
                return
            }
            piece -= plan.groups
        }
        for operation in phase.pieced {
            guard case .pieces(let count) = operation.division else { continue }
            if piece < count {
                item.piece = piece
                return operation.run(item)
            }
            piece -= count
        }
    }

    /// A value that is pinned, as it lies: of all samples, or the whole.
    func pinned(_ value: Value) -> UnsafeMutableRawPointer {
        // A pinned value is never private, so it has a base.
        places[value.id].base.unsafelyUnwrapped + places[value.id].offset
    }

    /// Repeats the forward and backward passes of the current step with every value kept, and names the first that is not
    /// finite. The weights are not changed.
    private func findNotFinite(_ source: any BatchSource<Scalar>) -> String? {
        guard
            let probe = try? Executor(
                graph, parameters: parameters, mode: .training(nil), batchSize: batchSize, threads: 1, seed: seed,
                inputGradients: false, keepsEverything: true)
        else { return nil }
        let step = state.pointee.step
        // It stops for the same reason; what it left in memory is what we want.
        _ = try? probe.runPhases(step: step, source: source)
        let samples = state.pointee.samples
        func isFinite(_ value: Value) -> Bool {
            let count = probe.plan.values[value.id].count * samples
            return allFinite(probe.pinned(value).assumingMemoryBound(to: Scalar.self), count: count)
        }
        let nodes = probe.builder.nodes
        if let node = nodes.first(where: { !isFinite($0.output) }) { return "the output of \(node.member.name)" }
        if !isFinite(probe.results.losses) { return "the loss" }
        for node in nodes.reversed() {
            if let gradient = probe.builder.gradientValue(of: node.index), !isFinite(gradient) {
                return "the gradient of the output of \(node.member.name)"
            }
        }
        for slot in parameters.slots where slot.parameter.isTrainable {
            let start = probe.gradients.baseAddress.unsafelyUnwrapped + slot.offset
            if !allFinite(start, count: slot.parameter.slabCount) { return "the gradient of \(slot.name)" }
        }
        return nil
    }

    private func runPhases(step: Int, source: any BatchSource<Scalar>) throws(TrainingError) {
        feed.source = source
        try begin(step: step, source: source, learningRate: .constant(0))
        for (index, phase) in plan.phases.enumerated() {
            for item in 0..<phase.items { perform(item, of: index, as: 0) }
        }
    }
}

extension PlanBuilder {
    /// All operations of a step, in the order in which they could run one after the other.
    func addAll(_ mode: Executor<Scalar>.Mode, feed: Feed<Scalar>, skipsBackward: Bool) -> ResultValues {
        let labels = addLoad(from: feed)
        addForward()
        let results = addLosses(labels: labels)
        if isTraining, !skipsBackward { addBackward() }
        let condition = addCheck(results, feed: feed)
        if case .training(let optimizer?) = mode {
            addUpdates(after: condition)
            addOptimizer(optimizer, after: condition)
        }
        return results
    }
}
