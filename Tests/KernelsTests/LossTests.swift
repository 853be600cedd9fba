import Foundation
import LanesKernels
import TestSupport
import Testing

@Suite("Losses")
struct LossTests {
    @Test("Cross-entropy and its gradient against the definition, for every label", .namingCases)
    static func crossEntropiesCases() {
        forEach(logitRows) { Self().crossEntropies(logits: $0) }
    }

    func crossEntropies(logits: [Double]) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (input, count) = (GuardedBuffer<Scalar>(logits), logits.count)
            let reference = ReferenceSoftmax(input.values)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 1).values
            let factor = 0.375
            for label in 0..<count {
                for accumulating in [false, true] {
                    let gradient = GuardedBuffer<Scalar>(poisoned: count)
                    if accumulating { gradient.fill(with: initial) }
                    let workspace = GuardedBuffer<Scalar>(poisoned: count)
                    let loss = crossEntropy(
                        input.pointer, label: label, count: count, scale: Scalar(factor),
                        gradient: gradient.pointer, accumulating: accumulating, workspace: workspace.pointer)
                    let alone = crossEntropy(
                        input.pointer, label: label, count: count, scale: 1, gradient: nil, accumulating: false,
                        workspace: workspace.pointer)
                    #expect(alone == loss, "without a gradient")
                    // As in log-softmax.
                    expectClose(
                        GuardedBuffer<Scalar>([Double(loss)]), [-reference.logProbabilities[label]],
                        roundings: count + 11, magnitudes: [-reference.distances[label] + reference.logTotal + 1],
                        "label \(label)")
                    var (expected, bounds): ([Double], [Double]) = ([], [])
                    for i in 0..<count {
                        let start = accumulating ? initial[i] : 0
                        let (p, target) = (reference.probabilities[i], i == label ? 1.0 : 0)
                        expected.append(start + (p - target) * factor)
                        // As in softmax, and three more: the difference, the scale and the sum.
                        bounds.append(
                            roundingBound(
                                Scalar.self, roundings: count + 14 + Int(min(-reference.distances[i], 1000)),
                                magnitude: p * factor)
                                + roundingBound(
                                    Scalar.self, roundings: 3, magnitude: target * factor + abs(start)))
                    }
                    expectClose(gradient.values, expected, within: bounds, "\(Scalar.self) label \(label)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Cross-entropy with label smoothing against the definition", .namingCases)
    static func smoothedCrossEntropiesCases() {
        forEach(logitRows, [0.1, 0.75]) { Self().smoothedCrossEntropies(logits: $0, smoothing: $1) }
    }

    func smoothedCrossEntropies(logits: [Double], smoothing: Double) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (input, count) = (GuardedBuffer<Scalar>(logits), logits.count)
            let reference = ReferenceSoftmax(input.values)
            let workspace = GuardedBuffer<Scalar>(poisoned: count)
            for label in 0..<count {
                let gradient = GuardedBuffer<Scalar>(poisoned: count)
                let loss = crossEntropy(
                    input.pointer, label: label, count: count, smoothing: Scalar(smoothing), scale: 0.375,
                    gradient: gradient.pointer, accumulating: false, workspace: workspace.pointer)
                let targets = (0..<count).map { smoothing / Double(count) + ($0 == label ? 1 - smoothing : 0) }
                let terms = zip(targets, reference.logProbabilities).map { $0 == 0 ? 0 : -$0 * $1 }
                // As in log-softmax, and the target's two roundings, two products and two sums.
                let size = terms.reduce(0, +) + reference.logTotal + 1
                expectClose(
                    [Double(loss)], [terms.reduce(0, +)],
                    within: [
                        size.isFinite ? roundingBound(Scalar.self, roundings: 2 * count + 20, magnitude: size) : 0
                    ], "label \(label)")
                let expected = zip(reference.probabilities, targets).map { ($0 - $1) * 0.375 }
                let bounds = (0..<count).map {
                    roundingBound(
                        Scalar.self, roundings: count + 14 + Int(min(-reference.distances[$0], 1000)),
                        magnitude: reference.probabilities[$0] * 0.375)
                        + roundingBound(Scalar.self, roundings: 7, magnitude: (2 * smoothing + targets[$0]) * 0.375)
                }
                expectClose(gradient.values, expected, within: bounds, "\(Scalar.self) label \(label)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Cross-entropy with weights of classes against the definition", .namingCases)
    static func weightedCrossEntropiesCases() {
        forEach(logitRows, [0, 0.1, 0.75]) { Self().weightedCrossEntropies(logits: $0, smoothing: $1) }
    }

    func weightedCrossEntropies(logits: [Double], smoothing: Double) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (input, count) = (GuardedBuffer<Scalar>(logits), logits.count)
            let reference = ReferenceSoftmax(input.values)
            let workspace = GuardedBuffer<Scalar>(poisoned: count)
            let weights = (0..<count).map { [1.25, 0, 0.3, 2][$0 % 4] }
            for label in 0..<count {
                let gradient = GuardedBuffer<Scalar>(poisoned: count)
                let loss = weightedCrossEntropy(
                    input.pointer, label: label, classWeights: weights, smoothing: Scalar(smoothing), scale: 0.375,
                    gradient: gradient.pointer, workspace: workspace.pointer)
                let alone = weightedCrossEntropy(
                    input.pointer, label: label, classWeights: weights, smoothing: Scalar(smoothing), scale: 1,
                    gradient: nil, workspace: workspace.pointer)
                #expect(alone == loss, "without a gradient")
                let targets = (0..<count).map {
                    weights[$0] * (smoothing / Double(count) + ($0 == label ? 1 - smoothing : 0))
                }
                let (total, terms) = (
                    targets.reduce(0, +), zip(targets, reference.logProbabilities).map { $0 == 0 ? 0 : -$0 * $1 }
                )
                // As without weights; a term has the error of log-softmax as often as its target counts.
                let size = terms.reduce(0, +) + total * (reference.logTotal + 1)
                expectClose(
                    [Double(loss)], [terms.reduce(0, +)],
                    within: [
                        size.isFinite ? roundingBound(Scalar.self, roundings: 2 * count + 20, magnitude: size) : 0
                    ], "label \(label)")
                let expected = zip(reference.probabilities, targets).map { ($0 * total - $1) * 0.375 }
                let bounds = (0..<count).map {
                    roundingBound(
                        Scalar.self, roundings: count + 18 + Int(min(-reference.distances[$0], 1000)),
                        magnitude: reference.probabilities[$0] * total * 0.375)
                        + roundingBound(
                            Scalar.self, roundings: 7, magnitude: (4 * smoothing + targets[$0]) * 0.375)
                }
                expectClose(gradient.values, expected, within: bounds, "\(Scalar.self) label \(label)")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Cross-entropy's gradient against differences", .namingCases)
    func differences() {
        forEach([1, 2, 10, 17]) { count in
            let x = randomValues(count, in: -3...3)
            let label = count / 2
            let workspace = GuardedBuffer<Double>(poisoned: count)
            func loss(_ x: [Double]) -> Double {
                let input = GuardedBuffer<Double>(x)
                return crossEntropy(
                    input.pointer, label: label, count: count, scale: 1, gradient: nil, accumulating: false,
                    workspace: workspace.pointer)
            }
            let (input, gradient) = (GuardedBuffer<Double>(x), GuardedBuffer<Double>(poisoned: count))
            _ = crossEntropy(
                input.pointer, label: label, count: count, scale: 1, gradient: gradient.pointer, accumulating: false,
                workspace: workspace.pointer)
            // See SoftmaxTests for the magnitude.
            let bound = numericalGradientBound(
                magnitude: 9 + Foundation.log(Double(count)), roundings: count + 20)
            expectClose(
                gradient.values, numericalGradient(of: loss, at: x),
                within: [Double](repeating: bound, count: count))
        }
    }

    @Test("A NaN among the logits is a NaN loss", .namingCases)
    static func notANumberCases() {
        forEach(0..<17) { Self().notANumber(place: $0) }
    }

    func notANumber(place: Int) {
        var logits = randomValues(17)
        logits[place] = .nan
        let input = GuardedBuffer<Float>(logits)
        let workspace = GuardedBuffer<Float>(poisoned: 17)
        let loss = crossEntropy(
            input.pointer, label: 3, count: 17, scale: 1, gradient: nil, accumulating: false,
            workspace: workspace.pointer)
        #expect(loss.isNaN)
    }

    @Test("Negative log-likelihood", .namingCases)
    func likelihoods() {
        forEach([1, 2, 10, 17]) { count in
            func check<Scalar: KernelScalar>(_: Scalar.Type) {
                let input = GuardedBuffer<Scalar>(random: count, in: -5...0, seed: 1)
                // Eighths below 8 and a factor of 3/8 add exactly.
                let initial = randomValues(count, in: -8...8, seed: 2).map { ($0 * 8).rounded() / 8 }
                for label in 0..<count {
                    for accumulating in [false, true] {
                        let gradient = GuardedBuffer<Scalar>(poisoned: count)
                        if accumulating { gradient.fill(with: initial) }
                        let loss = negativeLogLikelihood(
                            input.pointer, label: label, count: count, scale: 0.375, gradient: gradient.pointer,
                            accumulating: accumulating)
                        #expect(loss == -input.pointer[label])
                        var expected = accumulating ? initial : [Double](repeating: 0, count: count)
                        expected[label] -= 0.375
                        expectSame(gradient.values, expected)
                    }
                    #expect(
                        negativeLogLikelihood(
                            input.pointer, label: label, count: count, scale: 1, gradient: nil, accumulating: false)
                            == -input.pointer[label])
                }
            }
            check(Float.self)
            check(Double.self)
        }
    }
}
