import Foundation
import Lanes

/// Takes the convolutions of a network that knows the digits 0…4, leaves them as they are, and learns to tell 5…9 by them.
///
/// - Returns: The accuracy on the test images, and how many of the convolutions' numbers changed.
func learnOtherDigits(
    _ training: LabeledImages, test: LabeledImages, from file: URL
) throws -> (accuracy: Double, changed: Int) {
    let features = digitFeatures(training.inputs[0])
    let graph = try Graph(heads: [Head("digit", features.linear(5, name: "late"), loss: .crossEntropy)])
    let known = try Safetensors(contentsOf: file)
    let parameters = try Parameters<Float>(graph, seed: 1)
    try parameters.load(known, where: { $0.hasPrefix("conv") })

    let settings = TrainingSettings(epochs: 5, batchSize: 32, optimizer: .adam().freezing("conv*"), learningRate: 1e-2)
    let trainer = try Trainer(graph, training: training, settings: settings, parameters: parameters)
    try trainer.run()

    let convolutions = trainer.parameters.names.filter { $0.hasPrefix("conv") }
    let changed = try convolutions.reduce(0) { count, name in
        let before = try known.values(name, shape: trainer.parameters.shape(of: name) ?? [], as: Float.self)
        return count + zip(before, trainer.parameters[name] ?? []).count { $0 != $1 }
    }
    return (try trainer.evaluate(test)["digit_accuracy"] ?? 0, changed)
}

/// Learns the digits 0…4 and writes the network to a file.
func learnDigits(_ training: LabeledImages, writingTo file: URL) throws {
    let head = Head("digit", digitFeatures(training.inputs[0]).linear(5, name: "early"), loss: .crossEntropy)
    let settings = TrainingSettings(epochs: 3, batchSize: 32, learningRate: 3e-3)
    let trainer = try Trainer(Graph(heads: [head]), training: training, settings: settings)
    try trainer.run()
    try trainer.model.write(to: file)
}

private func digitFeatures(_ image: Shape) -> Node {
    Node.input("image", image).conv2d(8, kernel: 5, stride: 2).relu().conv2d(16, kernel: 5, stride: 2).relu().flatten()
}
