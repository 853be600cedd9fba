import LanesGraph
import Synchronization

/// How far a training has come.
public struct TrainingProgress: Sendable {
    /// The epoch that is under way, from 1.
    public let epoch: Int
    /// How many epochs the training has, unless something ends it before.
    public let epochs: Int
    /// Samples trained on in this epoch so far.
    public let done: Int
    /// Samples of an epoch.
    public let total: Int
    /// Mean loss of this epoch so far.
    public let trainLoss: Double
    /// Since the epoch began.
    public let seconds: Double
    let stopper: Stopper

    /// Ends the training after this step; the epoch ends there too, with its evaluation.
    public func stop() { stopper.stop() }

    /// Ends the run after this step, with a checkpoint and without ending the epoch: the next run goes on from there.
    public func pause() { stopper.pause() }
}

/// What any thread may end a run by.
final class Stopper: Sendable {
    private let executor: Executor<Float>
    private let stopWanted = Atomic<Bool>(false)
    private let pauseWanted = Atomic<Bool>(false)

    init(_ executor: Executor<Float>) { self.executor = executor }

    var isStopped: Bool { stopWanted.load(ordering: .relaxed) }
    var isPaused: Bool { pauseWanted.load(ordering: .relaxed) }

    func stop() {
        stopWanted.store(true, ordering: .relaxed)
        executor.stop()
    }

    func pause() {
        pauseWanted.store(true, ordering: .relaxed)
        executor.stop()
    }

    func reset() {
        stopWanted.store(false, ordering: .relaxed)
        pauseWanted.store(false, ordering: .relaxed)
    }
}
