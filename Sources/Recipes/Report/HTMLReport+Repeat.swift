import Foundation
import StaticGraph

extension HTMLReport {
    /// Everything that decides what comes out, and how to see that it did.
    var howToRepeat: Markup {
        let facts = [
            ("data", run.origin), ("test images", grouped(run.test.count)),
            ("parameters", "\(grouped(run.parameterCount)), all trainable"),
            ("threads", "\(run.threads); any number gives the same results"),
            ("date", run.date.formatted(.iso8601)),
        ]
        let rows: [Markup] = ((isTraining ? trainingFacts : []) + facts).map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>\n" }
        return """
            <section>
            <h2>How to repeat it</h2>
            <dl class="facts">
            <dt>command</dt><dd><code>\(run.command)</code></dd>
            \(rows)<dt>weights, SHA-256</dt><dd><code>\(run.weightsDigest)</code></dd>
            </dl>
            </section>

            """
    }

    private var trainingFacts: [(String, String)] {
        let augmentation = recipe.augmentation.map(\.description).joined(separator: ", then ")
        let switches = recipe.switches.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let facts: [(String, String?)] = [
            ("seed", run.seed.map { "\($0)" }), ("epochs", "\(run.epochs.count)"),
            ("batch size", "\(recipe.batchSize)"), ("optimizer", recipe.optimizer.words),
            ("learning rate", "\(ChartAxis.short(recipe.learningRate)), \(recipe.schedule.words)"),
            ("augmentation", augmentation.isEmpty ? "none" : augmentation),
            ("switches", switches.isEmpty ? nil : switches.joined(separator: ", ")),
            ("normalization", "(pixel/255 − \(recipe.normalization.mean)) / \(recipe.normalization.deviation)"),
            ("training images", grouped(run.trainingCount)),
            ("validation images", run.validationCount == 0 ? nil : grouped(run.validationCount)),
        ]
        return facts.compactMap { name, fact in fact.map { (name, $0) } }
    }
}

extension Optimizer {
    fileprivate var words: String {
        func short(_ number: Double) -> String { ChartAxis.short(number) }
        return switch self {
        case .adam(let beta1, let beta2, let epsilon):
            "Adam, β₁ \(short(beta1)), β₂ \(short(beta2)), ε \(short(epsilon))"
        case .sgd(let momentum): "SGD, momentum \(short(momentum))"
        }
    }
}

extension LearningRateSchedule {
    fileprivate var words: String {
        switch self {
        case .constant: "constant"
        case .step(let epochs, let factor): "times \(ChartAxis.short(factor)) after every \(epochs) epochs"
        case .oneCycle(let rising):
            "rising for \(ChartAxis.short(100 * rising)) % of the training, then falling along a half cosine"
        }
    }
}
