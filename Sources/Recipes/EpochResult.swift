/// What one epoch came to.
public struct EpochResult: Sendable {
    /// 1 for the first.
    public let epoch: Int
    /// Seconds of training, without the evaluations.
    public let seconds: Double
    /// The rate of the epoch's last step.
    public let learningRate: Double
    /// Of the epoch's examples, each taken as it was changed and as the weights were when it was trained on.
    public let training: Evaluation
    /// Of the examples that the recipe holds out, after the epoch; nil where it holds none out.
    public let validation: Evaluation?
    /// Of the test examples, after the epoch.
    public let test: Evaluation

    public init(
        epoch: Int, seconds: Double, learningRate: Double, training: Evaluation, validation: Evaluation?,
        test: Evaluation
    ) {
        (self.epoch, self.seconds, self.learningRate) = (epoch, seconds, learningRate)
        (self.training, self.validation, self.test) = (training, validation, test)
    }

    /// What the best epoch is chosen by: the first task's accuracy on the validation images, or without any on the test
    /// images.
    public var score: Double { (validation ?? test).accuracies[0] }
}

extension Recipe {
    /// The epoch whose weights the recipe's results are those of; nil before the first.
    public func resultEpoch(of epochs: [EpochResult]) -> EpochResult? {
        switch results {
        case .last: epochs.last
        case .best: epochs.enumerated().max { ($0.element.score, $1.offset) < ($1.element.score, $0.offset) }?.element
        }
    }

    /// The figures of an evaluation by their names, HEAD_NAME, as fractions of 1.
    public func metrics(_ evaluation: Evaluation) -> [(name: String, value: Double)] {
        zip(tasks, evaluation.confusions).flatMap { task, confusion in
            [
                ("\(task.head)_accuracy", confusion.accuracy),
                ("\(task.head)_macro_precision", confusion.macroPrecision),
                ("\(task.head)_macro_recall", confusion.macroRecall), ("\(task.head)_macro_f1", confusion.macroF1),
            ]
        }
    }
}
