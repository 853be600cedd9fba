import LanesGraph
import LanesKernels

/// A figure of a head's outputs and their targets, summed up sample by sample: accuracy, a mean error, or your own.
///
/// Its full name is the head's and its own: `digit_accuracy`.
public protocol Metric: Sendable {
    /// "accuracy".
    var name: String { get }
    /// The sum for one head; nil where the metric says nothing about such outputs.
    func sum(for head: MetricHead) -> (any MetricSum)?
    /// The figure by a confusion matrix, for a metric that needs nothing else: its samples are then not summed up one
    /// by one. nil for all other metrics.
    func figure(of confusion: ConfusionMatrix) -> Double?
}

extension Metric {
    public func figure(of confusion: ConfusionMatrix) -> Double? { nil }
}

/// What a metric is told about a head.
public struct MetricHead: Sendable {
    /// The head's, with which the figure's full name begins.
    public let name: String
    /// How many numbers an output has.
    public let outputCount: Int
    /// What outputs are compared with.
    public let target: LossTarget
    /// What outputs mean.
    public let answer: Answer
}

/// A metric while it is summed up; a checkpoint in the middle of an epoch keeps it.
public protocol MetricSum: Sendable, Codable {
    /// Adds one sample.
    ///
    /// - Parameters:
    ///   - output: [height][width][channels], as the network gives it: logits, where the loss makes probabilities of
    ///     them.
    ///   - target: The number of a class, or the target's numbers.
    mutating func add(output: Span<Float>, target: Span<Float>)
    /// The figure of all samples so far.
    var value: Double { get }
}

/// The fraction of right answers. With classes an answer is the class of the greatest output. With independent logits
/// (`Answer.sigmoid`) each output is an answer, right if its probability is on the target's side of one half.
public struct Accuracy: Metric {
    /// There are no settings.
    public init() {}
    public var name: String { "accuracy" }

    public func sum(for head: MetricHead) -> (any MetricSum)? {
        if case .label = head.target { return TopK.Sum(count: 1) }
        return head.answer == .sigmoid ? Sides() : nil
    }

    public func figure(of confusion: ConfusionMatrix) -> Double? { confusion.accuracy }

    private struct Sides: MetricSum {
        var right = 0
        var all = 0
        mutating func add(output: Span<Float>, target: Span<Float>) {
            for index in output.indices where (output[index] > 0) == (target[index] > 0.5) { right &+= 1 }
            all &+= output.count
        }
        var value: Double { Double(right) / Double(max(all, 1)) }
    }
}

/// The fraction of samples whose class is among the `count` greatest outputs; of equals the first is the greater.
public struct TopK: Metric {
    /// How many of the greatest outputs may be the right class.
    public let count: Int
    /// Where no class is named, nothing is counted.
    ///
    /// - Parameter count: How many of the greatest outputs may be the right class, 1 or more.
    public init(_ count: Int) {
        require(count > 0, "the greatest \(count) outputs: expected 1 or more")
        self.count = count
    }
    public var name: String { "top\(count)" }

    public func sum(for head: MetricHead) -> (any MetricSum)? {
        if case .label = head.target { Sum(count: count) } else { nil }
    }

    struct Sum: MetricSum {
        let count: Int
        var right = 0
        var all = 0
        mutating func add(output: Span<Float>, target: Span<Float>) {
            // An ignored label is no class.
            guard let label = Int(exactly: target[0]), output.indices.contains(label) else { return }
            all &+= 1
            var greater = 0
            for index in output.indices {
                let isGreater = output[index] > output[label] || (output[index] == output[label] && index < label)
                if isGreater || output[index].isNaN { greater += 1 }
            }
            if greater < count { right &+= 1 }
        }
        var value: Double { Double(right) / Double(max(all, 1)) }
    }
}

/// A figure of the confusion matrix: precision, recall or F1, as the mean of all classes, each counting the same.
public struct MacroMean: Metric, Codable {
    /// Which figure of a class is averaged.
    public enum Figure: String, Sendable, Codable {
        /// Of what was taken for the class, the fraction that is.
        case precision
        /// Of the class, the fraction that was taken for it.
        case recall
        /// The harmonic mean of the two.
        case f1
    }
    /// Which figure of a class is averaged.
    public let figure: Figure
    /// For heads with classes.
    ///
    /// - Parameter figure: Which figure of a class is averaged.
    public init(_ figure: Figure) { self.figure = figure }
    public var name: String { "macro_\(figure.rawValue)" }

    public func sum(for head: MetricHead) -> (any MetricSum)? {
        if case .label(let classes) = head.target {
            Sum(metric: self, confusion: ConfusionMatrix(classes: classes))
        } else {
            nil
        }
    }

    public func figure(of confusion: ConfusionMatrix) -> Double? {
        switch figure {
        case .precision: confusion.macroPrecision
        case .recall: confusion.macroRecall
        case .f1: confusion.macroF1
        }
    }

    private struct Sum: MetricSum {
        let metric: MacroMean
        var confusion: ConfusionMatrix
        mutating func add(output: Span<Float>, target: Span<Float>) { confusion.add(output: output, target: target) }
        var value: Double { metric.figure(of: confusion) ?? 0 }
    }
}

/// How far outputs are from their targets, for heads whose output itself is the answer (`Answer.values`).
public struct ValueError: Metric {
    /// How differences between outputs and targets become one number.
    public enum Figure: String, Sendable, Codable {
        /// The mean of (output − target)².
        case meanSquared = "mse"
        /// The mean of |output − target|.
        case meanAbsolute = "mae"
        /// The coefficient of determination: 1 − Σ(output − target)² / Σ(target − mean target)².
        case r2
    }
    /// How differences become one number.
    public let figure: Figure
    /// For heads with numbers.
    ///
    /// - Parameter figure: How differences become one number.
    public init(_ figure: Figure) { self.figure = figure }
    public var name: String { figure.rawValue }

    public func sum(for head: MetricHead) -> (any MetricSum)? {
        if case .values = head.target, head.answer == .values { Sum(figure: figure) } else { nil }
    }

    private struct Sum: MetricSum {
        let figure: Figure
        var count = 0.0
        var squares = 0.0
        var magnitudes = 0.0
        // Of the targets, by Welford's method: differences from the mean keep their digits where the mean is large.
        var mean = 0.0
        var spread = 0.0

        mutating func add(output: Span<Float>, target: Span<Float>) {
            for index in output.indices {
                let (wanted, difference) = (Double(target[index]), Double(output[index]) - Double(target[index]))
                squares += difference * difference
                magnitudes += abs(difference)
                count += 1
                let before = wanted - mean
                mean += before / count
                spread += before * (wanted - mean)
            }
        }

        var value: Double {
            switch figure {
            case .meanSquared: squares / max(count, 1)
            case .meanAbsolute: magnitudes / max(count, 1)
            case .r2: spread > 0 ? 1 - squares / spread : 0
            }
        }
    }
}
