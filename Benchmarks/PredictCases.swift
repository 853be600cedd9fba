import Foundation
import LanesGraph
import LanesKernels
import LanesRecipes
import LanesTraining

/// `predict/NETWORK/1`, `predict/NETWORK/1/all` and `predict/NETWORK/256`: what a loaded model answers to one image on one
/// thread, to one on all, and to 256 on all, from the caller's numbers to the answers.
func predictCases(threads: Int) -> [Case] {
    StepNetwork.all.flatMap { network in
        [("1", 1, 1), ("1/all", 1, threads), ("256", 256, threads)].map { name, batch, threads in
            Case(name: "predict/\(network.name)/\(name)") {
                let graph = try network.graph()
                let classes = graph.heads.indices.map { (0..<graph.outputShape(ofHead: $0).count).map(String.init) }
                let model = try Model(
                    graph, Parameters<Float>(graph, seed: 1), normalization: [.mnist], classes: classes)
                var random = RandomStream(seed: 1, purpose: .gradientCheck)
                let images = (0..<batch).map { _ in
                    (0..<graph.inputs[0].shape.count).map { _ in Float(random.uniform()) }
                }
                let samples = images.map { [$0] }
                return Work(
                    operations: 2 * Double(graph.multiplyAdds * batch), threads: threads,
                    verify: { try verifyPrediction(model, images[0]) },
                    time: { seconds in
                        // Once outside of the closure, so that what it throws is not lost.
                        _ = try model.predict(batch: samples, threads: threads)
                        return timeCalls(seconds: seconds) {
                            _ = try? model.predict(batch: samples, threads: threads)
                        }
                    }, plain: nil)
            }
        }
    }
}

/// Compares an answer with that of an executor of the whole graph in Double.
private func verifyPrediction(_ model: Model, _ image: [Float]) throws -> String? {
    let parameters = try Parameters<Double>(model.graph, seed: 1)
    let single = model.parameters
    for name in single.names { try parameters.set(name, to: (single[name] ?? []).map { Double($0) }) }
    let normalization = model.normalization[0]
    let values = image.map { ($0 - normalization.mean[0]) / normalization.deviation[0] }
    let executor = try Executor(
        model.graph, parameters: parameters, mode: .prediction, batchSize: 1, threads: 1)
    try executor.run(steps: 0..<1, from: OneSample(values: values.map { Double($0) }))
    let answer = try model.predict(image)
    for (head, output) in answer.heads.enumerated() {
        // As in a training step: some ten operations of sums whose roundings are independent.
        let exact = executor.output(ofHead: head)
        let greatest = exact.map(\.magnitude).max() ?? 0
        let tolerance = 10 * Double(image.count).squareRoot() * ulp * max(greatest, 1)
        if let wrong = difference("output of \(output.name)", output.output, exact, tolerance: { _ in tolerance }) {
            return wrong
        }
    }
    return nil
}

private struct OneSample: BatchSource {
    let values: [Double]

    func sampleCount(ofStep step: Int) -> Int { 1 }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Double>) {
        for index in 0..<values.count { values[index] = self.values[index] }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Double>) {}
}
