import Foundation
import Lanes

/// Learns digits of 8×8 pixels from a table with a column for each pixel.
///
/// - Returns: The accuracy on the validation part, and on the test part.
func learnSmallDigits(_ file: URL, seed: UInt64) throws -> (validation: Double, test: Double) {
    let image = Shape(channels: 1, height: 8, width: 8)
    let digits = try Table(contentsOf: file, target: "target", kind: .classes, shape: image)
    let (rest, test) = digits.split(holdingOut: 0.2, seed: seed)
    let (training, validation) = rest.split(holdingOut: 0.1, seed: seed)

    let features = Node.input("image", image)
        .conv2d(16, kernel: 3, padding: 1).relu()
        .conv2d(32, kernel: 3, padding: 1).relu().maxPool(2)
        .flatten().dropout(0.5)
    let graph = try Graph(heads: [Head("digit", features.linear(10), loss: .crossEntropy)])
    let settings = TrainingSettings(
        epochs: 15, batchSize: 32, learningRate: 3e-3, schedule: .cosine(),
        normalization: [Normalization(mean: 8, deviation: 8)], seed: seed)
    let trainer = try Trainer(graph, training: training, validation: validation, settings: settings)
    try trainer.run()
    return (trainer.epochs.last?.validation?["digit_accuracy"] ?? 0, try trainer.evaluate(test)["digit_accuracy"] ?? 0)
}
