import Foundation
import LanesGraph
import LanesKernels

/// A network's results on some samples.
public struct Evaluation: Sendable, Equatable, Codable {
    /// A figure and its full name, as in `digit_accuracy`.
    public struct Figure: Sendable, Equatable, Codable {
        /// The head's name and the metric's.
        public let name: String
        /// As the metric has it, of all samples.
        public let value: Double

        package init(name: String, value: Double) { (self.name, self.value) = (name, value) }
    }

    /// How many samples there were.
    public let count: Int
    /// The sum of the heads' losses, weighted, as a mean over the samples.
    public let loss: Double
    /// The metrics of all heads.
    public let metrics: [Figure]
    /// One for each head, in order; with 0 classes for a head that has none.
    public let confusions: [ConfusionMatrix]
    /// For each head the wrong answers that the network was most certain of, the worst first: at most 48.
    public let mistakes: [[Mistake]]
    /// The fraction of right answers of each head.
    public let accuracies: [Double]

    package init(
        count: Int, loss: Double, metrics: [Figure], confusions: [ConfusionMatrix], mistakes: [[Mistake]]
    ) {
        self.init(count, loss, metrics, confusions, mistakes, accuracies: confusions.map(\.accuracy))
    }

    private init(
        _ count: Int, _ loss: Double, _ metrics: [Figure], _ confusions: [ConfusionMatrix], _ mistakes: [[Mistake]],
        accuracies: [Double]
    ) {
        (self.count, self.loss, self.metrics) = (count, loss, metrics)
        (self.confusions, self.mistakes, self.accuracies) = (confusions, mistakes, accuracies)
    }

    /// The figures alone.
    var withoutDetails: Evaluation {
        Evaluation(
            count, loss, metrics, confusions.map { _ in ConfusionMatrix(classes: 0) }, mistakes.map { _ in [] },
            accuracies: accuracies)
    }

    /// The loss, or a metric by its full name.
    public subscript(figure: String) -> Double? {
        figure == "loss" ? loss : metrics.first { $0.name == figure }?.value
    }
}

extension Evaluation: CustomStringConvertible {
    /// "loss 0.1234, digit_accuracy 0.9876".
    public var description: String {
        (["loss \(rounded(loss, 4))"] + metrics.map { "\($0.name) \(rounded($0.value, 4))" }).joined(separator: ", ")
    }
}

/// A wrong answer.
public struct Mistake: Sendable, Equatable, Codable {
    /// Which of the dataset's samples.
    public let sample: Int
    /// The number of the sample's class.
    public let label: Int
    /// The number of the class that the network took it for.
    public let prediction: Int
    /// The probability that the network gave the wrong class, 0…1.
    public let probability: Double

    package init(sample: Int, label: Int, prediction: Int, probability: Double) {
        (self.sample, self.label, self.prediction, self.probability) = (sample, label, prediction, probability)
    }
}

/// Sums up results batch by batch. Steps report one after the other, on whichever thread: hence unchecked.
final class ResultSum: @unchecked Sendable {
    private let graph: Graph
    var count = 0
    var steps = 0
    /// Of each head, the sum of its losses and what its samples count.
    var losses: [(sum: Double, weight: Double)]
    private var figures: [(name: String, head: Int, metric: any Metric)] = []
    /// Of each figure that does not follow from the confusion matrix.
    var sums: [(any MetricSum)?] = []
    /// Which of the figures are of each head.
    private var places: [Range<Int>] = []
    var confusions: [ConfusionMatrix]
    private var mistakes: [[Mistake]]

    /// How many mistakes of each head are kept.
    private static let keptMistakes = 48

    init(_ graph: Graph, _ metrics: [any Metric]) {
        self.graph = graph
        confusions = graph.targets.map { target in
            if case .label(let classes) = target {
                ConfusionMatrix(classes: classes)
            } else {
                ConfusionMatrix(classes: 0)
            }
        }
        mistakes = graph.heads.map { _ in [] }
        losses = graph.heads.map { _ in (0, 0) }
        for (head, description) in graph.metricHeads.enumerated() {
            let first = sums.count
            for metric in metrics {
                guard let sum = metric.sum(for: description) else { continue }
                let isSummed = confusions[head].classes == 0 || metric.figure(of: confusions[head]) == nil
                figures.append(("\(description.name)_\(metric.name)", head, metric))
                sums.append(isSummed ? sum : nil)
            }
            places.append(first..<sums.count)
        }
    }

    /// The names of the figures.
    var names: [String] { figures.map(\.name) }

    /// - Parameter samples: The batch's, by their numbers in the dataset; nil where mistakes need not be kept.
    func add(_ result: StepResult<Float>, samples: ArraySlice<Int>? = nil) {
        count += result.samples
        steps += 1
        for head in losses.indices {
            let (loss, weight) = result.lossSum(ofHead: head)
            losses[head].sum += loss
            losses[head].weight += weight
        }
        for sample in 0..<result.samples {
            for head in places.indices {
                let prediction = result.prediction(ofHead: head, sample: sample)
                var label: Int?
                result.withOutput(ofHead: head, sample: sample) { output, target in
                    for place in places[head] where sums[place] != nil {
                        sums[place]?.add(output: output, target: target)
                    }
                    label = Int(exactly: target[0])
                }
                guard let label, (0..<confusions[head].classes).contains(label) else { continue }
                confusions[head].add(label: label, prediction: prediction)
                guard let samples, label != prediction else { continue }
                let answer = probabilities(result.output(ofHead: head, sample: sample))[prediction]
                mistakes[head].append(
                    Mistake(
                        sample: samples[samples.startIndex + sample], label: label, prediction: prediction,
                        probability: answer))
            }
        }
    }

    /// The mean loss of the samples so far.
    var meanLoss: Double {
        zip(graph.heads, losses).reduce(0) { total, head in
            total + (head.1.weight > 0 ? head.0.weight * head.1.sum / head.1.weight : 0)
        }
    }

    var evaluation: Evaluation {
        // Of equal ones the first, so that the order is always the same.
        let worst = mistakes.map { mistakes in
            mistakes.enumerated().sorted { ($1.element.probability, $0.offset) < ($0.element.probability, $1.offset) }
                .prefix(Self.keptMistakes).map(\.element)
        }
        let metrics = zip(figures, sums).map { figure, sum in
            let value = sum?.value ?? figure.metric.figure(of: confusions[figure.head]) ?? 0
            return Evaluation.Figure(name: figure.name, value: value)
        }
        return Evaluation(
            count: count, loss: meanLoss, metrics: metrics, confusions: confusions, mistakes: worst)
    }
}

extension Graph {
    /// The heads as metrics see them.
    var metricHeads: [MetricHead] {
        heads.indices.map { index in
            MetricHead(
                name: heads[index].name, outputCount: outputShape(ofHead: index).count, target: targets[index],
                answer: heads[index].loss.answer)
        }
    }
}

/// The probabilities of the classes by a head's output, logits or their log-softmax alike: softmax changes nothing
/// about logarithms of probabilities.
package func probabilities(_ output: [Float]) -> [Double] {
    let greatest = output.max() ?? 0
    let powers = output.map { exp(Double($0 - greatest)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}
