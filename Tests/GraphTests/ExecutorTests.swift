import Foundation
import LanesKernels
import Synchronization
import Testing

@testable import LanesGraph

@Suite struct ExecutorTests {
    // MARK: Modes

    @Test func inferenceDropsNothing() throws {
        let x = Node.input("x", Shape(channels: 300))
        let graph = try Graph(heads: [x.dropout(0.5).projected()])
        let inputs = values(of: RandomBatches<Double>(graph, size: 2), count: 300, samples: 2)
        #expect(try output(of: graph, mode: .inference) == inputs)
        let dropped = try output(of: graph, mode: .training(nil))
        #expect(zip(dropped, inputs).allSatisfy { $0 == 0 || $0 == 2 * $1 })
        let kept = dropped.filter { $0 != 0 }.count
        // Of 600 fair coins, five standard deviations are 61.
        #expect(abs(kept - 300) <= 61)
    }

    @Test func batchNormKeepsRunningAverages() throws {
        let x = Node.input("x", Shape(channels: 3, height: 2, width: 2))
        let graph = try Graph(heads: [x.batchNorm(name: "norm").projected()])
        let parameters = try Parameters<Double>(graph, seed: 1)
        try parameters.set("norm.weight", to: [2, -1, 0.5])
        try parameters.set("norm.bias", to: [0.25, 0, 1])
        let batches = RandomBatches<Double>(graph, size: 5)
        for mode in [Executor<Double>.Mode.inference, .training(nil)] {
            let executor = try Executor(graph, parameters: parameters, mode: mode, batchSize: 5, threads: 2)
            try executor.run(steps: 0..<1, from: batches)
            #expect(parameters["norm.running_mean"] == [0, 0, 0] && parameters["norm.running_var"] == [1, 1, 1])
        }
        let trainer = try Executor(graph, parameters: parameters, mode: .training(.sgd()), batchSize: 5, threads: 2)
        try trainer.run(steps: 0..<1, from: batches)

        let inputs = values(of: batches, count: 12, samples: 5)
        let outputs = try output(of: graph, mode: .inference, parameters: parameters, batchSize: 5)
        for channel in 0..<3 {
            let numbers = stride(from: channel, to: 60, by: 3).map { inputs[$0] }
            let mean = numbers.reduce(0, +) / 20
            let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
            let runningMean = try #require(parameters["norm.running_mean"])[channel]
            let runningVariance = try #require(parameters["norm.running_var"])[channel]
            // Sums of 20 numbers below 1, and a few operations on them.
            #expect(abs(runningMean - 0.1 * mean) < 40 * 0x1p-53)
            #expect(abs(runningVariance - (0.9 + 0.1 * variance)) < 40 * 0x1p-53)
            let (weight, bias) = ([2, -1, 0.5][channel], [0.25, 0, 1][channel])
            for index in stride(from: channel, to: 60, by: 3) {
                let expected = weight * (inputs[index] - runningMean) / (runningVariance + 1e-5).squareRoot() + bias
                #expect(abs(outputs[index] - expected) < 16 * 0x1p-53 * 4)
            }
        }
    }

    @Test func inferenceReportsLossesAndPredictions() throws {
        let x = Node.input("x", Shape(channels: 4))
        let graph = try Graph(heads: [Head("class", x, loss: .crossEntropy, weight: 3)])
        let batches = RandomBatches<Double>(graph, size: 6)
        let executor = try Executor(
            graph, parameters: Parameters<Double>(graph, seed: 1), mode: .inference, batchSize: 8, threads: 2)
        let inputs = values(of: batches, count: 4, samples: 6)
        let seen = Mutex(0)
        let report: @Sendable (StepResult<Double>) -> Void = { result in
            seen.withLock { $0 += 1 }
            #expect(result.step == 0 && result.samples == 6)
            var (correct, loss) = (0, 0.0)
            for sample in 0..<6 {
                let logits = Array(inputs[sample * 4..<sample * 4 + 4])
                let (best, label) = (logits.firstIndex(of: logits.max() ?? 0), result.label(ofHead: 0, sample: sample))
                #expect(result.prediction(ofHead: 0, sample: sample) == best)
                if best == label { correct += 1 }
                loss += log(logits.reduce(0) { $0 + exp($1) }) - logits[label]
            }
            #expect(result.correct(ofHead: 0) == correct)
            #expect(abs(result.loss(ofHead: 0) - loss / 6) < 32 * 0x1p-53)
            #expect(result.loss == 3 * result.loss(ofHead: 0))
        }
        try executor.run(steps: 0..<1, from: batches, report: report)
        #expect(seen.withLock { $0 } == 1)
        #expect(executor.gradient(of: "class") == nil)
    }

    // MARK: Max-pool ties

    @Test func ofEqualValuesTheFirstGetsTheGradient() throws {
        let x = Node.input("x", Shape(channels: 1, height: 4, width: 4))
        let graph = try Graph(heads: [x.maxPool(2).projected()])
        let executor = try Executor(
            graph, parameters: Parameters<Double>(graph, seed: 1), mode: .training(nil), batchSize: 1, threads: 1,
            inputGradients: true)
        // Upstream gradients 5, 6, 7, 8; ties of positive, zero and negative numbers.
        let image: [Double] = [1, 1, -1, -2, 1, 1, -1, -1, 0, 0, 3, 4, 0, 0, 4, 4]
        try executor.run(steps: 0..<1, from: FixedBatch(input: image, target: [5, 6, 7, 8]))
        #expect(executor.output(ofHead: 0) == [1, -1, 0, 4])
        #expect(executor.gradient(ofInput: 0) == [5, 0, 6, 0, 0, 0, 0, 0, 7, 0, 0, 8, 0, 0, 0, 0])
    }

    @Test func overlappingWindowsWithTiesAddUp() throws {
        let x = Node.input("x", Shape(channels: 1, height: 1, width: 4))
        let pooled = x.maxPool(Extent(height: 1, width: 2), stride: 1)
        let graph = try Graph(heads: [pooled.projected()])
        let executor = try Executor(
            graph, parameters: Parameters<Double>(graph, seed: 1), mode: .training(nil), batchSize: 1, threads: 1,
            inputGradients: true)
        try executor.run(steps: 0..<1, from: FixedBatch(input: [2, 3, 3, 3], target: [5, 7, 11]))
        #expect(executor.gradient(ofInput: 0) == [0, 12, 11, 0])
    }

    // MARK: Helpers

    private func output(
        of graph: Graph, mode: Executor<Double>.Mode, parameters: Parameters<Double>? = nil, batchSize: Int = 2
    ) throws -> [Double] {
        let executor = try Executor(
            graph, parameters: parameters ?? Parameters(graph, seed: 1), mode: mode, batchSize: batchSize, threads: 1)
        try executor.run(steps: 0..<1, from: RandomBatches<Double>(graph, size: batchSize))
        return executor.output(ofHead: 0)
    }

    private func values(of batches: RandomBatches<Double>, count: Int, samples: Int) -> [Double] {
        (0..<samples).flatMap { sample in
            var values = [Double](repeating: 0, count: count)
            var span = values.mutableSpan
            batches.load(sample: sample, ofStep: 0, input: 0, into: &span)
            return values
        }
    }
}

/// One sample with given numbers, of one input and one head.
struct FixedBatch: BatchSource {
    let input: [Double]
    let target: [Double]

    func sampleCount(ofStep step: Int) -> Int { 1 }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Double>) {
        for index in 0..<values.count { values[index] = self.input[index] }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Double>) {
        for index in 0..<values.count { values[index] = target[index] }
    }
}
