import Foundation
import Lanes

/// Trains for at most so many steps, from where the checkpoint in the file stands, if there is one.
func trainFurther(_ data: any Dataset, graph: Graph, checkpoint file: URL, steps: Int) throws -> Trainer {
    let settings = TrainingSettings(
        epochs: 10, batchSize: 16, optimizer: .adamW().averaging(decay: 0.9), keepsBest: true)
    let isThere = FileManager.default.fileExists(atPath: file.path)
    let checkpoint = isThere ? try Checkpoint(contentsOf: file) : nil
    let trainer = try Trainer(graph, training: data, settings: settings, resuming: checkpoint)
    let stepsLeft = Countdown(steps)
    try trainer.run(
        checkpointEvery: 30, onCheckpoint: { try $0.write(to: file) },
        onProgress: { progress in
            if stepsLeft.hasEnded() { progress.pause() }
        })
    return trainer
}
