import Dispatch
import LanesGraph
import LanesKernels

/// Trains a network on a dataset, and evaluates it after every epoch.
///
///     let trainer = try Trainer(graph, training: training, validation: validation, settings: .init(epochs: 20))
///     try trainer.run { print($0) }
///     try trainer.model.write(to: file)
///
/// The result depends on network, data and settings alone. Any number of threads gives the same bits, as long as
/// layers, losses, datasets and transforms of your own depend on their arguments alone.
public final class Trainer {
    /// The network that is trained.
    public let graph: Graph
    /// How it is trained.
    public let settings: TrainingSettings
    /// What it learns from.
    public let training: any Dataset
    /// What is evaluated after every epoch and decides which epoch is the best; nil for none.
    public let validation: (any Dataset)?
    /// What is evaluated after every epoch too; without `validation` it decides. nil for none.
    public let test: (any Dataset)?
    /// During `run` the network's numbers as every step changes them. After it, however it ended: those of the best
    /// epoch if the settings keep it, otherwise the averages if the optimizer keeps some, otherwise those of the last
    /// step.
    public let parameters: Parameters<Float>
    /// The results of the epochs so far. Only the best one and the last keep their mistakes and confusion matrices.
    public internal(set) var epochs: [EpochResult] = []
    /// The best epoch so far by the settings' criterion.
    public internal(set) var bestEpoch: EpochResult?
    /// The epoch whose results are the training's: the best one if the settings keep it, otherwise the last.
    public var resultEpoch: EpochResult? { settings.keepsBest ? bestEpoch : epochs.last }
    /// The settings', but no more than there are samples.
    let batchSize: Int
    private let normalization: [Normalization]
    let metrics: [any Metric]
    let executor: Executor<Float>
    private let evaluator: Evaluator
    private let scratch: ScratchPool
    private let stopper: Stopper
    private var isRunning = false
    /// Steps done.
    var step = 0
    /// The parameters of the best epoch, where the settings keep it.
    var best: Parameters<Float>?
    /// The epoch that is under way: its results so far, and its seconds.
    var partial: (sum: ResultSum, seconds: Double)
    /// Where the next run goes on.
    private var paused: Checkpoint?
    var conditions: [Checkpoint.Condition]?

    /// Checks that everything fits together, and takes all memory that training needs.
    ///
    /// - Parameters:
    ///   - graph: The network.
    ///   - training: What it learns from.
    ///   - validation: Evaluated after every epoch; decides which epoch is the best.
    ///   - test: Evaluated after every epoch too; decides if there is no `validation`.
    ///   - settings: How it is trained.
    ///   - parameters: The numbers to start from, for example those of a trained model; they are copied. nil for new
    ///     ones by the seed.
    ///   - checkpoint: Where to continue a training of the same network, data and settings (threads aside).
    /// - Throws: `SettingsError` and `GraphError` for what does not fit together, also for a network, data or settings that
    ///   are not those of the checkpoint; `ModelError` and `SafetensorsError` for a checkpoint that makes no sense.
    public init(
        _ graph: Graph, training: any Dataset, validation: (any Dataset)? = nil, test: (any Dataset)? = nil,
        settings: TrainingSettings = TrainingSettings(), parameters: Parameters<Float>? = nil,
        resuming checkpoint: Checkpoint? = nil
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
        self.parameters =
            try parameters.map { try Parameters(tryingToCopy: $0) } ?? Parameters(graph, seed: settings.seed)
        batchSize = min(settings.batchSize, training.count)
        executor = try Executor(
            graph, parameters: self.parameters, mode: .training(settings.optimizer), batchSize: batchSize,
            threads: settings.threads, seed: settings.seed)
        stopper = Stopper(executor)
        evaluator = try Evaluator(
            graph, executor.averages ?? self.parameters, normalization: normalization, metrics: metrics,
            threads: settings.threads)
        scratch = ScratchPool(count: settings.threads, size: training.inputs[0].count)
        partial = (ResultSum(graph, metrics), 0)
        guard let checkpoint else { return }
        try checkpoint.check(try currentConditions())
        try restore(checkpoint)
        self.parameters.copy(from: best ?? evaluated)
        (paused, isFinished) = (checkpoint, checkpoint.isFinished)
    }

    /// Steps of an epoch; its last one may have fewer samples.
    public var stepsPerEpoch: Int { (training.count + batchSize - 1) / batchSize }

    /// Steps of the whole training, unless it is ended earlier.
    public var steps: Int { settings.steps ?? stepsPerEpoch * settings.epochs }

    /// Whether nothing is left to train: a run came to the end of the training.
    public private(set) var isFinished = false

    /// Trains from the first epoch to the last, or until `stop()` or the settings end it.
    ///
    /// A run continues where the one before was paused or ended by a closure's error, or at the checkpoint that the
    /// trainer was made from. Any other run starts with epoch 1, a new optimizer and the parameters as they are.
    ///
    /// - Parameters:
    ///   - interval: Seconds from one checkpoint to the next.
    ///   - onEpoch: Called after every epoch; what it throws ends the run.
    ///   - onCheckpoint: Called at the beginning, whenever the interval has passed, after every epoch (before `onEpoch`)
    ///     and when the run is paused; what it throws ends the run. The data are read once more for it, to take their
    ///     digest.
    ///   - onProgress: Called after every step, by any thread, one call at a time.
    /// - Throws: `TrainingError`, or what a dataset or a closure throws. The epochs until then stay.
    public func run(
        checkpointEvery interval: Double = 60, onEpoch: (EpochResult) throws -> Void = { _ in },
        onCheckpoint: ((Checkpoint) throws -> Void)? = nil,
        onProgress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) throws {
        guard !isRunning else { throw TrainingError.busy }
        isRunning = true
        defer {
            parameters.copy(from: best ?? evaluated)
            isRunning = false
        }
        stopper.reset()
        isFinished = false
        if let paused {
            try restore(paused)
            self.paused = nil
        } else {
            (step, epochs, bestEpoch, best, partial) = (0, [], nil, nil, (ResultSum(graph, metrics), 0))
            // The optimizer and the averages begin anew with the first step; until then they are as a run left them.
            try save(onCheckpoint)
        }
        isFinished = isOver
        while !isFinished {
            let result = try trainEpoch(
                checkpointEvery: onCheckpoint == nil ? .infinity : interval, onCheckpoint, onProgress)
            guard let result else { break }
            try add(result)
            isFinished = isOver || stopper.isStopped
            try save(onCheckpoint)
            do {
                try onEpoch(result)
            } catch {
                if !isFinished { paused = try checkpoint() }
                throw error
            }
            if !isFinished, stopper.isStopped {
                isFinished = true
                try save(onCheckpoint)
            }
            if stopper.isPaused { break }
        }
        guard !isFinished else { return }
        let checkpoint = try checkpoint(conditions: onCheckpoint == nil ? [] : currentConditions())
        paused = checkpoint
        try onCheckpoint?(checkpoint)
    }

    /// Hands a checkpoint over; if that fails, the next run goes on from it.
    private func save(_ onCheckpoint: ((Checkpoint) throws -> Void)?) throws {
        guard let onCheckpoint else { return }
        let checkpoint = try checkpoint(conditions: currentConditions())
        do {
            try onCheckpoint(checkpoint)
        } catch {
            paused = isFinished ? nil : checkpoint
            throw error
        }
    }

    /// Whether the settings end the training here.
    private var isOver: Bool {
        // All steps are done, but the last epoch may still have to be evaluated.
        guard step < steps || partial.sum.steps > 0 else { return true }
        guard let patience = settings.patience, let last = epochs.last, let bestEpoch else { return false }
        return last.epoch - bestEpoch.epoch >= patience
    }

    private func add(_ result: EpochResult) throws {
        let isBest = bestEpoch.map { settings.criterion.isBetter(result, than: $0) } ?? true
        if isBest, settings.keepsBest {
            if let best { best.copy(from: evaluated) } else { best = try Parameters(tryingToCopy: evaluated) }
        }
        if isBest { bestEpoch = result }
        // The mistakes and matrices of many epochs would fill memory and checkpoints.
        epochs = epochs.map { $0.epoch == bestEpoch?.epoch ? $0 : $0.withoutDetails } + [result]
        partial = (ResultSum(graph, metrics), 0)
    }

    /// Ends the training after the step that is running; the epoch ends there too, with its evaluation. From the progress
    /// report of a step it is `TrainingProgress.stop`.
    public func stop() { stopper.stop() }

    /// Ends the run after the step that is running, with a checkpoint and without ending the epoch; the next run goes on from
    /// there. From the progress report of a step it is `TrainingProgress.pause`.
    public func pause() { stopper.pause() }

    /// The network's results on a dataset, with the parameters that `model` has.
    ///
    /// - Throws: `SettingsError` for a dataset that does not fit the network, `TrainingError` for a target that its
    ///   loss cannot take, and what the dataset throws.
    public func evaluate(_ dataset: any Dataset) throws -> Evaluation {
        // After a run the averages are not what the training ended with where the best epoch was another.
        let evaluator =
            current === evaluated
            ? evaluator
            : try Evaluator(
                graph, current, normalization: normalization, metrics: metrics, threads: settings.threads)
        return try evaluator.evaluate(dataset)
    }

    /// The network as a model that can be used and saved: during a run with the parameters that epochs are evaluated
    /// with, afterwards with those that the training ended with.
    public var model: Model { model() }

    /// The same, with remarks for the model's file.
    ///
    /// - Parameter metadata: The remarks by their names.
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

    /// Trains on the rest of the epoch that is under way, and evaluates.
    ///
    /// - Returns: nil where the run was paused before the end.
    private func trainEpoch(
        checkpointEvery interval: Double, _ onCheckpoint: ((Checkpoint) throws -> Void)?,
        _ onProgress: @escaping @Sendable (TrainingProgress) -> Void
    ) throws -> EpochResult? {
        let (epoch, stepsPerEpoch, steps) = (epochs.count + 1, stepsPerEpoch, steps)
        let order = permutation(count: training.count, seed: settings.seed, epoch: epoch)
        let batches = DatasetBatches(
            training, order: order, batchSize: batchSize, firstStep: (epoch - 1) * stepsPerEpoch,
            normalization: normalization,
            augmentation: settings.transforms.isEmpty
                ? nil
                : .init(transforms: settings.transforms, seed: settings.seed, epoch: epoch, scratch: scratch))
        let (factor, rate) = (settings.schedule.factor, settings.learningRate)
        let learningRate = LearningRate { rate * factor($0, stepsPerEpoch, steps) }
        let epochCount = (steps - 1) / stepsPerEpoch + 1
        let end = min(batches.steps.upperBound, steps)
        let (sum, stopper, executor) = (partial.sum, stopper, executor)
        while step < end {
            let (start, before) = (DispatchTime.now(), partial.seconds)
            try executor.run(steps: step..<end, from: batches, learningRate: learningRate) { result in
                sum.add(result)
                let seconds = secondsSince(start)
                onProgress(
                    TrainingProgress(
                        epoch: epoch, epochs: epochCount, done: sum.count, total: order.count, trainLoss: sum.meanLoss,
                        seconds: before + seconds, stopper: stopper))
                // A stop between two runs of steps came before this one began.
                if stopper.isStopped || stopper.isPaused || seconds >= interval { executor.stop() }
            }
            step = batches.steps.lowerBound + sum.steps
            partial.seconds = before + secondsSince(start)
            if stopper.isStopped { break }
            if stopper.isPaused { return nil }
            if step < end { try save(onCheckpoint) }
        }
        executor.updateAverages()
        let result = EpochResult(
            epoch: epoch, seconds: partial.seconds, learningRate: learningRate.rate(step - 1),
            training: sum.evaluation, validation: try validation.map(evaluator.evaluate),
            test: try test.map(evaluator.evaluate))
        // The last step may have taken the weights too far, and no later step would notice.
        for (samples, evaluation) in [("validation", result.validation), ("test", result.test)] {
            guard let evaluation, !evaluation.loss.isFinite else { continue }
            throw TrainingError.resultNotFinite(step: step - 1, place: "the loss of the \(samples) samples")
        }
        return result
    }
}

private func secondsSince(_ start: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
}
