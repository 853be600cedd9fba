import LanesGraph
import LanesTraining

extension Recipe {
    /// "Deep Learning Task 4": three dense layers on pixels in [−1, 1]; the weights of the best test accuracy are kept.
    public static let mlp = Recipe(
        "mlp", "784-512-128-10 with ReLU, cross-entropy, the best epoch's weights",
        published: Published(report: "Deep Learning Task 4"),
        settings: TrainingSettings(
            epochs: 10, batchSize: 64, optimizer: .adam(), learningRate: 1e-3,
            normalization: [Normalization(mean: 0.5, deviation: 0.5)], keepsBest: true)
    ) { image in
        let logits =
            image.flatten()  // 784
            .linear(512, name: "fc1").relu()  // 512
            .linear(128, name: "fc2").relu()  // 128
            .linear(10, name: "fc3")  // 10
        return [Head("digit", logits, loss: .crossEntropy)]
    }
}
