extension Recipe {
    /// All recipes, the default one first.
    public static let all: [Recipe] = [
        augmented, rotation, compact, merged, mlp, threehead, threeheadImproved, best,
    ]

    /// The recipe of a name, with the switches that it was trained with.
    ///
    /// - Parameter switches: As ``Recipe/switches`` has them.
    /// - Throws: `UsageError` for an unknown name, and for switches that are wrong or not this recipe's.
    public static func named(_ name: String, switches: [String: String] = [:]) throws(UsageError) -> Recipe {
        guard let recipe = all.first(where: { $0.name == name }) else {
            let names = all.map(\.name)
            let hint = closest(to: name, among: names).map { "did you mean \($0)?" }
            throw UsageError("unknown recipe '\(name)', \(hint ?? "expected one of " + names.joined(separator: ", "))")
        }
        guard !switches.isEmpty else { return recipe }
        let base: ThreeHeadChanges
        switch name {
        case threehead.name: base = ThreeHeadChanges()
        case threeheadImproved.name: base = .all
        default:
            throw UsageError(
                "--\(switches.keys.sorted()[0]): recipe \(name) has no such switch, only \(threehead.name) and "
                    + "\(threeheadImproved.name) have")
        }
        return threeHead(recipe, changes: try base.with(switches))
    }

    /// In what a training is another experiment than the published one.
    func differences(on data: DigitData) -> [String] {
        changes + (data.isMNIST ? [] : ["other images than MNIST's"])
            + (data.trainLimit.map { ["the first \(counted($0, "training image")) alone"] } ?? [])
    }

    /// What the command line can change, where it is not as in the recipe of this name.
    var changes: [String] {
        guard let original = Recipe.all.first(where: { $0.name == name }) else { return [] }
        var changes = switches.filter { original.switches[$0.key] != $0.value }.map { "\($0.key) \($0.value)" }.sorted()
        if epochs != original.epochs { changes.append("\(counted(epochs, "epoch")) instead of \(original.epochs)") }
        if batchSize != original.batchSize {
            changes.append("batch size \(batchSize) instead of \(original.batchSize)")
        }
        if learningRate != original.learningRate {
            changes.append("learning rate \(learningRate) instead of \(original.learningRate)")
        }
        if augmentation.isEmpty, !original.augmentation.isEmpty { changes.append("no augmentation") }
        return changes
    }
}

extension ThreeHeadChanges {
    /// The names of the switches, as on the command line.
    public enum Switch: String, CaseIterable, Sendable {
        case batchNorm = "batch-norm"
        case dropout
        case globalAveragePool = "global-average-pool"
        case lossWeights = "loss-weights"
    }

    /// These changes as a saved network's file carries them.
    var switches: [String: String] {
        [
            Switch.batchNorm.rawValue: "\(batchNorm)", Switch.dropout.rawValue: "\(dropout)",
            Switch.globalAveragePool.rawValue: "\(globalAveragePool)",
            Switch.lossWeights.rawValue: lossWeights.map { "\($0)" }.joined(separator: ","),
        ]
    }

    /// These changes with those of the switches that are given.
    func with(_ switches: [String: String]) throws(UsageError) -> ThreeHeadChanges {
        var changes = self
        // In an order, so that of several mistakes it is always the same that is told.
        for (name, text) in switches.sorted(by: { $0.key < $1.key }) {
            func wrong(_ expected: String) -> UsageError {
                UsageError("--\(name): found '\(text)', expected \(expected)")
            }
            func flag() throws(UsageError) -> Bool {
                guard let value = Bool(text) else { throw wrong("true or false") }
                return value
            }
            switch Switch(rawValue: name) {
            case .batchNorm: changes.batchNorm = try flag()
            case .globalAveragePool: changes.globalAveragePool = try flag()
            case .dropout:
                guard let value = Double(text), (0..<1).contains(value) else { throw wrong("a number of 0 to below 1") }
                changes.dropout = value
            case .lossWeights:
                let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
                guard values.count == 3, values.allSatisfy({ $0 >= 0 && $0.isFinite }),
                    values.contains(where: { $0 > 0 })
                else {
                    throw wrong("three numbers of 0 or more, not all 0, as in 2,1,1")
                }
                changes.lossWeights = values
            case nil: throw UsageError("unknown switch '\(name)'")
            }
        }
        return changes
    }
}
