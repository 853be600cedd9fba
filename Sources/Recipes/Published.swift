/// What a source report printed about its experiment, to be set beside our own results.
public struct Published: Sendable {
    /// The report's title.
    public let report: String
    /// Of the test images, by the names that our own metrics have, as in `digit_accuracy`: fractions of 1.
    public let metrics: KeyValuePairs<String, Double>
    /// By epoch.
    public let trainLosses: [Double]
    /// By epoch.
    public let validationLosses: [Double]
    /// After the last epoch.
    public let testLoss: Double?
    /// By epoch: the first task's accuracy on the test images.
    public let testAccuracies: [Double]
    /// Of each task, as far as printed: [actual][predicted].
    public let confusions: [String: [[Int]]]
    /// Of each task, as far as printed: true positives, false positives and false negatives of each class.
    public let classCounts: [String: [ClassCounts]]
    /// Remarks about the figures.
    public let note: String

    /// What a report does not print is left out.
    public init(
        report: String = "", metrics: KeyValuePairs<String, Double> = [:], trainLosses: [Double] = [],
        validationLosses: [Double] = [], testLoss: Double? = nil, testAccuracies: [Double] = [],
        confusions: [String: [[Int]]] = [:], classCounts: [String: [ClassCounts]] = [:], note: String = ""
    ) {
        (self.report, self.metrics, self.trainLosses) = (report, metrics, trainLosses)
        (self.validationLosses, self.testLoss, self.testAccuracies) = (validationLosses, testLoss, testAccuracies)
        (self.confusions, self.classCounts, self.note) = (confusions, classCounts, note)
    }

    /// "digit_accuracy 98.86 %, rotation_accuracy 99.59 %", or that there are none.
    public var summary: String {
        guard !metrics.isEmpty else { return "no figures" }
        return metrics.map { "\($0.key.replacing("_", with: " ")) \(percent($0.value))" }.joined(separator: ", ")
    }
}

/// How often a class was recognized, wrongly named and missed.
public struct ClassCounts: Sendable, Equatable {
    /// Of this class, and taken for it.
    public let truePositives: Int
    /// Of other classes, but taken for this one.
    public let falsePositives: Int
    /// Of this class, but taken for others.
    public let falseNegatives: Int

    /// In the order in which reports print them.
    public init(_ truePositives: Int, _ falsePositives: Int, _ falseNegatives: Int) {
        self.truePositives = truePositives
        self.falsePositives = falsePositives
        self.falseNegatives = falseNegatives
    }
}
