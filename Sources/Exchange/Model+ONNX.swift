import Foundation
import LanesFiles
import LanesTraining

/// How a network is written as ONNX.
public struct ONNXOptions: Sendable {
    /// The version of ONNX's operators, 13…17. What an older one lacks is composed of what it has.
    public var opset = 17
    /// What numbers the inputs take.
    public var input = InputValues.normalized
    /// Whether heads that tell classes give probabilities, as `Prediction` does; otherwise what the network gives: logits
    /// or their logarithms.
    public var probabilities = false

    /// - Parameters:
    ///   - opset: The version of ONNX's operators, 13…17.
    ///   - input: What numbers the inputs take.
    ///   - probabilities: Whether heads that tell classes give probabilities.
    public init(opset: Int = 17, input: InputValues = .normalized, probabilities: Bool = false) {
        (self.opset, self.input, self.probabilities) = (opset, input, probabilities)
    }
}

extension Model {
    /// The network as ONNX (onnx.ai), for onnxruntime and others: IR version 8, weights under PyTorch's names.
    ///
    /// Inputs and outputs have the names of the graph's inputs and heads. They hold Floats, [batch, channels, height, width]
    /// or [batch, features], for batches of any size. The file's metadata says of each head its classes, of each input its
    /// normalization, and what else the model's own metadata does, such as the recipe.
    ///
    /// - Throws: `SettingsError` for another opset than 13…17, `ModelError` for a layer that is not one of Lanes' own, for
    ///   a head that has the name of an input, and for a network of 2 GB or more.
    public func onnx(_ options: ONNXOptions = ONNXOptions()) throws -> Data {
        guard ONNXFile.opsets.contains(options.opset) else {
            throw SettingsError(
                "opset", found: "\(options.opset)",
                expected: "\(ONNXFile.opsets.lowerBound)…\(ONNXFile.opsets.upperBound)")
        }
        var network = ONNXNetwork(try ExportedModel(self), options)
        return try network.file().message.content(of: "ONNX")
    }

    /// Writes the network as ONNX, atomically.
    ///
    /// - Throws: What ``onnx(_:)`` throws, and `FileError` where the file cannot be written. Nothing has been written then.
    public func write(onnx url: URL, _ options: ONNXOptions = ONNXOptions()) throws {
        try AtomicFile.write(onnx(options), to: url)
    }
}
