import Datasets
import StaticGraph

/// What a network makes of a set of images.
public struct Evaluation: Sendable, Equatable {
    /// The mean of the heads' losses, weighted.
    public var loss = 0.0
    /// The fraction of right answers of each head.
    public var accuracies: [Double]
    /// How many images there were.
    public var count = 0
}

/// Sums up results batch by batch. Steps report one after the other, on whichever thread: hence unchecked.
final class ResultSum: @unchecked Sendable {
    private(set) var count = 0
    private var loss = 0.0
    private var correct: [Int]

    init(heads: Int) { correct = Array(repeating: 0, count: heads) }

    func add(_ result: StepResult<Float>) {
        count += result.samples
        loss += result.loss * Double(result.samples)
        for head in correct.indices { correct[head] += result.correct(ofHead: head) }
    }

    /// The mean loss of the images so far.
    var meanLoss: Double { loss / Double(max(count, 1)) }

    var evaluation: Evaluation {
        Evaluation(loss: meanLoss, accuracies: correct.map { Double($0) / Double(max(count, 1)) }, count: count)
    }
}
