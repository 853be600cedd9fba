import Foundation
import LanesGraph
import Synchronization
import TestSupport
import Testing

@testable import LanesTraining

@Suite("The history of a training")
struct HistoryTests {
    /// 130 steps of plain gradient descent.
    private func trainer(resuming checkpoint: Checkpoint? = nil) throws -> Trainer {
        try Trainer(
            Samples.pictureGraph(), training: Samples.pictures(0..<39),
            settings: TrainingSettings(epochs: 10, batchSize: 3, optimizer: .sgd(), learningRate: 0.05, threads: 2),
            resuming: checkpoint)
    }

    @Test("Every step's loss is in it, and the sizes of the layers are those of weights, gradients and updates")
    func content() throws {
        let trainer = try trainer()
        let losses = Mutex<[Double]>([])
        try trainer.run(onProgress: { progress in
            // The mean of the epoch so far, of batches of one size.
            losses.withLock { losses in
                let before = losses.suffix((losses.count) % 13).reduce(0, +)
                losses.append(progress.trainLoss * Double(progress.done / 3) - before)
            }
        })
        let history = trainer.history
        #expect(history.steps == 130 && history.stepsPerEpoch == 13 && history.layers == ["conv1", "conv2", "fc"])
        #expect(history.losses.map(\.step) == Array(1...130))
        for (point, loss) in zip(history.losses, losses.withLock { $0 }) { #expect(abs(point.loss - loss) < 1e-9) }
        #expect(history.measuredSteps == [1, 41, 81, 121])
        for layer in history.layers.indices {
            for size in history.sizes(ofLayer: layer) {
                #expect(size.weight > 0 && size.gradient > 0)
                // The rate times the gradient, but for the rounding of the weights that it is the difference of.
                #expect(abs(size.update - 0.05 * size.gradient) < 2e-7 * size.weight + 1e-6 * size.gradient)
            }
        }
        // He's uniform weights in ±1/√fan_in: a third of the bound's square.
        let first = Double(history.sizes(ofLayer: 0)[0].weight)
        #expect(abs(first - (1 / (3.0 * 27)).squareRoot()) < 0.02)
    }

    @Test("A training that is resumed has the history of one that never stopped, and an older checkpoint none")
    func resumed() throws {
        let whole = try trainer()
        try whole.run()
        let ended = try trainer()
        let steps = Atomic<Int>(0)
        let checkpoint = Mutex<Checkpoint?>(nil)
        try ended.run(
            onCheckpoint: { saved in checkpoint.withLock { $0 = saved } },
            onProgress: { if steps.add(1, ordering: .relaxed).newValue == 41 { $0.pause() } })
        let file = try #require(checkpoint.withLock { $0 }).file()
        let resumed = try trainer(resuming: Checkpoint(file))
        try resumed.run()
        #expect(resumed.history == whole.history)
        #expect(try resumed.parameters.digest() == whole.parameters.digest())

        var record = try #require(checkpoint.withLock { $0 }).record
        let parts = try #require(checkpoint.withLock { $0 }).parts
        record.history = nil
        let older = try trainer(resuming: Checkpoint(record, parts: parts))
        #expect(older.history.losses.isEmpty)
        try older.run()
        #expect(older.history.losses.map(\.step) == Array(42...130))
        var wrong = whole.history
        wrong.losses.append(.init(step: 3, loss: 0))
        record.history = wrong
        #expect(throws: ModelError.self) { try trainer(resuming: Checkpoint(record, parts: parts)) }
    }

    @Test("Evaluations tell how far they have come")
    func evaluation() throws {
        let trainer = try Trainer(
            Samples.rowGraph(), training: Samples.rows(0..<50), validation: Samples.rows(50..<60),
            test: Samples.rows(60..<80), settings: TrainingSettings(epochs: 2, batchSize: 16, threads: 1))
        let seen = Mutex<[String]>([])
        try trainer.run(onEvaluation: { progress in
            seen.withLock { $0.append("\(progress.epoch) \(progress.part) \(progress.done)/\(progress.total)") }
        })
        #expect(seen.withLock { $0 } == ["1 validation 10/10", "1 test 20/20", "2 validation 10/10", "2 test 20/20"])
    }
}
