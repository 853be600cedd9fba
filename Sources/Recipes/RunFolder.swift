import Foundation
import Kernels
import StaticGraph

/// The folder that a run's results go to: `metrics.jsonl`, a line an epoch, and the weights as safetensors with PyTorch's
/// names, `last.safetensors` and, of the epoch with the best first accuracy, `best.safetensors`.
///
/// Every file is written whole or not at all.
public struct RunFolder {
    private let folder: URL
    private let metadata: [String: String]
    private var metrics = Data()
    private var best = -1.0

    /// Makes the folder, with those above it.
    ///
    /// - Throws: `FileError` where that is impossible.
    public init(_ path: String, recipe: Recipe, seed: UInt64) throws {
        folder = URL(fileURLWithPath: path, isDirectory: true)
        metadata = [
            "format": "pt", "recipe": recipe.name, "seed": "\(seed)", "mean": "\(recipe.normalization.mean)",
            "deviation": "\(recipe.normalization.deviation)",
        ]
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError(path: path, operation: "make the folder", reason: error.localizedDescription)
        }
        // An empty file now, so that a folder that cannot be written to is known before the training and not after it.
        try AtomicFile.write(metrics, to: folder.appendingPathComponent("metrics.jsonl"))
    }

    /// Adds an epoch's line and its weights.
    public mutating func add(_ line: Data, accuracy: Double, parameters: Parameters<Float>) throws {
        metrics += line
        try AtomicFile.write(metrics, to: folder.appendingPathComponent("metrics.jsonl"))
        let weights = try parameters.stateDictionary(metadata: metadata)
        try weights.write(to: folder.appendingPathComponent("last.safetensors"))
        guard accuracy > best else { return }
        best = accuracy
        try weights.write(to: folder.appendingPathComponent("best.safetensors"))
    }
}
