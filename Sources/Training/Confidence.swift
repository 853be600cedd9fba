/// How sure a network was of its answers, and how far that was justified.
public struct Confidence: Sendable, Equatable, Codable {
    /// The answers whose probability lies in one of equal parts of 0…1.
    public struct Bin: Sendable, Equatable, Codable {
        /// How many answers there are.
        public internal(set) var count = 0
        /// How many of them are right.
        public internal(set) var correct = 0
        var probabilities = 0.0

        /// The fraction of right answers; 0 where there are none at all.
        public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }
        /// The mean of the probabilities; 0 where there are none.
        public var probability: Double { count == 0 ? 0 : probabilities / Double(count) }
    }

    /// What was answered to one sample.
    public struct Answer: Sendable, Equatable, Codable {
        /// Which of the dataset's samples.
        public let sample: Int
        /// The number of the class that was answered.
        public let prediction: Int
        /// What the network gave that class, 0…1.
        public let probability: Double
    }

    /// Bin b of n holds the probabilities above b/n up to (b + 1)/n.
    public private(set) var bins: [Bin]
    /// Of the samples of each class the right answers that the network was surest of, the surest first.
    public private(set) var surest: [[Answer]]
    /// Of the samples of each class the answers, right or wrong, that it was least sure of, the least sure first.
    public private(set) var leastSure: [[Answer]]

    /// As many as Guo et al. take ("On Calibration of Modern Neural Networks", 2017).
    private static let binCount = 15
    /// How many answers of each class are kept.
    private static let keptAnswers = 6

    init(classes: Int) {
        bins = Array(repeating: Bin(), count: Self.binCount)
        surest = Array(repeating: [], count: classes)
        leastSure = surest
    }

    /// The mean distance of accuracy and probability, bins counting by their samples (Guo et al., equation 3).
    public var expectedCalibrationError: Double {
        let total = bins.reduce(0) { $0 + $1.count }
        return bins.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.probability) } / Double(max(total, 1))
    }

    /// Answers must come in the order of their samples: of equal ones the first are kept.
    mutating func add(_ answer: Answer, label: Int) {
        guard answer.probability.isFinite else { return }
        let place = (answer.probability * Double(bins.count)).rounded(.up) - 1
        let bin = min(max(Int(place), 0), bins.count - 1)
        let isRight = answer.prediction == label
        bins[bin].count += 1
        bins[bin].correct += isRight ? 1 : 0
        bins[bin].probabilities += answer.probability
        if isRight { Self.insert(answer, into: &surest[label]) { $0.probability > $1.probability } }
        Self.insert(answer, into: &leastSure[label]) { $0.probability < $1.probability }
    }

    private static func insert(
        _ answer: Answer, into answers: inout [Answer], isBefore: (Answer, Answer) -> Bool
    ) {
        if answers.count == keptAnswers {
            guard isBefore(answer, answers[keptAnswers - 1]) else { return }
            answers.removeLast()
        }
        answers.insert(answer, at: answers.firstIndex { isBefore(answer, $0) } ?? answers.count)
    }

    /// Whether it can be of so many samples and classes; a checkpoint may say anything.
    func isConsistent(samples: Int, classes: Int) -> Bool {
        bins.count == Self.binCount
            && bins.allSatisfy {
                (0...samples).contains($0.count) && $0.correct >= 0 && $0.correct <= $0.count
                    && $0.probabilities.isFinite
            }
            && surest.count == classes && leastSure.count == classes
            && (surest + leastSure).joined().allSatisfy {
                (0..<samples).contains($0.sample) && (0..<classes).contains($0.prediction)
            }
    }
}
