import Foundation
import LanesGraph
import TestSupport
import Testing

@testable import LanesTraining

@Suite("How sure answers are")
struct ConfidenceTests {
    /// Of one class the answers in order: probability, and whether it was right.
    private func confidence(_ answers: [(Double, Bool)]) -> Confidence {
        var confidence = Confidence(classes: 2)
        for (sample, (probability, isRight)) in answers.enumerated() {
            confidence.add(.init(sample: sample, prediction: isRight ? 0 : 1, probability: probability), label: 0)
        }
        return confidence
    }

    @Test("The expected calibration error, by hand")
    func calibrationError() {
        // Bins of 1/15: 0.95, 0.99 and 1 in the last one, right 2 of 3; 0.62 and 0.66 in the tenth, right 2 of 2; 0.6 is the
        // upper end of the ninth.
        let confidence = confidence([
            (0.95, true), (0.99, false), (1, true), (0.62, true), (0.66, true), (0.6, false),
        ])
        #expect(confidence.bins.map(\.count) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3])
        #expect(confidence.bins.map(\.correct) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2])
        // 3/6·|2/3 − 0.98| + 2/6·|1 − 0.64| + 1/6·|0 − 0.6|
        let error = 0.5 * (0.98 - 2.0 / 3) + 0.36 / 3 + 0.1
        #expect(abs(confidence.expectedCalibrationError - error) < 1e-12)
    }

    @Test("The surest right answers and the least sure ones are kept in order, of equal ones the first")
    func extremes() throws {
        let probabilities = [0.9, 0.5, 0.7, 0.9, 0.6, 0.8, 0.99, 0.4, 0.95, 0.5]
        let confidence = confidence(probabilities.enumerated().map { ($1, $0 != 6) })
        #expect(confidence.surest[0].map(\.sample) == [8, 0, 3, 5, 2, 4])
        #expect(confidence.leastSure[0].map(\.sample) == [7, 1, 9, 4, 2, 5])
        #expect(confidence.surest[1].isEmpty && confidence.leastSure[1].isEmpty)
        #expect(confidence.isConsistent(samples: 10, classes: 2))
        #expect(!confidence.isConsistent(samples: 9, classes: 2) && !confidence.isConsistent(samples: 10, classes: 1))
        // A file may say anything.
        let json = String(decoding: try JSONEncoder().encode(confidence), as: UTF8.self)
        let forged = json.replacing(#/"count":[1-9]\d*/#, with: #""count":-1"#)
        try #require(forged != json)
        let read = try JSONDecoder().decode(Confidence.self, from: Data(forged.utf8))
        #expect(!read.isConsistent(samples: 10, classes: 2))
        // What is not a number is in no bin.
        #expect(self.confidence([(.nan, true)]).bins.allSatisfy { $0.count == 0 })
    }
}
