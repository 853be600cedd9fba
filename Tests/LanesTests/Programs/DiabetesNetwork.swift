import Foundation
import Lanes

/// Regression by a small network, which stops where patients held out of the training part say so.
///
/// - Returns: R² of the best epoch on those patients, and of the test part.
func learnDiabetes(_ file: URL, seed: UInt64) throws -> (validation: Double, test: Double) {
    let (rest, test) = try Table(contentsOf: file, target: "target").split(holdingOut: 0.2, seed: seed)
    let (training, validation) = rest.split(holdingOut: 0.2, seed: seed)
    let scale = try Normalization.learned(fromTargetOf: training)

    let progression = Node.input("measurements", training.inputs[0]).linear(16).tanh().dropout(0.2).linear(1)
    let graph = try Graph(heads: [Head("progression", progression, loss: .meanSquaredError)])
    let settings = TrainingSettings(
        epochs: 200, batchSize: 32, optimizer: .adamW(weightDecay: 0.1), learningRate: 2e-3,
        normalization: [try .learned(from: training)], metrics: [ValueError(.r2)], keepsBest: true, patience: 30,
        seed: seed, threads: 1)
    let trainer = try Trainer(
        graph, training: training.standardizingTarget(by: scale), validation: validation.standardizingTarget(by: scale),
        settings: settings)
    try trainer.run()
    let result = try trainer.evaluate(test.standardizingTarget(by: scale))
    return (trainer.bestEpoch?.validation?["progression_r2"] ?? 0, result["progression_r2"] ?? 0)
}
