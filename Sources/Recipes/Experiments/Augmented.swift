import LanesData
import LanesGraph
import LanesTraining

extension Recipe {
    /// "MNIST Handwritten Digit Classification Using CNNs": two convolutions on randomly changed images.
    ///
    /// The report does not say how a turned image is sampled: torchvision's default, the nearest pixel, is taken.
    public static let augmented = Recipe(
        "augmented", "two convolutions on turned, cropped and moved images, log-softmax with NLL",
        published: Published(
            report: "MNIST Handwritten Digit Classification Using CNNs", metrics: ["digit_accuracy": 0.9893],
            note: "Confusions that it names: 2 with 7, 4 with 9, 6 with 5."),
        settings: TrainingSettings(
            epochs: 10, batchSize: 64, optimizer: .adam(), learningRate: 1e-3, normalization: [.mnist],
            transforms: [
                RandomRotation(10),
                RandomResizedCrop(scale: 0.7...1, ratio: 0.9...1.1),
                RandomAffine(degrees: 0, translate: 0.1),
            ])
    ) { image in
        let output =
            image  // 1×28×28
            .conv2d(32, kernel: 3, padding: 1, name: "conv1").relu()  // 32×28×28
            .maxPool(2)  // 32×14×14
            .conv2d(64, kernel: 3, padding: 1, name: "conv2").relu()  // 64×14×14
            .maxPool(2)  // 64×7×7
            .flatten()  // 3136
            .linear(128, name: "fc1").relu()  // 128
            .linear(10, name: "fc2").logSoftmax()  // 10
        return [Head("digit", output, loss: .negativeLogLikelihood)]
    }
}
