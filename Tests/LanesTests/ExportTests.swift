import Foundation
import Lanes
import Testing

/// A user's program writes its network for other programs.
@Suite struct ExportTests {
    @Test func aNetworkIsWrittenForOtherPrograms() throws {
        try withTemporaryFolder { folder in
            let image = Node.input("image", Shape(channels: 3, height: 8, width: 8))
            let output = image.conv2d(4, kernel: 3).relu().globalAveragePool().linear(2)
            let graph = try Graph(heads: [Head("animal", output, loss: .crossEntropy)])
            let model = try Model(graph, Parameters(graph, seed: 1), classes: [["cat", "dog"]])
            let onnx = folder.appendingPathComponent("animal.onnx")
            try model.write(onnx: onnx, ONNXOptions(opset: 15, input: .bytes, probabilities: true))
            let coreML = folder.appendingPathComponent("animal.mlmodel")
            try model.write(coreML: coreML, CoreMLOptions(input: .image, probabilities: true))
            #expect(try Data(contentsOf: onnx).count > 1000 && Data(contentsOf: coreML).count > 1000)
        }
    }
}
