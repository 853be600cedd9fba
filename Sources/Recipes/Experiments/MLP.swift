import StaticGraph

extension Recipe {
    /// "Deep Learning Task 4": three dense layers on pixels in [−1, 1].
    public static let mlp = Recipe(
        name: "mlp",
        summary: "784-512-128-10 with ReLU, cross-entropy",
        published: nil,
        normalization: Normalization(mean: 0.5, deviation: 0.5),
        tasks: [DigitTask(head: "digit") { Int32($0) }],
        heads: { image in
            let logits =
                image.flatten()  // 784
                .linear(512, name: "fc1").relu()  // 512
                .linear(128, name: "fc2").relu()  // 128
                .linear(10, name: "fc3")  // 10
            return [Head("digit", logits, loss: .crossEntropy)]
        },
        optimizer: .adam(), batchSize: 64, epochs: 10, learningRate: 1e-3)
}
