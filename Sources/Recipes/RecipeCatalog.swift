import LanesTraining

extension Recipe {
    /// All recipes, the default one first.
    public static let all: [Recipe] = [
        augmented, rotation, compact, merged, mlp, threehead, threeheadImproved, best, sprint, tiny,
    ]

    /// The recipe of a name, with the switches that it was trained with.
    ///
    /// - Parameter switches: As ``Recipe/switches`` has them.
    /// - Throws: `RecipeError` for an unknown name, and for switches that are wrong or not this recipe's.
    public static func named(_ name: String, switches: [String: String] = [:]) throws(RecipeError) -> Recipe {
        guard let recipe = all.first(where: { $0.name == name }) else {
            let names = all.map(\.name)
            let hint = closest(to: name, among: names).map { "did you mean \($0)?" }
            throw RecipeError("unknown recipe '\(name)', \(hint ?? "expected one of " + names.joined(separator: ", "))")
        }
        guard !switches.isEmpty else { return recipe }
        let base: ThreeHeadChanges
        switch name {
        case threehead.name: base = ThreeHeadChanges()
        case threeheadImproved.name: base = .all
        default:
            throw RecipeError(
                "--\(switches.keys.sorted()[0]): recipe \(name) has no such switch, only \(threehead.name) and "
                    + "\(threeheadImproved.name) have")
        }
        return threeHead(recipe, changes: try base.with(switches))
    }

    /// How a training differs from the published experiment, a phrase for each difference.
    package func differences(on data: DigitData) -> [String] {
        changes + (data.isMNIST ? [] : ["other images than MNIST's"])
            + (data.trainLimit.map { ["the first \(counted($0, "training image")) alone"] } ?? [])
    }

    /// Which settings the command line has changed in the recipe of this name, a phrase for each.
    package var changes: [String] {
        guard let original = Recipe.all.first(where: { $0.name == name }) else { return [] }
        var changes = switches.filter { original.switches[$0.key] != $0.value }.map { "\($0.key) \($0.value)" }.sorted()
        if settings.epochs != original.settings.epochs {
            changes.append("\(counted(settings.epochs, "epoch")) instead of \(original.settings.epochs)")
        }
        if settings.batchSize != original.settings.batchSize {
            changes.append("batch size \(settings.batchSize) instead of \(original.settings.batchSize)")
        }
        if settings.learningRate != original.settings.learningRate {
            changes.append("learning rate \(settings.learningRate) instead of \(original.settings.learningRate)")
        }
        if settings.transforms.isEmpty, !original.settings.transforms.isEmpty { changes.append("no augmentation") }
        return changes
    }
}

extension ThreeHeadChanges {
    /// The names of the switches, as on the command line.
    public enum Switch: String, CaseIterable, Sendable {
        /// true or false.
        case batchNorm = "batch-norm"
        /// A probability, 0 to below 1.
        case dropout
        /// true or false.
        case globalAveragePool = "global-average-pool"
        /// Three numbers with commas between them.
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
    func with(_ switches: [String: String]) throws(RecipeError) -> ThreeHeadChanges {
        var changes = self
        // Sorted, so that of several mistakes the same one is always reported.
        for (name, text) in switches.sorted(by: { $0.key < $1.key }) {
            func wrong(_ expected: String) -> RecipeError {
                RecipeError("--\(name): found '\(text)', expected \(expected)")
            }
            func flag() throws(RecipeError) -> Bool {
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
            case nil: throw RecipeError("unknown switch '\(name)'")
            }
        }
        return changes
    }
}

/// A recipe or a switch that does not exist, or a value that a switch cannot have.
public struct RecipeError: Error, Equatable, CustomStringConvertible {
    public let description: String

    /// - Parameter description: What was found and what was expected.
    public init(_ description: String) { self.description = description }
}
