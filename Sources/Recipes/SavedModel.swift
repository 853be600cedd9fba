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
    /// - Throws: `UsageError` where neither the file nor the caller names a recipe that there is, else as
    ///   ``init(contentsOf:recipe:)-(_,Recipe)``.
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
        try self.init(file, recipe: try Recipe.named(name, switches: switches))
    }

    /// A network of any recipe.
    ///
    /// - Throws: `DatasetError` where there is no such file, `FileError` where it cannot be read, `SafetensorsError` where
    ///   it is damaged or holds other tensors than the recipe's network.
    public init(contentsOf path: String, recipe: Recipe) throws {
        try self.init(Self.read(path), recipe: recipe)
    }

    private init(_ file: Safetensors, recipe: Recipe) throws {
        self.recipe = recipe
        metadata = file.metadata
        graph = try recipe.graph()
        parameters = Parameters(graph, seed: 0)
        try parameters.load(file)
    }

    private static func read(_ path: String) throws -> Safetensors {
        guard FileManager.default.fileExists(atPath: path) else {
            throw DatasetError.missingInput(path: path, problem: "no such file")
        }
        return try Safetensors(contentsOf: URL(fileURLWithPath: path))
    }

    /// What a saved network's file says about itself: everything that is needed to use it again.
    public static func metadata(of recipe: Recipe, seed: UInt64) -> [String: String] {
        let own = [
            "format": "pt", "recipe": recipe.name, "seed": "\(seed)", "mean": "\(recipe.normalization.mean)",
            "deviation": "\(recipe.normalization.deviation)",
        ]
        return own.merging(recipe.switches) { own, _ in own }
    }
}
