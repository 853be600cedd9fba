import Foundation
import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// Every loss on what it is given directly, so that nothing but its own gradient is checked.
@Suite struct LossGradientTests {
    struct LossCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let head: @Sendable (Node) -> Head

        init(_ name: String, _ loss: some Loss, of layer: @escaping @Sendable (Node) -> Node = { $0 }) {
            testDescription = name
            head = { Head(name, layer($0), loss: loss, weight: 1.5) }
        }
    }

    /// For five classes.
    static let ofClasses: [LossCase] = [
        LossCase("cross-entropy", .crossEntropy),
        LossCase("cross-entropy of log-softmax", .crossEntropy) { $0.logSoftmax() },
        LossCase("smoothed", .crossEntropy(labelSmoothing: 0.2)),
        LossCase("weighted", .crossEntropy(classWeights: [1, 0.3, 2, 0, 0.7])),
        LossCase("one ignored", .crossEntropy(ignoreIndex: 2)),
        LossCase(
            "smoothed, weighted, one ignored",
            .crossEntropy(labelSmoothing: 0.1, classWeights: [1, 0.3, 2, 3, 0.7], ignoreIndex: 0)),
        LossCase("likelihood", .negativeLogLikelihood) { $0.logSoftmax() },
        LossCase("likelihood, weighted", NegativeLogLikelihood(classWeights: [1, 0.3, 2, 0, 0.7])) { $0.logSoftmax() },
        LossCase("likelihood, one ignored", NegativeLogLikelihood(ignoreIndex: 4)) { $0.logSoftmax() },
    ]

    static let ofValues: [LossCase] = [
        LossCase("mean squared error", .meanSquaredError), LossCase("mean absolute error", .meanAbsoluteError),
        LossCase("Huber", .huber()), LossCase("Huber, 0.3", .huber(delta: 0.3)),
        LossCase("binary cross-entropy", .binaryCrossEntropy), LossCase("projection", .projection),
    ]

    @Test(.namingCases)
    static func classesCases() {
        forEach(ofClasses, [1, 4, 20]) { try Self().classes($0, samples: $1) }
    }

    func classes(_ loss: LossCase, samples: Int) throws {
        try expectCorrectGradients([loss.head(Node.input("x", Shape(channels: 5)))], samples: samples)
    }

    @Test(.namingCases)
    static func vectorsCases() {
        forEach(ofValues, [1, 4, 20]) { try Self().vectors($0, samples: $1) }
    }

    func vectors(_ loss: LossCase, samples: Int) throws {
        try expectCorrectGradients([loss.head(Node.input("x", Shape(channels: 5)))], samples: samples)
    }

    @Test(.namingCases)
    static func imagesCases() {
        forEach(ofValues) { try Self().images($0) }
    }

    func images(_ loss: LossCase) throws {
        try expectCorrectGradients([loss.head(Node.input("x", Shape(channels: 3, height: 3, width: 2)))])
    }

    @Test(.namingCases)
    func manyClasses() {
        forEach([2, 17, 35]) { count in
            let x = Node.input("x", Shape(channels: count))
            try expectCorrectGradients([Head("class", x, loss: .crossEntropy(labelSmoothing: 0.1))])
            try expectCorrectGradients([Head("class", x.logSoftmax(), loss: .negativeLogLikelihood)])
        }
    }

    @Test func twoLossesOfOneNode() throws {
        let x = Node.input("x", Shape(channels: 17)).linear(5)
        try expectCorrectGradients([
            Head("a", x, loss: .huber(), weight: 0.3), Head("b", x, loss: .crossEntropy(ignoreIndex: 1)),
            Head("c", x, loss: .binaryCrossEntropy, weight: 2),
        ])
    }

    /// What PyTorch's mean over the batch is: Σ wᵢ·lossᵢ / Σ wᵢ.
    @Test(.namingCases)
    func theMeanOfWeightedSamples() {
        forEach([nil, 2] as [Int?]) { ignored in
            let weights = [1, 0.25, 3, 0, 0.5]
            let graph = try Graph(heads: [
                Head(
                    "a", .input("x", Shape(channels: 5)),
                    loss: .crossEntropy(classWeights: weights, ignoreIndex: ignored))
            ])
            let executor = try Executor(
                graph, parameters: Parameters<Double>(graph, seed: 1), mode: .inference, batchSize: 24, threads: 1)
            try executor.run(steps: 0..<1, from: RandomBatches<Double>(graph, size: 24)) { result in
                var (sum, total) = (0.0, 0.0)
                for sample in 0..<24 {
                    let x = result.output(ofHead: 0, sample: sample)
                    let label = result.label(ofHead: 0, sample: sample)
                    let weight = label == ignored ? 0 : weights[label]
                    let largest = x.max() ?? 0
                    let logSum = largest + log(x.reduce(0) { $0 + exp($1 - largest) })
                    sum += weight * (logSum - x[label])
                    total += weight
                }
                #expect(total > 0 && abs(result.loss(ofHead: 0) - sum / total) < 64 * 0x1p-53)
            }
        }
    }

    @Test(.namingCases)
    func aBatchOfIgnoredSamplesCountsNothing() {
        forEach([1, 3]) { threads in
            let x = Node.input("x", Shape(channels: 4))
            let graph = try Graph(heads: [
                Head("a", x.linear(3, name: "fc"), loss: .crossEntropy(ignoreIndex: -100)),
                Head("b", x.linear(2, name: "log").logSoftmax(), loss: NegativeLogLikelihood(ignoreIndex: -1)),
            ])
            var batches = RandomBatches<Double>(graph, size: 20)
            batches.mislabeled = (0..<20).flatMap { [(0, $0, 0, -100.0), (0, $0, 1, -1.0)] }
            let executor = try Executor(
                graph, parameters: Parameters<Double>(graph, seed: 1), mode: .training(nil), batchSize: 20,
                threads: threads, inputGradients: true)
            try executor.run(steps: 0..<1, from: batches) { result in
                #expect(result.loss == 0 && result.loss(ofHead: 0) == 0 && result.loss(ofHead: 1) == 0)
            }
            for name in ["fc.weight", "fc.bias", "log.weight", "log.bias"] {
                #expect(executor.gradient(of: name)?.allSatisfy { $0 == 0 } == true, "\(name)")
            }
            #expect(executor.gradient(ofInput: 0).allSatisfy { $0 == 0 })
        }
    }

    @Test func aLabelThatIsIgnoredElsewhereIsRefused() throws {
        let graph = try Graph(heads: [
            Head("a", .input("x", Shape(channels: 4)), loss: .crossEntropy(ignoreIndex: -100))
        ])
        var batches = RandomBatches<Double>(graph, size: 2)
        batches.mislabeled = [(0, 1, 0, -1)]
        let executor = try Executor(
            graph, parameters: Parameters<Double>(graph, seed: 1), mode: .inference, batchSize: 2, threads: 1)
        let error = #expect(throws: TrainingError.self) { try executor.run(steps: 0..<1, from: batches) }
        #expect(
            error
                == .target(problem: "label -1, expected one of the classes 0…3", head: "a", sample: 1, step: 0))
    }
}
