import Datasets
import Foundation
import StaticGraph

/// What a network makes of a set of examples.
public struct Evaluation: Sendable, Equatable {
    /// The sum of the heads' losses, weighted, as a mean over the examples.
    public let loss: Double
    /// Of each task, in the order of the heads.
    public let confusions: [ConfusionMatrix]
    /// Of each task the wrong answers that the network was surest of, the worst first.
    public let mistakes: [[Mistake]]

    /// How many examples there were.
    public var count: Int { confusions.first?.total ?? 0 }
    /// The fraction of right answers of each task.
    public var accuracies: [Double] { confusions.map(\.accuracy) }
}

/// A wrong answer.
public struct Mistake: Sendable, Equatable {
    public let example: Example
    public let label: Int
    public let prediction: Int
    /// What the network gave the wrong class, 0…1.
    public let probability: Double
}

/// Sums up results batch by batch. Steps report one after the other, on whichever thread: hence unchecked.
final class ResultSum: @unchecked Sendable {
    private(set) var count = 0
    private var loss = 0.0
    private var confusions: [ConfusionMatrix]
    private var mistakes: [[Mistake]]

    /// How many mistakes of each task are kept.
    private static let keptMistakes = 48

    init(_ recipe: Recipe) {
        confusions = recipe.tasks.map { ConfusionMatrix(classes: $0.classes.count) }
        mistakes = recipe.tasks.map { _ in [] }
    }

    /// - Parameter examples: The batch's; nil where mistakes need not be kept.
    func add(_ result: StepResult<Float>, examples: [Example]? = nil) {
        count += result.samples
        loss += result.loss * Double(result.samples)
        for head in confusions.indices {
            for sample in 0..<result.samples {
                let label = result.label(ofHead: head, sample: sample)
                let prediction = result.prediction(ofHead: head, sample: sample)
                confusions[head].add(label: label, prediction: prediction)
                guard let examples, label != prediction else { continue }
                let output = result.output(ofHead: head, sample: sample)
                mistakes[head].append(
                    Mistake(
                        example: examples[sample], label: label, prediction: prediction,
                        probability: probabilities(output)[prediction]))
            }
        }
    }

    /// The mean loss of the examples so far.
    var meanLoss: Double { loss / Double(max(count, 1)) }

    var evaluation: Evaluation {
        // Of equal ones the first, so that the order is always the same.
        let worst = mistakes.map { mistakes in
            mistakes.enumerated().sorted { ($1.element.probability, $0.offset) < ($0.element.probability, $1.offset) }
                .prefix(Self.keptMistakes).map(\.element)
        }
        return Evaluation(loss: meanLoss, confusions: confusions, mistakes: worst)
    }
}

/// The probabilities of the classes by a head's output, logits or their log-softmax alike: softmax changes nothing about
/// logarithms of probabilities.
public func probabilities(_ output: [Float]) -> [Double] {
    let greatest = output.max() ?? 0
    let powers = output.map { exp(Double($0 - greatest)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}
