import Foundation
import Lanes

/// Linear regression by gradient descent: how ill patients are a year later, from ten measurements.
///
/// - Returns: R² of the patients held out.
func regressDiabetes(_ file: URL, seed: UInt64) throws -> Double {
    let (training, test) = try Table(contentsOf: file, target: "target").split(holdingOut: 0.2, seed: seed)
    let scale = try Normalization.learned(fromTargetOf: training)

    let progression = Node.input("measurements", training.inputs[0]).linear(1)
    let graph = try Graph(heads: [Head("progression", progression, loss: .meanSquaredError)])
    let settings = TrainingSettings(
        epochs: 1000, batchSize: training.count, learningRate: 0.05, schedule: .cosine(),
        normalization: [try .learned(from: training)], metrics: [ValueError(.r2)], threads: 1)
    let trainer = try Trainer(graph, training: training.standardizingTarget(by: scale), settings: settings)
    try trainer.run()
    return try trainer.evaluate(test.standardizingTarget(by: scale))["progression_r2"] ?? 0
}
