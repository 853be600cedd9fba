import Foundation
import Lanes

/// Learns the classes of a folder of colour pictures, with a subfolder for each, and writes the network to a file.
///
/// - Returns: The accuracy on the pictures held out, after every epoch.
func learnPictures(in folder: URL, writingTo file: URL, epochs: Int) throws -> [Double] {
    let pictures = try ImageFolder(folder, color: .rgb, size: 32)
    let (training, validation) = pictures.split(holdingOut: 0.25, seed: 1)

    let features = Node.input("picture", pictures.inputs[0])
        .conv2d(8, kernel: 3, padding: 1, bias: false).batchNorm().relu().maxPool(2)
        .conv2d(16, kernel: 3, padding: 1, bias: false).batchNorm().relu().maxPool(2)
        .conv2d(32, kernel: 3, padding: 1, bias: false).batchNorm().relu()
        .globalAveragePool()
    let head = Head("shape", features.linear(pictures.classes.count), loss: .crossEntropy)

    let settings = TrainingSettings(
        epochs: epochs, batchSize: 16, learningRate: 1e-2, schedule: .cosine(),
        normalization: [try .learned(from: training)], transforms: [RandomHorizontalFlip()])
    let trainer = try Trainer(
        Graph(heads: [head]), training: training, validation: validation, settings: settings)

    var accuracies: [Double] = []
    try trainer.run { epoch in
        let accuracy = epoch.validation?["shape_accuracy"] ?? 0
        print("epoch \(epoch.epoch): \(accuracy)")
        accuracies.append(accuracy)
    }
    try trainer.model.write(to: file)
    return accuracies
}
