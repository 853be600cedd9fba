import Dispatch
import LanesGraph
import LanesKernels
import Synchronization

/// How far a training has come.
public struct TrainingProgress: Sendable {
    /// From 1.
    public let epoch: Int
    public let epochs: Int
    /// Samples trained on in this epoch, and how many there are in one.
    public let done: Int
    public let total: Int
    /// Mean loss of this epoch so far.
    public let trainLoss: Double
    /// Since the epoch began.
    public let seconds: Double
    let stopper: Stopper

    /// Ends the run after this step; the epoch ends there too, with its evaluation.
    public func stop() { stopper.stop() }
}

/// What any thread may end a run by.
final class Stopper: Sendable {
    private let executor: Executor<Float>
    private let isSet = Atomic<Bool>(false)

    init(_ executor: Executor<Float>) { self.executor = executor }

    var isStopped: Bool { isSet.load(ordering: .relaxed) }

    func stop() {
        isSet.store(true, ordering: .relaxed)
        executor.stop()
    }

    func reset() { isSet.store(false, ordering: .relaxed) }
}

/// Trains a network on a dataset, and evaluates it after every epoch.
///
///     let trainer = try Trainer(graph, training: training, validation: validation, settings: .init(epochs: 20))
///     try trainer.run { print($0) }
///     try trainer.model.write(to: file)
///
/// Everything is a function of network, data and settings: any number of threads and any run give the same bits.
public final class Trainer {
    public let graph: Graph
    public let settings: TrainingSettings
    public let training: any Dataset
    public let validation: (any Dataset)?
    public let test: (any Dataset)?
    /// The network's numbers as training changes them, and after `run`, however it ended, those of the best epoch where
    /// the settings keep it, or else the averages where the optimizer keeps some.
    public let parameters: Parameters<Float>
    /// What the epochs so far came to.
    public private(set) var epochs: [EpochResult] = []
    /// The best epoch so far by the settings' criterion.
    public private(set) var bestEpoch: EpochResult?
    /// The epoch that the training's results are those of: the best one or the last, as the settings say.
    public var resultEpoch: EpochResult? { settings.keepsBest ? bestEpoch : epochs.last }
    /// The settings', but no more than there are samples.
    private let batchSize: Int
    private let normalization: [Normalization]
    private let metrics: [any Metric]
    private let executor: Executor<Float>
    private let evaluator: Evaluator
    private let scratch: ScratchPool
    private let stopper: Stopper
    private var isRunning = false

    /// - Parameters:
    ///   - validation: What is evaluated after every epoch, and decides which epoch is the best.
    ///   - test: What is evaluated after every epoch too; without `validation` it decides.
    ///   - parameters: To start from, as those of a model that was trained before; they are copied. New ones by the
    ///     seed unless given.
    /// - Throws: `SettingsError` and `GraphError` for what does not fit together.
    public init(
        _ graph: Graph, training: any Dataset, validation: (any Dataset)? = nil, test: (any Dataset)? = nil,
        settings: TrainingSettings = TrainingSettings(), parameters: Parameters<Float>? = nil
    ) throws {
        try settings.check()
        for dataset in [training, validation, test].compactMap(\.self) { try graph.check(dataset) }
        (self.graph, self.settings) = (graph, settings)
        (self.training, self.validation, self.test) = (training, validation, test)
        normalization = try settings.normalization(for: graph)
        metrics = settings.chosenMetrics
        let figures = ["loss"] + ResultSum(graph, metrics).names
        guard figures.contains(settings.criterion.figure) else {
            throw SettingsError(
                "criterion", found: settings.criterion.figure, expected: "one of \(figures.joined(separator: ", "))")
        }
        self.parameters = try parameters.map(Parameters.init(copying:)) ?? Parameters(graph, seed: settings.seed)
        batchSize = min(settings.batchSize, training.count)
        executor = try Executor(
            graph, parameters: self.parameters, mode: .training(settings.optimizer), batchSize: batchSize,
            threads: settings.threads, seed: settings.seed)
        stopper = Stopper(executor)
        evaluator = try Evaluator(
            graph, executor.averages ?? self.parameters, normalization: normalization, metrics: metrics,
            threads: settings.threads)
        scratch = ScratchPool(count: settings.threads, size: training.inputs[0].count)
    }

    /// Steps of an epoch; the last one of an epoch may be of fewer samples.
    public var stepsPerEpoch: Int { (training.count + batchSize - 1) / batchSize }

    /// Trains from the first epoch to the last, or until `stop()` or the settings end it. A second run goes on from the
    /// parameters that the first one ended with, with epochs, optimizer and averages that begin anew.
    ///
    /// - Parameters:
    ///   - onEpoch: Called after every epoch; what it throws ends the run.
    ///   - onProgress: Called after every step, by any thread, one call at a time.
    /// - Throws: `TrainingError`, or what a dataset or `onEpoch` throws. The epochs until then stay.
    public func run(
        onEpoch: (EpochResult) throws -> Void = { _ in },
        onProgress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) throws {
        guard !isRunning else { throw TrainingError.busy }
        (epochs, bestEpoch, isRunning) = ([], nil, true)
        var best: Parameters<Float>?
        defer {
            parameters.copy(from: best ?? evaluated)
            isRunning = false
        }
        stopper.reset()
        let steps = settings.steps ?? stepsPerEpoch * settings.epochs
        let epochCount = (steps - 1) / stepsPerEpoch + 1
        for epoch in 1...epochCount {
            let result = try train(epoch, of: epochCount, steps: steps, onProgress)
            epochs.append(result)
            if bestEpoch.map({ settings.criterion.isBetter(result, than: $0) }) ?? true {
                bestEpoch = result
                if settings.keepsBest { best = Parameters(copying: evaluated) }
            }
            try onEpoch(result)
            if let patience = settings.patience, epoch - (bestEpoch?.epoch ?? epoch) >= patience { break }
            if stopper.isStopped { break }
        }
    }

    /// Ends the run after the step that is running; the epoch ends there too, with its evaluation. From the progress report
    /// of a step it is `TrainingProgress.stop`.
    public func stop() { stopper.stop() }

    /// The network's results on a dataset, with the parameters that `model` has.
    public func evaluate(_ dataset: any Dataset) throws -> Evaluation {
        // After a run the averages are not what the training ended with where the best epoch was another.
        let evaluator =
            current === evaluated
            ? evaluator
            : try Evaluator(
                graph, current, normalization: normalization, metrics: metrics, threads: settings.threads)
        return try evaluator.evaluate(dataset)
    }

    /// The network as a model that can be used and saved: while training as the last epoch was evaluated, afterwards
    /// with the parameters that the training ended with.
    public var model: Model { model() }

    /// - Parameter metadata: Remarks for the file.
    public func model(metadata: [String: String] = [:]) -> Model {
        let classes = training.targets.map { if case .classes(let names) = $0 { names } else { [] as [String] } }
        return Model(
            trusted: graph, current, normalization: normalization, classes: classes, metadata: metadata)
    }

    /// The plan of a training step, as a table.
    public var planTable: String { executor.planTable }

    /// What evaluation takes: the averages, where there are some.
    private var evaluated: Parameters<Float> { executor.averages ?? parameters }
    private var current: Parameters<Float> { isRunning ? evaluated : parameters }

    private func train(
        _ epoch: Int, of epochCount: Int, steps: Int, _ onProgress: @escaping @Sendable (TrainingProgress) -> Void
    ) throws -> EpochResult {
        let stepsPerEpoch = stepsPerEpoch
        let order = permutation(count: training.count, seed: settings.seed, epoch: epoch)
        let batches = DatasetBatches(
            training, order: order, batchSize: batchSize, firstStep: (epoch - 1) * stepsPerEpoch,
            normalization: normalization,
            augmentation: settings.transforms.isEmpty
                ? nil
                : .init(transforms: settings.transforms, seed: settings.seed, epoch: epoch, scratch: scratch))
        let (factor, rate) = (settings.schedule.factor, settings.learningRate)
        let learningRate = LearningRate { rate * factor($0, stepsPerEpoch, steps) }
        let range = batches.steps.clamped(to: 0..<steps)
        let sum = ResultSum(graph, metrics)
        let start = DispatchTime.now()
        let stopper = stopper
        try executor.run(steps: range, from: batches, learningRate: learningRate) { result in
            sum.add(result)
            onProgress(
                TrainingProgress(
                    epoch: epoch, epochs: epochCount, done: sum.count, total: order.count, trainLoss: sum.meanLoss,
                    seconds: secondsSince(start), stopper: stopper))
            // A stop between two epochs came before this run of steps began.
            if stopper.isStopped { stopper.stop() }
        }
        let lastStep = range.lowerBound + sum.steps - 1
        let seconds = secondsSince(start)
        executor.updateAverages()
        let result = EpochResult(
            epoch: epoch, seconds: seconds, learningRate: learningRate.rate(lastStep),
            training: sum.evaluation, validation: try validation.map(evaluator.evaluate),
            test: try test.map(evaluator.evaluate))
        // Weights that the last step took too far: no later step would see it.
        for (samples, evaluation) in [("validation", result.validation), ("test", result.test)] {
            guard let evaluation, !evaluation.loss.isFinite else { continue }
            throw TrainingError.resultNotFinite(
                step: lastStep, place: "the loss of the \(samples) samples")
        }
        return result
    }
}

private func secondsSince(_ start: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
}
