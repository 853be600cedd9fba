import Datasets
import Foundation
import Kernels
import StaticGraph

/// A network read from a file: its recipe and its weights.
public struct SavedModel {
    public let recipe: Recipe
    public let graph: Graph
    public let parameters: Parameters<Float>
    /// The file's remarks, as `metadata(of:seed:)` writes them.
    public let metadata: [String: String]

    /// - Parameters:
    ///   - path: A safetensors file with PyTorch's names and layouts.
    ///   - recipe: The recipe's name, for a file that does not say it, as one that PyTorch wrote.
    /// - Throws: `DatasetError` where there is no such file, `SafetensorsError` for a file that is damaged or holds other tensors than the recipe's network,
    ///   `UsageError` where neither the file nor the caller names a recipe.
    public init(contentsOf path: String, recipe name: String? = nil) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw DatasetError.missingInput(path: path, problem: "no such file")
        }
        let file = try Safetensors(contentsOf: URL(fileURLWithPath: path))
        metadata = file.metadata
        guard let name = name ?? metadata["recipe"] else {
            throw UsageError("\(path): the file names no recipe, expected --recipe NAME")
        }
        var switches: [String: String] = [:]
        // Those of another recipe say nothing about this one.
        if metadata["recipe", default: name] == name {
            for known in ThreeHeadChanges.Switch.allCases { switches[known.rawValue] = metadata[known.rawValue] }
        }
        recipe = try Recipe.named(name, switches: switches)
        graph = try recipe.graph()
        parameters = Parameters(graph, seed: 0)
        try parameters.load(file)
    }

    /// What a saved network's file says about itself: everything that is needed to use it again.
    static func metadata(of recipe: Recipe, seed: UInt64) -> [String: String] {
        let own = [
            "format": "pt", "recipe": recipe.name, "seed": "\(seed)", "mean": "\(recipe.normalization.mean)",
            "deviation": "\(recipe.normalization.deviation)",
        ]
        return own.merging(recipe.switches) { own, _ in own }
    }
}
