import Foundation
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

@testable import LanesExchange

private let folder = ProcessInfo.processInfo.environment["LANES_EXPORTS"]

/// What `Fixtures/check_exports.py` compares: networks as ONNX and Core ML, samples, and our answers to them.
@Suite("Networks written for other programs")
struct WrittenNetworksTests {
    @Test(.enabled(if: folder != nil, "set LANES_EXPORTS to a folder"), .namingCases)
    func write() throws {
        let folder = URL(fileURLWithPath: try #require(folder))
        try AtomicFile.makeFolder(folder.path)
        forEach(ExportedNetworks.names) { name in
            let model = try ExportedNetworks.named(name)
            try answers(of: model).write(to: folder.appendingPathComponent("\(name).safetensors"))
            func file(_ suffix: String) -> URL { folder.appendingPathComponent("\(name)-\(suffix)") }
            for opset in 13...17 where opset == 13 || opset == 17 || name == "layers" {
                try model.write(onnx: file("\(opset)-normalized.onnx"), ONNXOptions(opset: opset))
            }
            try model.write(onnx: file("17-values.onnx"), ONNXOptions(input: .values))
            try model.write(
                onnx: file("13-bytes-probabilities.onnx"), ONNXOptions(opset: 13, input: .bytes, probabilities: true))
            guard name != "dilated" else { return }
            try model.write(coreML: file("array.mlmodel"), CoreMLOptions())
            try model.write(
                coreML: file("values-probabilities.mlmodel"), CoreMLOptions(input: .array(.values), probabilities: true)
            )
            let areImages = model.graph.inputs.allSatisfy { $0.shape.isVector || [1, 3].contains($0.shape.channels) }
            guard areImages else { return }
            try model.write(
                coreML: file("image-probabilities.mlmodel"), CoreMLOptions(input: .image, probabilities: true))
        }
    }

    /// 100 samples, as `predict` takes them, and its answers: channels, height, width, or vectors.
    private func answers(of model: Model) throws -> Safetensors {
        let count = 100
        var random = RandomStream(seed: 7, purpose: .shuffle)
        let samples = (0..<count).map { _ in
            model.graph.inputs.map { input in
                (0..<input.shape.count).map { _ in Float(UInt8.random(in: 0...255, using: &random)) / 255 }
            }
        }
        var file = Safetensors()
        for (name, tensor) in try model.parameters.stateDictionary().tensors where tensor.type == .float32 {
            file.tensors["weight/\(name)"] = tensor
        }
        for (index, input) in model.graph.inputs.enumerated() {
            let raw = samples.map { $0[index] }
            let normalized = raw.map { sample in
                var sample = sample
                var span = sample.mutableSpan
                model.normalization[index].apply(to: &span)
                return sample
            }
            file.tensors["values/\(input.name)"] = try tensor(raw, input.shape)
            file.tensors["normalized/\(input.name)"] = try tensor(normalized, input.shape)
        }
        let predictions = try model.predict(batch: samples, threads: 1)
        for (index, head) in model.graph.heads.enumerated() {
            let shape = model.graph.outputShape(ofHead: index)
            file.tensors["output/\(head.name)"] = try tensor(predictions.map { $0.heads[index].output }, shape)
            let probabilities = predictions.map { $0.heads[index].probabilities.map { Float($0) } }
            guard !probabilities[0].isEmpty else { continue }
            file.tensors["probability/\(head.name)"] = try tensor(
                probabilities, Shape(channels: probabilities[0].count))
        }
        return file
    }

    /// Samples of [height][width][channels] as [sample, channels, height, width].
    private func tensor(_ samples: [[Float]], _ shape: Shape) throws -> Safetensors.Tensor {
        let positions = shape.height * shape.width
        let values = samples.flatMap { sample in
            (0..<shape.count).map { sample[$0 % positions * shape.channels + $0 / positions] }
        }
        return try Safetensors.Tensor(shape: [samples.count] + shape.dimensions, values)
    }
}
