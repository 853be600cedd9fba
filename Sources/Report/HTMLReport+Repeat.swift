import Foundation
import LanesGraph
import LanesRecipes

extension HTMLReport {
    /// Everything that decides what comes out, and how to see that it did.
    var howToRepeat: Markup {
        let place = run.surroundings
        let facts = [
            ("data", run.origin), ("test images", grouped(run.test.count)),
            ("parameters", "\(grouped(run.parameterCount)), all trainable"),
            ("threads", "\(run.threads); any number gives the same results"),
            ("date", run.date.formatted(.iso8601)),
            ("processor", "\(place.processor), \(counted(place.cores, "core"))"),
            ("memory", String(format: "%.1f GB", Double(place.memoryBytes) / 1e9)), ("system", place.system),
            ("Swift", place.swift), ("commit", place.commit ?? "not in a git tree"),
        ]
        let rows: [Markup] = ((isTraining ? trainingFacts : []) + facts).map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>\n" }
        let digests: [Markup] = run.sampleDigests.map { name, value in
            let digest = value.split(separator: " ").last.map(String.init) ?? ""
            return "<dt>\(name), SHA-256</dt><dd><code>\(digest)</code></dd>\n"
        }
        let weights: Markup =
            run.weightsDigest.isEmpty
            ? "" : "<dt>weights, SHA-256</dt><dd><code>\(run.weightsDigest)</code></dd>\n"
        return """
            <section id="repeat">
            <h2>How to repeat it</h2>
            <dl class="facts">
            <dt>command</dt><dd><code>\(run.command)</code></dd>
            \(rows)\(digests)\(weights)</dl>
            </section>

            """
    }

    private var trainingFacts: [(String, String)] {
        let augmentation = recipe.settings.transforms.map(\.description).joined(separator: ", then ")
        let switches = recipe.switches.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let facts: [(String, String?)] = [
            ("seed", run.seed.map { "\($0)" }), ("epochs", "\(run.epochs.count)"),
            ("batch size", "\(recipe.settings.batchSize)"), ("optimizer", recipe.settings.optimizer.description),
            (
                "learning rate",
                "\(ChartAxis.short(recipe.settings.learningRate)), \(recipe.settings.schedule.description)"
            ),
            ("augmentation", augmentation.isEmpty ? "none" : augmentation),
            ("switches", switches.isEmpty ? nil : switches.joined(separator: ", ")),
            (
                "normalization",
                "(pixel/255 − \(recipe.settings.normalization[0].mean[0])) / \(recipe.settings.normalization[0].deviation[0])"
            ),
            ("training images", grouped(run.trainingCount)),
            ("validation images", run.validationCount == 0 ? "none held out" : grouped(run.validationCount)),
            (
                "best.safetensors",
                "the epoch with the best \(recipe.tasks[0].head) accuracy on the \(run.choosingImages) images"
            ),
        ]
        return facts.compactMap { name, fact in fact.map { (name, $0) } }
    }
}
