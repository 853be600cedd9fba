import LanesGraph
import LanesTraining

/// The changes that made the first three-headed network the improved one. Each can be made without the others.
public struct ThreeHeadChanges: Sendable, Equatable {
    /// Batch normalization after each convolution.
    public var batchNorm = false
    /// The probability of a feature to be dropped before the heads.
    public var dropout = 0.0
    /// The mean of each channel in place of the third max-pool and the flatten.
    public var globalAveragePool = false
    /// What the losses of digit, parity and threshold count.
    public var lossWeights = [1.0, 1, 1]

    /// The first network, unchanged.
    public init() {}

    /// All changes, as the report made them.
    public static let all: ThreeHeadChanges = {
        var changes = ThreeHeadChanges()
        (changes.batchNorm, changes.dropout, changes.globalAveragePool) = (true, 0.3, true)
        changes.lossWeights = [2, 1, 1]
        return changes
    }()
}

extension Recipe {
    /// "Multi-task lab": digit, parity and threshold from one convolutional network.
    public static let threehead = threeHead(
        "threehead", "digit, parity and threshold: three heads on three convolutions",
        published: Published(
            report: "Multi-task lab, baseline",
            metrics: ["digit_accuracy": 0.9924, "parity_accuracy": 0.9956, "threshold_accuracy": 0.9946],
            testLoss: 0.0518),
        changes: ThreeHeadChanges(), epochs: 10)

    /// The same report's improved network: batch normalization, dropout, global average pooling, weighted losses.
    public static let threeheadImproved = threeHead(
        "threehead-improved", "threehead with BatchNorm, dropout, global average pooling and losses 2:1:1",
        published: Published(
            report: "Multi-task lab, improved",
            metrics: ["digit_accuracy": 0.9923, "parity_accuracy": 0.9950, "threshold_accuracy": 0.9946],
            note: "The report gives these as approximate. Its conclusion: smoother training, no better accuracy."),
        changes: .all, epochs: 20)

    /// The network of this recipe with other changes, for the comparisons that the report makes.
    static func threeHead(_ recipe: Recipe, changes: ThreeHeadChanges) -> Recipe {
        threeHead(
            recipe.name, recipe.summary, published: recipe.published, changes: changes, epochs: recipe.settings.epochs)
    }

    /// The report names no normalization: that of the training images is taken. Nor does it say whether the improved
    /// network kept the schedule: it does here.
    private static func threeHead(
        _ name: String, _ summary: String, published: Published, changes: ThreeHeadChanges, epochs: Int
    ) -> Recipe {
        Recipe(
            name, summary, published: published,
            tasks: [
                .digit,
                DigitTask("parity", classes: ["even", "odd"]) { digit, _ in Int(digit) % 2 },
                DigitTask("threshold", classes: ["0–4", "5–9"]) { digit, _ in digit >= 5 ? 1 : 0 },
            ],
            settings: TrainingSettings(
                epochs: epochs, batchSize: 64, optimizer: .adam(), learningRate: 1e-3,
                schedule: .step(epochs: 5, factor: 0.5), normalization: [.mnist]),
            switches: changes.switches
        ) { image in
            func convolution(_ input: Node, _ channels: Int, _ number: Int) -> Node {
                let output = input.conv2d(channels, kernel: 3, padding: 1, name: "conv\(number)")
                return (changes.batchNorm ? output.batchNorm(name: "bn\(number)") : output).relu()
            }
            let first = convolution(image, 32, 1).maxPool(2)  // 32×14×14
            let second = convolution(first, 64, 2).maxPool(2)  // 64×7×7
            let third = convolution(second, 128, 3)  // 128×7×7
            let pooled =
                changes.globalAveragePool
                ? third.globalAveragePool()  // 128
                : third.maxPool(2).flatten()  // 128×3×3, 1152
            var features = pooled.linear(128, name: "fc1").relu()  // 128
            if changes.dropout > 0 { features = features.dropout(changes.dropout) }
            return [
                Head(
                    "digit", features.linear(10, name: "fc2_digit"), loss: .crossEntropy,
                    weight: changes.lossWeights[0]),
                Head(
                    "parity", features.linear(2, name: "fc2_parity"), loss: .crossEntropy,
                    weight: changes.lossWeights[1]),
                Head(
                    "threshold", features.linear(2, name: "fc2_threshold"), loss: .crossEntropy,
                    weight: changes.lossWeights[2]),
            ]
        }
    }
}
