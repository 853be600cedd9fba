import Foundation
import Lanes

/// Squeezes digits of 28×28 pixels into 32 numbers, makes them pictures again, and draws some: above as they are, below as
/// the network makes them.
///
/// - Returns: The mean squared error of the test images.
func encodeDigits(_ training: LabeledImages, test: LabeledImages, epochs: Int, drawingTo file: URL) throws -> Double {
    func reconstruction(_ images: LabeledImages) throws -> ArrayDataset {
        let pixels = ArrayDataset.Numbers(images.pixels.map { Float($0) / 255 }, shape: images.inputs[0])
        return try ArrayDataset(name: images.name, inputs: [pixels], targets: [.values(pixels)])
    }
    let decoded = Node.input("image", training.inputs[0])
        .conv2d(8, kernel: 3, stride: 2, padding: 1).batchNorm().relu()
        .conv2d(16, kernel: 3, stride: 2, padding: 1).batchNorm().relu()
        .conv2d(32, kernel: 7, name: "code")
        .convTranspose2d(16, kernel: 7).batchNorm().relu()
        .convTranspose2d(8, kernel: 3, stride: 2, padding: 1, outputPadding: 1).batchNorm().relu()
        .convTranspose2d(1, kernel: 3, stride: 2, padding: 1, outputPadding: 1).sigmoid()
    let graph = try Graph(heads: [Head("image", decoded, loss: .meanSquaredError)])
    let settings = TrainingSettings(epochs: epochs, batchSize: 32, learningRate: 1e-2, schedule: .cosine())
    let trainer = try Trainer(graph, training: reconstruction(training), settings: settings)
    try trainer.run { print($0) }

    let model = trainer.model
    var rows = Array(repeating: [Float](), count: 2 * 28)
    for digit in 0..<min(10, test.count) {
        let image = test.pixels[digit * 784..<(digit + 1) * 784].map { Float($0) / 255 }
        for (row, pixels) in (image + (try model.predict(image).output)).enumerated() {
            rows[row / 28].append(pixels)
        }
    }
    let sheet = Shape(channels: 1, height: rows.count, width: rows[0].count)
    try Picture(rows.flatMap(\.self), shape: sheet).write(to: file)
    return try trainer.evaluate(reconstruction(test))["image_mse"] ?? .infinity
}
