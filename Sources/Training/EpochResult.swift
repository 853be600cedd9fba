/// The results of one epoch.
public struct EpochResult: Sendable, Codable {
    /// 1 for the first.
    public let epoch: Int
    /// Seconds of training, without the evaluations.
    public let seconds: Double
    /// The rate of the epoch's last step.
    public let learningRate: Double
    /// On the epoch's training samples: each as the transforms left it, and with the weights that its own step began
    /// with.
    public let training: Evaluation
    /// On the validation samples, after the epoch; nil where there are none.
    public let validation: Evaluation?
    /// On the test samples, after the epoch; nil where there are none.
    public let test: Evaluation?

    package init(
        epoch: Int, seconds: Double, learningRate: Double, training: Evaluation, validation: Evaluation?,
        test: Evaluation?
    ) {
        (self.epoch, self.seconds, self.learningRate) = (epoch, seconds, learningRate)
        (self.training, self.validation, self.test) = (training, validation, test)
    }

    var withoutDetails: EpochResult {
        EpochResult(
            epoch: epoch, seconds: seconds, learningRate: learningRate, training: training.withoutDetails,
            validation: validation?.withoutDetails, test: test?.withoutDetails)
    }

    /// What epochs are compared by: validation, without it test, without both training.
    public var deciding: Evaluation { validation ?? test ?? training }
}

extension EpochResult: CustomStringConvertible {
    /// "epoch 3: training loss 0.1234, validation loss 0.2345, digit_accuracy 0.9876, 1.2 s".
    public var description: String {
        let parts = [("training", training), ("validation", validation), ("test", test)].compactMap {
            name, evaluation in
            evaluation.map { "\(name) \($0)" }
        }
        return "epoch \(epoch): \(parts.joined(separator: "; ")); \(rounded(seconds, 1)) s"
    }
}

/// With so many decimals.
func rounded(_ number: Double, _ decimals: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
    let factor = (0..<decimals).reduce(1) { product, _ in product * 10 }
    let scaled = Int((abs(number) * Double(factor)).rounded())
    let fraction = String(scaled % factor)
    let zeros = String(repeating: "0", count: max(0, decimals - fraction.count))
    return "\(number < 0 && scaled > 0 ? "-" : "")\(scaled / factor)" + (decimals > 0 ? ".\(zeros)\(fraction)" : "")
}
