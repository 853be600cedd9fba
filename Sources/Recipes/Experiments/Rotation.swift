import LanesGraph
import LanesTraining

extension Recipe {
    /// "Digit and Rotation Classification on MNIST": which of six digits it is, and how it is turned.
    public static let rotation = Recipe(
        "rotation", "six digits at four quarter turns: two tasks on one convolutional network",
        published: Published(
            report: "Digit and Rotation Classification on MNIST, multi-task",
            metrics: [
                "digit_accuracy": 0.9886, "digit_macro_f1": 0.9885, "digit_macro_precision": 0.9886,
                "digit_macro_recall": 0.9884, "rotation_accuracy": 0.9959, "rotation_macro_f1": 0.9959,
                "rotation_macro_precision": 0.9959, "rotation_macro_recall": 0.9959,
            ],
            trainLosses: [0.2460, 0.0778, 0.0574, 0.0458, 0.0368, 0.0312, 0.0264, 0.0225, 0.0190, 0.0173],
            classCounts: [
                "digit": [
                    ClassCounts(4527, 51, 13), ClassCounts(4070, 47, 58), ClassCounts(3976, 21, 64),
                    ClassCounts(3900, 43, 28), ClassCounts(3513, 41, 55), ClassCounts(4053, 74, 59),
                ],
                "rotation": [
                    ClassCounts(6048, 18, 31), ClassCounts(6061, 30, 18), ClassCounts(6054, 25, 25),
                    ClassCounts(6054, 26, 25),
                ],
            ],
            note: "A table of the same report gives 0.2680 for the first epoch's loss."),
        digits: [1, 2, 3, 4, 5, 7],  // those that look different when turned
        quarterTurns: 4,  // 145,436 training and 24,316 test images
        tasks: [
            DigitTask("digit", classes: ["1", "2", "3", "4", "5", "7"]) { digit, _ in digit == 7 ? 5 : Int(digit) - 1 },
            DigitTask("rotation", classes: ["0°", "90°", "180°", "270°"]) { _, quarterTurns in quarterTurns },
        ],
        settings: TrainingSettings(epochs: 10, batchSize: 64, optimizer: .adam(), learningRate: 1e-3)
    ) { image in
        let features =
            image  // 1×28×28
            .conv2d(8, kernel: 3, padding: 1, name: "conv1").relu()  // 8×28×28
            .maxPool(2, stride: 1, padding: 1)  // 8×29×29
            .conv2d(16, kernel: 3, padding: 1, name: "conv2").relu()  // 16×29×29
            .maxPool(2, stride: 1, padding: 1)  // 16×30×30
            .flatten()  // 14400
            .linear(128, name: "fc1").relu()  // 128
        return [
            Head("digit", features.linear(6, name: "fc_digit"), loss: .crossEntropy),
            Head("rotation", features.linear(4, name: "fc_rotation"), loss: .crossEntropy),
        ]
    }
}
