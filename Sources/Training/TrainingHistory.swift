import LanesGraph

/// What a training came to between its epochs' ends, in few enough points to be drawn.
public struct TrainingHistory: Sendable, Equatable, Codable {
    /// A mean of the losses of some steps, one after the other.
    public struct LossPoint: Sendable, Equatable, Codable {
        /// How many steps had been done at the end of these.
        public let step: Int
        /// Each batch as it was changed, by the weights as they were when it was trained on.
        public let loss: Double

        package init(step: Int, loss: Double) { (self.step, self.loss) = (step, loss) }
    }

    /// The layers that have something to train, in the graph's order.
    public let layers: [String]
    /// Batches of an epoch.
    public let stepsPerEpoch: Int
    /// Of the whole training, unless something ends it before.
    public let steps: Int
    /// From the first step on, in order.
    public internal(set) var losses: [LossPoint] = []
    /// How many steps had been done when the layers were looked at.
    public internal(set) var measuredSteps: [Int] = []
    /// [measured steps][layers].
    var layerSizes: [LayerSize] = []
    /// Of the steps after the last of the losses.
    var lossSum = 0.0
    var lossCount = 0

    package init(layers: [String], stepsPerEpoch: Int, steps: Int) {
        (self.layers, self.stepsPerEpoch, self.steps) = (layers, stepsPerEpoch, steps)
    }

    /// A layer's sizes at the measured steps.
    public func sizes(ofLayer layer: Int) -> [LayerSize] {
        measuredSteps.indices.map { layerSizes[$0 * layers.count + layer] }
    }

    /// Whether it can be of a training that has done so many steps.
    func isConsistent(step: Int) -> Bool {
        let places = [losses.map(\.step), measuredSteps]
        return places.allSatisfy { steps in
            zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 } && steps.allSatisfy { (1...max(step, 1)).contains($0) }
        } && layerSizes.count == measuredSteps.count * layers.count && (0...step).contains(lossCount)
    }
}

/// Keeps a training's history as its steps report, one after the other: hence unchecked. It only reads, and what it keeps
/// has its memory before the first step.
final class HistoryRecorder: @unchecked Sendable {
    private(set) var history: TrainingHistory
    private let executor: Executor<Float>
    /// Of each layer.
    private let slots: [[Parameters<Float>.Slot]]
    /// The weights before a step that is looked at; nil for a network so large that the copy would be felt.
    private let before: Parameters<Float>?
    private let isLookedAt: (_ step: Int) -> Bool
    private let stepsOfPoint: Int

    /// About as many losses as a screen can show, and layers so seldom that it costs less than a hundredth.
    private static let (mostLosses, mostSizes, leastInterval, mostWeights) = (500, 60, 40, 1 << 24)

    init(_ executor: Executor<Float>, stepsPerEpoch: Int, steps: Int) throws(GraphError) {
        self.executor = executor
        let parameters = executor.parameters
        let trained = parameters.slots.filter(\.parameter.isTrainable)
        let layers = executor.graph.members.map(\.name).filter { name in
            trained.contains { $0.name.hasPrefix("\(name).") && !$0.name.dropFirst(name.count + 1).contains(".") }
        }
        slots = layers.map { name in
            trained.filter { $0.name.hasPrefix("\(name).") && !$0.name.dropFirst(name.count + 1).contains(".") }
        }
        before = executor.graph.trainableCount <= Self.mostWeights ? try Parameters(tryingToCopy: parameters) : nil
        let interval = max(Self.leastInterval, steps / Self.mostSizes, executor.graph.trainableCount / 100_000)
        isLookedAt = { $0 % interval == 0 }
        stepsOfPoint = max(1, (steps + Self.mostLosses - 1) / Self.mostLosses)
        history = TrainingHistory(layers: layers, stepsPerEpoch: stepsPerEpoch, steps: steps)
        reset()
    }

    /// - Parameter earlier: What a checkpoint kept; nil where it begins anew, now.
    /// - Throws: `ModelError` for a history of another training.
    func restore(_ earlier: TrainingHistory?, step: Int) throws(ModelError) {
        reset()
        guard let earlier else { return }
        guard earlier.layers == history.layers, earlier.steps == history.steps,
            earlier.stepsPerEpoch == history.stepsPerEpoch, earlier.isConsistent(step: step)
        else {
            throw ModelError("history", found: "that of another training", expected: "the losses of this one")
        }
        history.losses += earlier.losses
        history.measuredSteps += earlier.measuredSteps
        history.layerSizes += earlier.layerSizes
        (history.lossSum, history.lossCount) = (earlier.lossSum, earlier.lossCount)
    }

    func reset() {
        history = TrainingHistory(layers: history.layers, stepsPerEpoch: history.stepsPerEpoch, steps: history.steps)
        history.losses.reserveCapacity(Self.mostLosses + 1)
        history.measuredSteps.reserveCapacity(2 * Self.mostSizes)
        history.layerSizes.reserveCapacity(2 * Self.mostSizes * history.layers.count)
    }

    /// Called before a run of steps.
    func begin(step: Int) {
        if isLookedAt(step) { before?.copy(from: executor.parameters) }
    }

    func add(_ result: StepResult<Float>) {
        history.lossSum += result.loss
        history.lossCount += 1
        let done = result.step + 1
        if done % stepsOfPoint == 0 || done == history.steps {
            history.losses.append(.init(step: done, loss: history.lossSum / Double(history.lossCount)))
            (history.lossSum, history.lossCount) = (0, 0)
        }
        guard let before else { return }
        if isLookedAt(result.step) {
            history.measuredSteps.append(done)
            for slots in slots { history.layerSizes.append(executor.size(of: slots, before: before)) }
        }
        begin(step: done)
    }
}
