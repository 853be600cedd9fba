import Foundation
import LanesKernels
import Synchronization

/// Runs a graph: compiles it to a plan, owns the plan's memory, and takes batches through it on several threads.
///
/// Results have the same bits for any number of threads. A running step allocates nothing.
/// One run at a time: a second one, from another thread or from a report, is refused.
// Sendable because workers touch disjoint memory in every phase, and `isRunning` keeps runs apart.
public final class Executor<Scalar: KernelScalar>: @unchecked Sendable {
    /// What a plan is for.
    public enum Mode: Sendable, Equatable {
        /// Outputs alone; BatchNorm by its running averages, no dropout. The batch source is asked for no targets, and the
        /// parameters must not change as long as the executor lives: what depends on them alone is worked out once.
        case prediction
        /// Outputs and losses; BatchNorm by its running averages, no dropout.
        case inference
        /// Outputs, losses and gradients, by which the optimizer, if there is one, changes the parameters.
        case training(Optimizer?)
    }

    /// The network that runs.
    public let graph: Graph
    /// The network's numbers, which training changes; other executors may share them.
    public let parameters: Parameters<Scalar>
    /// The most samples of a step.
    public let batchSize: Int
    /// How many threads work on a step, the calling one included.
    public let threads: Int
    let mode: Mode
    let plan: Plan<Scalar>
    let builder: PlanBuilder<Scalar>
    let results: ResultValues
    /// The moving averages of the parameters, if the optimizer keeps some; the layers' state is as in `parameters` when
    /// `updateAverages` was last called.
    public let averages: Parameters<Scalar>?
    let gradients: UnsafeMutableBufferPointer<Scalar>
    /// What the optimizer remembers of each weight, as its rule has it: two slabs, of no use to some.
    let moments: [UnsafeMutableBufferPointer<Scalar>]
    let seed: UInt64
    let feed: Feed<Scalar>
    private let team = WorkerTeam()
    private let isRunning = Atomic<Bool>(false)
    private let isStopped = Atomic<Bool>(false)
    /// What all the pointers lead to.
    private let memory: [AnyObject]
    private let workers: UnsafeMutableRawPointer
    private let workerStride: Int
    private let places: UnsafeMutablePointer<Place>
    private let tables: PhaseTables<Scalar>
    let state: UnsafeMutablePointer<StepState>

    /// Makes the plan, and takes all memory that steps need.
    ///
    /// - Parameters:
    ///   - graph: The network to run.
    ///   - parameters: Those of this graph; they may be shared with other executors. While one of them changes the
    ///     parameters no other runs: its run is refused.
    ///   - mode: What the plan is for.
    ///   - batchSize: The most samples of a step, 1 or more.
    ///   - threads: How many threads work on a step, 1 or more.
    ///   - seed: Of dropout.
    ///   - inputGradients: Whether training also computes the gradients of the inputs.
    ///   - values: The names of nodes whose outputs are to be read after a step (`StepResult.values(of:sample:)`).
    /// - Throws: `GraphError` for sizes and settings that make no sense, names that no node has, more memory than there is,
    ///   and a processor that the kernels were not compiled for.
    public convenience init(
        _ graph: Graph, parameters: Parameters<Scalar>, mode: Mode, batchSize: Int, threads: Int, seed: UInt64 = 0,
        inputGradients: Bool = false, values: [String] = []
    ) throws(GraphError) {
        try self.init(
            graph, parameters: parameters, mode: mode, batchSize: batchSize, threads: threads, seed: seed,
            inputGradients: inputGradients, values: Set(values), keepsEverything: false, skipsBackward: false)
    }

    /// - Parameters:
    ///   - keepsEverything: Whether the graph is planned as it stands and every value can be read after a step.
    ///   - skipsBackward: Whether steps end with the losses, as those who need no gradients of a training pass want it.
    ///   - frozen: The names of parameters that get no gradient, besides the optimizer's.
    ///   - mostGroups: Of samples; a check wants few, so that each has several.
    init(
        _ graph: Graph, parameters: Parameters<Scalar>, mode: Mode, batchSize: Int, threads: Int, seed: UInt64,
        inputGradients: Bool, values: Set<String> = [], keepsEverything: Bool = false, skipsBackward: Bool = false,
        frozen: Set<String> = [], mostGroups: Int? = nil
    ) throws(GraphError) {
        guard (1...Self.mostSamples).contains(batchSize), (1...Self.mostThreads).contains(threads) else {
            throw GraphError(
                node: "executor", found: "a batch size of \(batchSize) and \(threads) threads",
                expected: "1…\(Self.mostSamples) samples and 1…\(Self.mostThreads) threads")
        }
        try Processor.check(for: "executor")
        try parameters.check(against: graph)
        let names = graph.members.map(\.name)
        if let unknown = values.filter({ !names.contains($0) }).min() {
            throw GraphError(
                node: "executor", found: "the name \(unknown), which no node has",
                expected: "one of \(names.joined(separator: ", "))")
        }
        var optimizer: Optimizer?
        if case .training(let chosen) = mode { optimizer = chosen }
        try optimizer?.check(graph)
        self.graph = graph
        self.parameters = parameters
        self.mode = mode
        (self.batchSize, self.threads, self.seed) = (batchSize, threads, seed)
        let feed = Feed<Scalar>()
        self.feed = feed
        let planned = keepsEverything ? graph : try graph.withRectifiersAfterPools(readNodes: values)
        let (isTraining, plansLosses) =
            switch mode {
            case .prediction: (false, false)
            case .inference: (false, true)
            case .training: (true, true)
            }
        builder = PlanBuilder(
            planned, isTraining: isTraining, batchSize: batchSize, inputGradients: inputGradients,
            keepsEverything: keepsEverything, readNodes: values,
            frozen: frozen.union(optimizer?.frozen(of: graph) ?? []),
            mostGroups: mostGroups, mostBands: mode == .prediction && batchSize == 1 && threads > 1 ? 2 * threads : 1)
        results = try builder.addAll(
            optimizer, feed: feed, hasLosses: plansLosses, skipsBackward: skipsBackward)

        let constants = mode == .prediction ? builder.takeConstantOperations() : []
        let weightCount = isTraining ? parameters.weights.count : 0
        let momentCount = optimizer?.momentCount ?? 0
        let slabs = try (0..<3).map { index throws(GraphError) in
            try Self.numbers(index == 0 || index <= momentCount ? weightCount : 0, "gradients and moments")
        }
        (gradients, moments) = (slabs[0].buffer, slabs[1...].map(\.buffer))
        averages = optimizer?.averageDecay == nil ? nil : try Parameters(tryingToCopy: parameters)
        plan = Plan(
            builder, workspace: constants.map(\.workspace).max() ?? 0,
            slabs: [
                .weights: UnsafeMutableRawPointer(parameters.weights.baseAddress.unsafelyUnwrapped),
                .gradients: UnsafeMutableRawPointer(slabs[0].start),
                .firstMoment: UnsafeMutableRawPointer(slabs[1].start),
                .secondMoment: UnsafeMutableRawPointer(slabs[2].start),
                .average: UnsafeMutableRawPointer((averages ?? parameters).weights.baseAddress.unsafelyUnwrapped),
                .state: UnsafeMutableRawPointer(parameters.state.baseAddress.unsafelyUnwrapped),
            ])
        workerStride = (plan.workerBytes + cacheLinePair - 1) / cacheLinePair * cacheLinePair
        let (needed, machine) = (plan.arenaBytes + workerStride * threads, ProcessInfo.processInfo.physicalMemory)
        guard needed < machine else {
            throw GraphError(
                node: "executor", found: "a plan of \(needed) bytes for batches of \(batchSize)",
                expected: "less than this machine's memory of \(machine) bytes")
        }
        guard let arena = AlignedMemory<UInt8>(plan.arenaBytes, isZeroed: false),
            let workers = AlignedMemory<UInt8>(workerStride * threads, isZeroed: false),
            let places = AlignedMemory<Place>(plan.places.count), let state = AlignedMemory<StepState>(1),
            let tables = PhaseTables(plan)
        else {
            throw GraphError(
                node: "executor",
                found: "no memory for a plan of \(needed) bytes for batches of \(batchSize) on \(threads) threads",
                expected: "smaller batches, or more memory")
        }
        memory = slabs + [arena, workers, places, state]
        self.workers = UnsafeMutableRawPointer(workers.start)
        (self.places, self.state, self.tables) = (places.start, state.start, tables)
        self.state.initialize(to: StepState())
        for (id, place) in plan.places.enumerated() {
            (self.places + id).initialize(to: place)
            if place.base == nil, !plan.isPrivate[id] { self.places[id].base = UnsafeMutableRawPointer(arena.start) }
        }
        for operation in constants { perform(operation) }
    }

    private static func numbers(_ count: Int, _ what: String) throws(GraphError) -> AlignedMemory<Scalar> {
        guard let numbers = AlignedMemory<Scalar>(count) else {
            throw GraphError(
                node: "executor", found: "no memory for \(count * MemoryLayout<Scalar>.stride) bytes of \(what)",
                expected: "a smaller network, or more memory")
        }
        return numbers
    }

    private static var mostSamples: Int { 1 << 20 }
    package static var mostThreads: Int { 1024 }

    /// Bytes of memory that the plan takes, without parameters, gradients and moments.
    public var planBytes: Int { plan.arenaBytes + workerStride * threads }

    /// Takes batches through the plan, one step after the other, and enters the threads once for all of them.
    ///
    /// - Parameters:
    ///   - steps: Their numbers: what the batch source is asked for, what dropout's mask depends on, and, plus one, the
    ///     optimizer's count of updates. To go on where another run ended, go on with its numbers; from 0 on the
    ///     optimizer starts anew.
    ///   - source: Where the batches come from.
    ///   - learningRate: Of a step.
    ///   - report: Called after every step, in order, by whichever thread finished it.
    /// - Throws: `TrainingError`, or what the batch source throws; the weights are then those from before the failed step.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func run(
        steps: Range<Int>, from source: any BatchSource<Scalar>,
        learningRate: LearningRate = .constant(0),
        report: @escaping @Sendable (StepResult<Scalar>) -> Void = { _ in }
    ) throws {
        try enter(steps, from: source) {
            let items = plan.phases.map(\.items)
            try begin(step: steps.lowerBound, source: source, learningRate: learningRate)
            team.run(
                threads: threads, items: items,
                run: { [self] phase, item, worker in perform(item, of: phase, as: worker) },
                next: { [self] phase in
                    if state.pointee.isHalted || feed.hasFailed { return false }
                    guard phase == items.count - 1 else { return true }
                    state.pointee.isDone = true
                    report(StepResult(self, state.pointee))
                    let step = state.pointee.step + 1
                    guard step < steps.upperBound, !isStopped.load(ordering: .relaxed) else { return false }
                    do throws(TrainingError) {
                        try begin(step: step, source: source, learningRate: learningRate)
                        return true
                    } catch {
                        feed.fail(error)
                        return false
                    }
                })
        }
    }

    /// Lets `body` take some steps while nothing else runs, and throws what went wrong in them.
    func enter(_ steps: Range<Int>, from source: any BatchSource<Scalar>, _ body: () throws -> Void) throws {
        guard !steps.isEmpty else { return }
        guard steps.lowerBound >= 0 else { throw TrainingError.step(steps.lowerBound) }
        guard !isRunning.exchange(true, ordering: .acquiringAndReleasing) else { throw TrainingError.busy }
        defer { isRunning.store(false, ordering: .releasing) }
        let (claimed, areFree) = claim()
        defer { for (parameters, use) in claimed { parameters.release(from: use) } }
        guard areFree else { throw TrainingError.busy }
        if steps.lowerBound == 0 {
            for buffer in moments { buffer.update(repeating: 0) }
            averages?.copy(from: parameters)
        }
        isStopped.store(false, ordering: .relaxed)
        feed.source = source
        defer { feed.source = nil }
        try body()
        if let failure = feed.takeFailure() { throw failure }
        if state.pointee.isHalted {
            throw TrainingError.notFinite(step: state.pointee.step, place: findNotFinite(source) ?? "a gradient")
        }
    }

    /// Claims all that a run reads or changes, or says that it cannot: what was claimed must be released either way.
    private func claim() -> (claimed: [(Parameters<Scalar>, Parameters<Scalar>.Use)], areFree: Bool) {
        var use = Parameters<Scalar>.Use.reading
        if case .training(.some) = mode { use = .changing }
        var claimed: [(Parameters<Scalar>, Parameters<Scalar>.Use)] = []
        for parameters in [parameters, averages].compactMap(\.self) {
            guard parameters.claim(for: use) else { return (claimed, false) }
            claimed.append((parameters, use))
        }
        return (claimed, true)
    }

    /// Ends a run after the step that is running. Any thread may call it.
    public func stop() { isStopped.store(true, ordering: .relaxed) }

    func begin(
        step: Int, source: any BatchSource<Scalar>, learningRate: LearningRate
    ) throws(TrainingError) {
        let samples = source.sampleCount(ofStep: step)
        guard (1...batchSize).contains(samples) else { throw .samples(samples, batchSize: batchSize, step: step) }
        let rate = learningRate.rate(step)
        guard Scalar(rate).isFinite else { throw .learningRate(rate, step: step) }
        state.pointee = StepState(step: step, samples: samples, learningRate: rate)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func perform(_ index: Int, of phaseIndex: Int, as worker: Int) {
        let phase = tables.phases[phaseIndex]
        let memory = workers + worker * workerStride
        let groupSize = (batchSize + plan.groups - 1) / plan.groups
        var item = WorkItem<Scalar>(
            places: places, state: state, worker: memory,
            workspace: (memory + plan.workspaceOffset).assumingMemoryBound(to: Scalar.self), seed: seed,
            groupSize: groupSize)
        // Pieces come first: those that prepare weights are long, and a worker that begins one last keeps the others waiting.
        if index < phase.pieces.count {
            (item.piece, item.isPiece) = (phase.pieces[index].number, true)
            return phase.pieces[index].operation._withUnsafeGuaranteedRef { $0.run(on: &item) }
        }
        item.group = index - phase.pieces.count
        let first = item.group * groupSize
        let samples = first..<max(first, min(first + groupSize, state.pointee.samples))
        guard !samples.isEmpty else { return }
        for run in phase.runs {
            if run.takesSeveral {
                (item.sample, item.sampleCount) = (first, samples.count)
                run.operations[0]._withUnsafeGuaranteedRef { $0.run(on: &item) }
                item.sampleCount = 1
                continue
            }
            for sample in samples {
                item.sample = sample
                for operation in run.operations { operation._withUnsafeGuaranteedRef { $0.run(on: &item) } }
            }
        }
    }

    /// Does all pieces of an operation, alone.
    private func perform(_ operation: PlannedOperation<Scalar>) {
        var item = WorkItem<Scalar>(
            places: places, state: state, worker: workers,
            workspace: (workers + plan.workspaceOffset).assumingMemoryBound(to: Scalar.self), seed: seed, groupSize: 1)
        item.isPiece = true
        for piece in 0..<operation.pieces {
            item.piece = piece
            operation.run(on: &item)
        }
    }

    /// A value that is pinned, as it lies: of all samples, or the whole.
    func pinned(_ value: Value) -> UnsafeMutableRawPointer {
        // A pinned value is never private, so it has a base.
        places[value.id].base.unsafelyUnwrapped + places[value.id].offset
    }
}
