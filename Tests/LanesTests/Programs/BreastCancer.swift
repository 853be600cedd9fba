import Foundation
import Lanes

/// Tells malignant tumours from benign ones by thirty measurements.
///
/// - Returns: The accuracy on the validation part, and on the test part.
func learnBreastCancer(_ file: URL, seed: UInt64) throws -> (validation: Double, test: Double) {
    let (rest, test) = try Table(contentsOf: file).split(holdingOut: 0.2, seed: seed)
    let (training, validation) = rest.split(holdingOut: 0.2, seed: seed)

    let malignant = Node.input("measurements", training.inputs[0]).linear(16).relu().dropout(0.2).linear(1)
    let graph = try Graph(heads: [Head("tumour", malignant, loss: .binaryCrossEntropy)])
    let settings = TrainingSettings(
        epochs: 60, batchSize: 32, optimizer: .adamW(weightDecay: 0.1), learningRate: 5e-3, schedule: .cosine(),
        normalization: [try .learned(from: training)], seed: seed, threads: 1)
    let trainer = try Trainer(graph, training: training, validation: validation, settings: settings)
    try trainer.run()
    return (
        trainer.epochs.last?.validation?["tumour_accuracy"] ?? 0, try trainer.evaluate(test)["tumour_accuracy"] ?? 0
    )
}
