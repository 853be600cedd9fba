import Foundation
import Lanes

/// Learns MNIST's digits, saves the network, and asks the saved one about a picture.
func readDigit(in picture: String, havingLearnt folder: String, savingTo file: URL) throws -> String? {
    let mnist = try MNIST(directory: folder)
    let digit = Node.input("image", mnist.train.inputs[0])
        .conv2d(8, kernel: 3, padding: 1).maxPool(2).relu()
        .conv2d(16, kernel: 3, padding: 1).maxPool(2).relu()
        .flatten().linear(10)
    let graph = try Graph(heads: [Head("digit", digit, loss: .crossEntropy)])

    let settings = TrainingSettings(
        epochs: 1, batchSize: 64, learningRate: 3e-3, schedule: .cosine(),
        normalization: [try .learned(from: mnist.train)])
    let trainer = try Trainer(graph, training: mnist.train, test: mnist.test, settings: settings)
    try trainer.run { epoch in print("test accuracy", epoch.test?["digit_accuracy"] ?? 0) }
    try trainer.model.write(to: file)

    let pixels = try Picture.load(picture, color: .gray).resized(to: 28).pixels
    return try Model(contentsOf: file).predict(pixels).label
}
