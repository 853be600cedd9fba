import Foundation
import LanesGraph

/// What a network answers to one sample.
public struct Prediction: Sendable, Equatable {
    /// One head's answer.
    public struct Head: Sendable, Equatable {
        /// The head's name in the graph.
        public let name: String
        /// The names of the classes; empty for a head that gives numbers.
        public let classes: [String]
        /// How its outputs are to be understood.
        public let answer: Answer
        /// The head's output, [height][width][channels]: logits, log-probabilities or numbers.
        public let output: [Float]

        /// Of each class, 0…1; they sum to 1 for a softmax. For a single logit of one of two classes: of both. Empty for a
        /// head that gives numbers.
        public var probabilities: [Double] {
            switch answer {
            case .softmax, .logProbabilities: return LanesTraining.probabilities(output)
            case .sigmoid:
                let each = output.map { 1 / (1 + exp(-Double($0))) }
                return each.count == 1 && classes.count == 2 ? [1 - each[0], each[0]] : each
            case .values: return []
            }
        }

        /// The most probable class; nil for a head that has no classes.
        public var label: String? {
            let probabilities = probabilities
            guard let best = probabilities.indices.max(by: { probabilities[$0] < probabilities[$1] }),
                classes.indices.contains(best)
            else { return nil }
            return classes[best]
        }

        /// The probability of the most probable class, 0…1; 0 for a head that gives numbers.
        public var probability: Double { probabilities.max() ?? 0 }

        /// Whether no class is as probable as ``Prediction/leastConfidence``.
        package var isUnsure: Bool { label != nil && probability < Prediction.leastConfidence }
    }

    /// An answer less probable than this is no answer to rely on.
    package static let leastConfidence = 0.6

    /// In the graph's order.
    public let heads: [Head]
    /// The outputs of the nodes that were asked for, by their names, [height][width][channels].
    public let values: [String: [Float]]

    /// A head's answer by its name; nil where there is none of that name.
    public subscript(head: String) -> Head? { heads.first { $0.name == head } }

    /// The first head's most probable class.
    public var label: String? { heads.first?.label }
    /// The probability of that class, 0…1.
    public var probability: Double { heads.first?.probability ?? 0 }
    /// The first head's output.
    public var output: [Float] { heads.first?.output ?? [] }
}
