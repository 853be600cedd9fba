import Foundation
import LanesGraph
import LanesKernels

/// Everything that decides how a network is trained, but for the network and the data.
public struct TrainingSettings: Sendable {
    /// Passes over the training samples.
    public var epochs: Int
    /// If given, the training ends after this many steps, even in the middle of an epoch, and `epochs` does not count.
    public var steps: Int?
    /// Samples of a step.
    public var batchSize: Int
    /// The rule by which a step changes the weights.
    public var optimizer: Optimizer
    /// The rate that the schedule's factors multiply.
    public var learningRate: Double
    /// How the rate changes.
    public var schedule: Schedule
    /// How inputs are scaled before the network gets them: one for each input, or one for all.
    public var normalization: [Normalization]
    /// Random changes of a training sample's first input, in this order, before it is normalized.
    public var transforms: [any Transform]
    /// What is measured; nil for accuracy of heads with classes and mean errors and R² of heads with numbers.
    public var metrics: [any Metric]?
    /// How epochs are compared.
    public var criterion: Criterion
    /// Whether the training ends with the parameters of the best epoch instead of the last one's.
    public var keepsBest: Bool
    /// If given, the training ends after this many epochs in a row without a better one.
    public var patience: Int?
    /// Decides initial weights, the order of samples, transforms and dropout.
    public var seed: UInt64
    /// How many threads work on a step; any number gives the same bits.
    public var threads: Int

    /// Each parameter is described at the property of its name; what is not given is as in the signature.
    public init(
        epochs: Int = 10, steps: Int? = nil, batchSize: Int = 64, optimizer: Optimizer = .adam(),
        learningRate: Double = 1e-3, schedule: Schedule = .constant, normalization: [Normalization] = [.none],
        transforms: [any Transform] = [], metrics: [any Metric]? = nil,
        criterion: Criterion = .least("loss"), keepsBest: Bool = false, patience: Int? = nil, seed: UInt64 = 1,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.epochs, self.steps, self.batchSize) = (epochs, steps, batchSize)
        (self.optimizer, self.learningRate, self.schedule) = (optimizer, learningRate, schedule)
        (self.normalization, self.transforms, self.metrics) = (normalization, transforms, metrics)
        (self.criterion, self.keepsBest, self.patience) = (criterion, keepsBest, patience)
        (self.seed, self.threads) = (seed, threads)
    }

    /// The metrics that are measured; each leaves heads alone that it says nothing about.
    package var chosenMetrics: [any Metric] {
        metrics ?? [Accuracy(), ValueError(.meanSquared), ValueError(.meanAbsolute), ValueError(.r2)]
    }

    /// One normalization for each input.
    ///
    /// - Throws: `SettingsError` where they do not fit.
    package func normalization(for graph: Graph) throws(SettingsError) -> [Normalization] {
        let inputs = graph.inputs
        guard normalization.count == 1 || normalization.count == inputs.count else {
            throw SettingsError(
                "normalization", found: "\(normalization.count) of them", expected: "one, or one for each input")
        }
        let all = normalization.count == 1 ? inputs.map { _ in normalization[0] } : normalization
        for (input, normalization) in zip(inputs, all) {
            let (means, deviations) = (normalization.mean, normalization.deviation)
            guard means.count == deviations.count, means.count == 1 || means.count == input.shape.channels else {
                throw SettingsError(
                    "normalization of \(input.name)",
                    found: "\(means.count) means and \(deviations.count) deviations",
                    expected: "one of each, or \(input.shape.channels), one for each channel")
            }
            guard means.allSatisfy(\.isFinite), deviations.allSatisfy({ $0.isFinite && $0 > 0 }) else {
                throw SettingsError(
                    "normalization of \(input.name)", found: "means \(means), deviations \(deviations)",
                    expected: "finite means and deviations above 0")
            }
        }
        return all
    }

    /// Far above everything that makes sense, and low enough that products do not overflow.
    private static let greatest = 1_000_000_000

    /// - Throws: `SettingsError` for numbers that make no sense.
    func check() throws(SettingsError) {
        for (name, number) in [
            ("epochs", epochs), ("steps", steps ?? 1), ("batch size", batchSize), ("patience", patience ?? 1),
        ] where !(1...Self.greatest).contains(number) {
            throw SettingsError(name, found: "\(number)", expected: "1…\(Self.greatest)")
        }
        guard (1...Executor<Float>.mostThreads).contains(threads) else {
            throw SettingsError("threads", found: "\(threads)", expected: "1…\(Executor<Float>.mostThreads)")
        }
        if let problem = schedule.problem {
            throw SettingsError("schedule", found: problem.found, expected: problem.expected)
        }
        guard learningRate.isFinite, learningRate >= 0 else {
            throw SettingsError("learning rate", found: "\(learningRate)", expected: "a finite number of 0 or more")
        }
    }
}

/// A setting that makes no sense, or does not fit the network or the data.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// Which setting.
    public let setting: String
    /// What it is.
    public let found: String
    /// What it must be.
    public let expected: String

    /// `description` puts the three into a sentence.
    ///
    /// - Parameters:
    ///   - setting: Which setting.
    ///   - found: What it is.
    ///   - expected: What it must be.
    public init(_ setting: String, found: String, expected: String) {
        (self.setting, self.found, self.expected) = (setting, found, expected)
    }

    public var description: String { "\(setting): found \(found), expected \(expected)" }
}

extension Graph {
    /// - Throws: `SettingsError` unless a dataset's samples are what the network takes.
    package func check(_ dataset: any Dataset) throws(SettingsError) {
        guard dataset.count > 0 else {
            throw SettingsError(dataset.name, found: "no samples", expected: "at least one")
        }
        let wanted = inputs.map { "\($0.shape)" }
        let given = dataset.inputs.map { "\($0)" }
        guard wanted == given else {
            throw SettingsError(
                dataset.name, found: "samples of \(given.joined(separator: " and "))",
                expected: "\(wanted.joined(separator: " and ")), the network's inputs")
        }
        guard dataset.targets.count == heads.count else {
            throw SettingsError(
                dataset.name,
                found: "\(dataset.targets.count) target\(dataset.targets.count == 1 ? "" : "s") of a sample",
                expected: "\(heads.count), one for each head")
        }
        for head in heads {
            guard let loss = head.loss as? ForeignLoss else { continue }
            throw SettingsError(
                "head \(head.name)", found: "the loss \(loss.type), which is not known here",
                expected: "one of Lanes' own, or of the types in `losses:` when the network is read")
        }
        for (index, target) in dataset.targets.enumerated() where !fits(target, head: index) {
            throw SettingsError(
                dataset.name, found: "\(target.words) for head \(heads[index].name)",
                expected: targets[index].words)
        }
    }

    private func fits(_ target: Target, head: Int) -> Bool {
        switch (target, targets[head]) {
        case (.classes(let names), .label(let classes)): names.count == classes
        // The number of one of two classes is a probability.
        case (.classes(let names), .values(let shape, _)): shape.count == 1 && names.count <= 2
        case (.values(let shape), .values(let wanted, _)): shape.count == wanted.count
        case (.values, .label): false
        }
    }
}

extension Target {
    fileprivate var words: String {
        switch self {
        case .classes(let names): "one of \(names.count) classes"
        case .values(let shape): shape.count == 1 ? "a number" : "\(shape) numbers"
        }
    }
}

extension LossTarget {
    fileprivate var words: String {
        switch self {
        case .label(let classes): "one of \(classes) classes"
        case .values(let shape, _): shape.count == 1 ? "a number, or one of two classes" : "\(shape) numbers"
        }
    }
}
