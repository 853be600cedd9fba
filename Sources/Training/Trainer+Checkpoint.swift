import Foundation
import LanesFiles
import LanesGraph
import LanesKernels

extension Trainer {
    /// The training as it stands, between two steps.
    ///
    /// - Parameter conditions: What a training that goes on from it must have; none where it is this trainer itself.
    func checkpoint(conditions: [Checkpoint.Condition] = []) throws -> Checkpoint {
        var parts = [Checkpoint.weights: try parameters.stateDictionary()]
        for (index, state) in executor.optimizerState().enumerated() {
            parts[Checkpoint.optimizer(index)] = try state.stateDictionary()
        }
        parts[Checkpoint.averages] = try executor.averages?.stateDictionary()
        parts[Checkpoint.best] = try best?.stateDictionary()
        let isBetweenEpochs = partial.sum.steps == 0
        return Checkpoint(
            Checkpoint.Record(
                conditions: conditions, step: step, isFinished: isFinished, epochs: epochs,
                bestEpoch: bestEpoch?.epoch, sum: isBetweenEpochs ? nil : try partial.sum.saved(),
                seconds: partial.seconds, history: history),
            parts: parts)
    }

    /// Takes everything over from a checkpoint of a training under the same conditions.
    ///
    /// - Throws: `ModelError` or `SafetensorsError` where it contradicts itself.
    func restore(_ checkpoint: Checkpoint) throws {
        let record = checkpoint.record
        let weights = try checkpoint.parameters(Checkpoint.weights, like: parameters)
        let state = try (0..<executor.optimizerStateCount).map {
            try checkpoint.parameters(Checkpoint.optimizer($0), like: parameters)
        }
        let averages = try executor.averages.map { try checkpoint.parameters(Checkpoint.averages, like: $0) }
        let bestEpoch = record.epochs.first { $0.epoch == record.bestEpoch }
        let sum = ResultSum(graph, metrics)
        if let saved = record.sum { try sum.restore(saved) }
        // The last epoch may be cut short by the settings or by `stop`.
        let isConsistent =
            record.epochs.enumerated().allSatisfy { $1.epoch == $0 + 1 } && (0...steps).contains(record.step)
            && (bestEpoch == nil) == record.epochs.isEmpty && (0...stepsPerEpoch).contains(sum.steps)
            && sum.count == min(sum.steps * batchSize, training.count)
            && (record.isFinished || record.step == record.epochs.count * stepsPerEpoch + sum.steps)
        guard isConsistent else {
            throw ModelError(
                "checkpoint", found: "step \(record.step) after \(record.epochs.count) epochs",
                expected: "\(stepsPerEpoch) steps an epoch, \(steps) in all")
        }
        for epoch in record.epochs { try check(epoch) }
        try recorder.restore(record.history, step: record.step)
        best =
            settings.keepsBest && bestEpoch != nil
            ? try checkpoint.parameters(Checkpoint.best, like: parameters) : nil
        executor.restore(weights, optimizerState: state, averages: averages)
        (step, epochs, self.bestEpoch, partial) = (record.step, record.epochs, bestEpoch, (sum, record.seconds))
        if record.isFinished { step = steps }
    }

    /// - Throws: `ModelError` unless an epoch's results are of this network and these data.
    private func check(_ epoch: EpochResult) throws(ModelError) {
        let parts =
            [(epoch.training, training), (epoch.validation, validation), (epoch.test, test)]
            as [(Evaluation?, (any Dataset)?)]
        for (evaluation, dataset) in parts {
            guard (evaluation == nil) == (dataset == nil) else {
                throw ModelError(
                    "epoch \(epoch.epoch)", found: "results of other data", expected: "those of this training")
            }
            guard let evaluation, let dataset else { continue }
            // None where the details were left out.
            let classes = evaluation.confusions.map(\.classes)
            let all = partial.sum.confusions.map(\.classes)
            let isOurs =
                evaluation.metrics.map(\.name) == partial.sum.names && (classes == all || classes == all.map { _ in 0 })
                && evaluation.accuracies.count == all.count
                && evaluation.mistakes.count == classes.count
                && zip(evaluation.mistakes, classes).allSatisfy { mistakes, classes in
                    mistakes.allSatisfy {
                        (0..<dataset.count).contains($0.sample) && (0..<classes).contains($0.label)
                            && (0..<classes).contains($0.prediction)
                    }
                }
                && evaluation.confidences.map { confidences in
                    confidences.count == classes.count
                        && zip(confidences, classes).allSatisfy { confidence, classes in
                            confidence?.isConsistent(samples: dataset.count, classes: classes) ?? true
                        }
                } ?? true
            guard isOurs else {
                throw ModelError(
                    "epoch \(epoch.epoch)", found: "results of another network", expected: "those of this training")
            }
        }
    }

    /// Of the training, validation and test samples their number and SHA-256, in words, as far as there are such.
    package func sampleDigests() throws -> [(name: String, value: String)] {
        try currentConditions().filter { $0.name.hasSuffix(" samples") && $0.value != "none" }
            .map { ($0.name, $0.value) }
    }

    /// Everything that decides what comes out, worked out once.
    func currentConditions() throws -> [Checkpoint.Condition] {
        if let conditions { return conditions }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var network = SHA256()
        network.update([UInt8](try encoder.encode(GraphDescription(graph))))
        // Words say nothing of a schedule's last digits, nor of what a program's own does.
        let factors = [0, 1, 3, 7, 15].map { settings.schedule.factor(steps * $0 / 16, stepsPerEpoch, steps) }
        // What others may follow from comes first.
        var all = [("network", "one of SHA-256 \(network.hexadecimal())")]
        for (name, dataset) in [("training", training), ("validation", validation), ("test", test)]
            as [(String, (any Dataset)?)]
        {
            let value = try dataset.map { "\($0.count) of SHA-256 \(try $0.digest())" }
            all.append(("\(name) samples", value ?? "none"))
        }
        all += settings.conditions + [("factors of the schedule", "\(factors)")]
        let result = all.map { Checkpoint.Condition(name: $0.0, value: $0.1) }
        conditions = result
        return result
    }
}

extension TrainingSettings {
    /// All settings but the threads, which change nothing, with their values in words.
    var conditions: [(String, String)] {
        [
            ("epochs", "\(epochs)"), ("steps", steps.map { "\($0)" } ?? "those of the epochs"),
            ("batch size", "\(batchSize)"), ("learning rate", "\(learningRate)"), ("schedule", schedule.description),
            ("arithmetic", "\(hasFusedMultiplyAdd ? "with" : "without") fused multiply-add"),
            ("optimizer", optimizer.description), ("decay of vectors", "\(optimizer.decaysVectors)"),
            (
                "normalization",
                normalization.map { "means \($0.mean), deviations \($0.deviation)" }.joined(separator: "; ")
            ),
            ("transforms", transforms.isEmpty ? "none" : transforms.map(\.description).joined(separator: ", then ")),
            ("metrics", chosenMetrics.map(\.name).joined(separator: ", ")),
            ("criterion", "the \(criterion.prefersGreater ? "greatest" : "least") \(criterion.figure)"),
            ("keeping of the best epoch", "\(keepsBest)"), ("patience", patience.map { "\($0)" } ?? "none"),
            ("seed", "\(seed)"),
        ]
    }
}
