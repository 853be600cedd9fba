import Datasets
import Foundation
import Kernels
import StaticGraph

/// A network read from a file: its recipe and its weights.
public struct SavedModel {
    public let recipe: Recipe
    public let graph: Graph
    public let parameters: Parameters<Float>
    /// The file's remarks, as a run's folder writes them.
    public let metadata: [String: String]

    /// A network of one of `Recipe.all`.
    ///
    /// - Parameters:
    ///   - path: A safetensors file with PyTorch's names and layouts.
    ///   - recipe: The recipe's name, for a file that does not say it, as one that PyTorch wrote.
    /// - Throws: `UsageError` where neither the file nor the caller names a recipe or the caller's is unknown,
    ///   `DatasetError` where the file's remarks are wrong, else as ``init(contentsOf:recipe:)-(_,Recipe)``.
    public init(contentsOf path: String, recipe name: String? = nil) throws {
        let file = try Self.read(path)
        guard let name = name ?? file.metadata["recipe"] else {
            throw UsageError("\(path): the file names no recipe, expected --recipe NAME")
        }
        var switches: [String: String] = [:]
        // Those of another recipe say nothing about this one.
        if file.metadata["recipe", default: name] == name {
            for known in ThreeHeadChanges.Switch.allCases { switches[known.rawValue] = file.metadata[known.rawValue] }
        }
        let isNamedByFile = file.metadata["recipe"] == name
        let recipe = try Self.recipe(name, switches: switches, blaming: isNamedByFile ? path : nil)
        try self.init(file, recipe: recipe)
    }

    /// A network of any recipe.
    ///
    /// - Throws: `DatasetError` where there is no such file, one of another normalization or with NaN, `FileError` where
    ///   it cannot be read, `SafetensorsError` where it is damaged or holds other tensors than the recipe's network.
    public init(contentsOf path: String, recipe: Recipe) throws {
        try self.init(Self.read(path), recipe: recipe)
    }

    private init(_ file: Safetensors, recipe: Recipe) throws {
        self.recipe = recipe
        metadata = file.metadata
        graph = try recipe.graph()
        parameters = Parameters(graph, seed: 0)
        try parameters.load(file)
        try Self.checkNormalization(of: file, for: recipe)
        for name in parameters.names where parameters[name]?.allSatisfy(\.isFinite) == false {
            throw DatasetError.badData(
                file: file.source, problem: "tensor \(name): found a number that is infinite or NaN")
        }
    }

    /// - Parameter file: The path of the file that the name and the switches stand in; nil where the caller gave them.
    private static func recipe(_ name: String, switches: [String: String], blaming file: String?) throws -> Recipe {
        do {
            return try Recipe.named(name, switches: switches)
        } catch {
            guard let file else { throw error }
            throw DatasetError.badData(file: file, problem: "its remarks are wrong: \(error)")
        }
    }

    private static func checkNormalization(of file: Safetensors, for recipe: Recipe) throws(DatasetError) {
        for (name, value) in ["mean": recipe.normalization.mean, "deviation": recipe.normalization.deviation] {
            guard let found = file.metadata[name], Float(found) != value else { continue }
            throw .badData(
                file: file.source, problem: "found \(name) \(found), expected \(value) of recipe \(recipe.name)")
        }
    }

    private static func read(_ path: String) throws -> Safetensors {
        guard FileManager.default.fileExists(atPath: path) else {
            throw DatasetError.missingInput(path: path, problem: "no such file")
        }
        return try Safetensors(contentsOf: URL(fileURLWithPath: path))
    }

    /// In what the network comes from another training than the published one, as far as its file says.
    var differences: [String] {
        guard let name = metadata["recipe"] else { return ["nothing is known of its training"] }
        guard name == recipe.name else { return ["its file says that it is of recipe \(name)"] }
        return metadata["differences"].map { [$0] } ?? recipe.changes
    }

    /// What a saved network's file says about itself: everything that is needed to use it again, and in what its training
    /// was not the published experiment.
    public static func metadata(
        of recipe: Recipe, seed: UInt64, differences: [String] = []
    ) -> [String: String] {
        var own = [
            "format": "pt", "recipe": recipe.name, "seed": "\(seed)", "mean": "\(recipe.normalization.mean)",
            "deviation": "\(recipe.normalization.deviation)",
        ]
        if !differences.isEmpty { own["differences"] = differences.joined(separator: ", ") }
        return own.merging(recipe.switches) { own, _ in own }
    }
}
