import Foundation
import LanesCommandLine
import LanesRecipes

/// What decides what comes out of a run, as far as the command line says it; a checkpoint carries it, so that a run goes
/// on without being told again.
struct Experiment: Codable {
    var recipe: String?
    var data: String?
    var epochs: Int?
    var batchSize: Int?
    var learningRate: Double?
    var seed: UInt64?
    var trainLimit: Int?
    var switches: [String: String] = [:]
    var noAugmentation = false
    /// As it was typed.
    var command = ""
    /// Where the data came from, in words.
    var origin = ""

    /// The recipe that is named, changed as the options say.
    func chosenRecipe() throws -> Recipe {
        var chosen = try Recipe.named(recipe ?? Recipe.all[0].name, switches: switches)
        chosen.settings.epochs = epochs ?? chosen.settings.epochs
        chosen.settings.batchSize = batchSize ?? chosen.settings.batchSize
        chosen.settings.learningRate = learningRate ?? chosen.settings.learningRate
        if noAugmentation { chosen.settings.transforms = [] }
        return chosen
    }

    /// The same with everything in it that `recipe` has, as a checkpoint keeps it.
    func completed(by recipe: Recipe, seed: UInt64) -> Experiment {
        var all = self
        (all.recipe, all.switches, all.seed) = (recipe.name, recipe.switches, seed)
        (all.epochs, all.batchSize) = (recipe.settings.epochs, recipe.settings.batchSize)
        all.learningRate = recipe.settings.learningRate
        return all
    }

    /// - Parameter folder: Of the run that this is the experiment of.
    /// - Throws: `UsageError` that names the first option that was given and is not as in this run.
    func check(_ given: Experiment, folder: String) throws(UsageError) {
        func check<Value: Equatable>(_ option: String, _ given: Value?, _ ours: Value?) throws(UsageError) {
            guard let given, given != ours else { return }
            let expected = ours.map { "\($0)" } ?? "none"
            throw UsageError("\(option): found \(given), expected \(expected), as the run in \(folder) has it")
        }
        try check("RECIPE", given.recipe, recipe)
        try check("--epochs", given.epochs, epochs)
        try check("--batch-size", given.batchSize, batchSize)
        try check("--learning-rate", given.learningRate, learningRate)
        try check("--seed", given.seed, seed)
        try check("--train-limit", given.trainLimit, trainLimit)
        if given.noAugmentation { try check("--no-augmentation", true, noAugmentation) }
        for (name, value) in given.switches.sorted(by: { $0.key < $1.key }) {
            try check("--\(name)", value, switches[name])
        }
    }
}
