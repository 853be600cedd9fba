import Foundation
import LanesFiles
import LanesGraph
import LanesTraining

/// A network read from a file, and its recipe if it has one.
public struct SavedModel {
    /// The network, ready for use.
    public let model: Model
    /// nil for a network of another program.
    public let recipe: Recipe?
    /// How the training differed from the published experiment, as far as the file says.
    package let differences: [String]

    /// Reads a file that a training of a recipe or of another program wrote, or one with the tensors of a recipe's
    /// network.
    ///
    /// - Parameters:
    ///   - path: A safetensors file with PyTorch's names and layouts.
    ///   - recipe: The recipe's name, for a file of tensors that does not say it, as one that PyTorch wrote.
    /// - Throws: `RecipeError` where a file of tensors alone names no recipe and the caller neither, or one that is
    ///   unknown, `FileError` where there is no such file, its remarks are wrong or it holds NaN, `SafetensorsError`,
    ///   `ModelError` and `GraphError` where it is damaged or holds other tensors than the network.
    public init(contentsOf path: String, recipe name: String? = nil) throws {
        let file = try Safetensors(contentsOf: URL(fileURLWithPath: path))
        try Self.refuseCheckpoint(file)
        let ownName = file.metadata["recipe"]
        var recipe: Recipe?
        if let name = name ?? ownName {
            var switches: [String: String] = [:]
            // Those of another recipe say nothing about this one.
            if ownName ?? name == name {
                for known in ThreeHeadChanges.Switch.allCases {
                    switches[known.rawValue] = file.metadata[known.rawValue]
                }
            }
            recipe = try Self.recipe(name, switches: switches, blaming: ownName == name ? path : nil)
        }
        try self.init(file, recipe: recipe)
    }

    /// A network of any recipe.
    public init(contentsOf path: String, recipe: Recipe) throws {
        try self.init(Safetensors(contentsOf: URL(fileURLWithPath: path)), recipe: recipe)
    }

    private init(_ file: Safetensors, recipe: Recipe?) throws {
        self.recipe = recipe
        if Model.isModel(file), recipe == nil || recipe?.name == file.metadata["recipe"] {
            model = try Model(file)
        } else if let recipe {
            let graph = try recipe.graph()
            let parameters = try Parameters<Float>(graph, seed: 0)
            try parameters.load(file)
            model = try Model(
                graph, parameters, normalization: recipe.settings.normalization, classes: recipe.tasks.map(\.classes),
                metadata: file.metadata)
        } else {
            throw RecipeError(
                "\(file.source): the file holds tensors alone and names no recipe, expected --recipe NAME")
        }
        let parameters = model.parameters
        for name in parameters.names where parameters[name]?.allSatisfy(\.isFinite) == false {
            throw FileError.badData(
                file: file.source, problem: "tensor \(name): found a number that is infinite or NaN")
        }
        if let recipe {
            let name = model.metadata["recipe"]
            differences =
                name == nil
                ? ["nothing is known of its training"]
                : name != recipe.name
                    ? ["its file says that it is of recipe \(name ?? "")"]
                    : model.metadata["differences"].map { [$0] } ?? recipe.changes
        } else {
            differences = []
        }
    }

    private static func refuseCheckpoint(_ file: Safetensors) throws(ModelError) {
        guard file.metadata[Checkpoint.versionKey] != nil else { return }
        throw ModelError(
            file.source, found: "a training's checkpoint",
            expected: "a network, as in the file last.safetensors beside it")
    }

    /// - Parameter file: The path of the file that the name and the switches stand in; nil where the caller gave them.
    private static func recipe(_ name: String, switches: [String: String], blaming file: String?) throws -> Recipe {
        do {
            return try Recipe.named(name, switches: switches)
        } catch {
            guard let file else { throw error }
            throw FileError.badData(file: file, problem: "its remarks are wrong: \(error)")
        }
    }

    /// The remarks in a saved network's file: its recipe, and how its training differed from the published experiment.
    package static func metadata(of recipe: Recipe, seed: UInt64, differences: [String] = []) -> [String: String] {
        var own = ["recipe": recipe.name, "seed": "\(seed)"]
        if !differences.isEmpty { own["differences"] = differences.joined(separator: ", ") }
        return own.merging(recipe.switches) { own, _ in own }
    }
}
