import Foundation
import LanesGraph
import LanesKernels
import LanesRecipes
import LanesTraining

/// `predict/RECIPE/1` and `predict/RECIPE/256`: what a loaded model answers to one image on one thread, and to 256 on all,
/// from the caller's numbers to the answers.
func predictCases(threads: Int) -> [Case] {
    Recipe.all.flatMap { recipe in
        [1, 256].map { batch in
            Case(name: "predict/\(recipe.name)/\(batch)") {
                let graph = try recipe.graph()
                let model = try Model(
                    graph, Parameters<Float>(graph, seed: 1), normalization: recipe.settings.normalization,
                    classes: recipe.tasks.map(\.classes))
                var random = RandomStream(seed: 1, purpose: .gradientCheck)
                let images = (0..<batch).map { _ in
                    (0..<Recipe.imageShape.count).map { _ in Float(random.uniform()) }
                }
                let used = batch == 1 ? 1 : threads
                let samples = images.map { [$0] }
                return Work(
                    operations: 2 * Double(graph.multiplyAdds * batch), threads: used,
                    verify: { try verifyPrediction(model, images[0]) },
                    time: { seconds in
                        // Once outside of the closure, so that what it throws is not lost.
                        _ = try model.predict(batch: samples, threads: used)
                        return timeCalls(seconds: seconds) { _ = try? model.predict(batch: samples, threads: used) }
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
