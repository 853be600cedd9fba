import Foundation
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

@testable import LanesExchange

@Suite("Networks as ONNX and Core ML")
struct ExportTests {
    /// y = w·x + b of two numbers, with names of their own.
    private func line() throws -> Model {
        let output = Node.input("x", Shape(channels: 2)).linear(1, name: "fc")
        let graph = try Graph(heads: [Head("y", output, loss: MeanSquaredError())])
        let parameters = try Parameters<Float>(graph, seed: 1)
        try parameters.set("fc.weight", to: [2, -0.5])
        try parameters.set("fc.bias", to: [1])
        return try Model(
            graph, parameters, normalization: [Normalization(mean: 1, deviation: 2)], classes: [[]],
            metadata: ["recipe": "line", "format": "pt"])
    }

    private func model(_ heads: [Head], classes: [[String]]? = nil) throws -> Model {
        let graph = try Graph(heads: heads)
        return try Model(
            graph, Parameters(graph, seed: 1), classes: classes ?? heads.map { _ in [] })
    }

    /// What onnx.checker accepts, and onnxruntime computes 1 of for (0, 0), and 2.5 for (1, 1).
    @Test("A small network's file, byte for byte")
    func goldenONNX() throws {
        var expected: [UInt8] = []
        func field(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag, UInt8(content.count)] + content }
        func text(_ tag: UInt8, _ text: String) -> [UInt8] { field(tag, Array(text.utf8)) }
        let transposed = text(0x0A, "transB") + [0x18, 1, 0xA0, 1, 2]
        let gemm =
            text(0x0A, "x") + text(0x0A, "fc.weight") + text(0x0A, "fc.bias") + text(0x12, "y") + text(0x1A, "fc")
            + text(0x22, "Gemm") + field(0x2A, transposed)
        let weight: [UInt8] =
            [0x08, 1, 0x08, 2, 0x10, 1] + text(0x42, "fc.weight") + field(0x4A, [0, 0, 0, 0x40, 0, 0, 0, 0xBF])
        let bias: [UInt8] = [0x08, 1, 0x10, 1] + text(0x42, "fc.bias") + field(0x4A, [0, 0, 0x80, 0x3F])
        func value(_ name: String, _ size: UInt8) -> [UInt8] {
            let shape = field(0x0A, text(0x12, "batch")) + field(0x0A, [0x08, size])
            return text(0x0A, name) + field(0x12, field(0x0A, [0x08, 1] + field(0x12, shape)))
        }
        let graph =
            field(0x0A, gemm) + text(0x12, "line") + field(0x2A, weight) + field(0x2A, bias)
            + field(0x5A, value("x", 2)) + field(0x62, value("y", 1))
        expected +=
            [0x08, 8] + text(0x12, "Lanes") + [0x3A, UInt8(graph.count & 0x7F) | 0x80, UInt8(graph.count >> 7)]
        expected += graph + field(0x42, text(0x0A, "") + [0x10, 17])
        let remarks = [
            ("input", "normalized"), ("normalization.x", #"{"deviation":[2],"mean":[1]}"#), ("recipe", "line"),
        ]
        for (key, remark) in remarks { expected += field(0x72, text(0x0A, key) + text(0x12, remark)) }
        #expect(try [UInt8](line().onnx()) == expected)
    }

    /// What coremltools' own messages of the same content are, serialized by Python.
    @Test("The same network's Core ML file, byte for byte")
    func goldenCoreML() throws {
        let lines = [
            "CAQSwQEKNgoBeBIlbm9ybWFsaXplZCBhcyB0aGUgZmlsZSdzIG1ldGFkYXRhIHNheRoKKggKAgECEKCABFIPCgF5GgoqCAoCAQEQ",
            "oIAEogZ1ChpBIG5ldHdvcmsgdHJhaW5lZCBieSBMYW5lc6IGEwoFaW5wdXQSCm5vcm1hbGl6ZWSiBi8KD25vcm1hbGl6YXRpb24u",
            "eBIceyJkZXZpYXRpb24iOlsyXSwibWVhbiI6WzFdfaIGDgoGcmVjaXBlEgRsaW5loh+SAQouCgd4L2ltYWdlEgF4Ggd4L2ltYWdl",
            "qkYWChT+//////////8B////////////AQowCgJmYxIHeC9pbWFnZRoCZmPiCBwIAhABUAGiAQoKCAAAAEAAAAC/qgEGCgQAAIA/",
            "CioKCHkvb3V0cHV0EgJmYxoBeYJGFgoU/v//////////Af///////////wEoATAB",
        ]
        #expect(try line().coreML().base64EncodedString() == lines.joined())
    }

    @Test("Inputs that are normalized inside, and probabilities")
    func options() throws {
        func nodes(_ model: Model, _ options: ONNXOptions) throws -> [String] {
            try ParsedMessage(model.onnx(options)).messages(7)[0].messages(1).map { $0.texts(4)[0] }
        }
        #expect(try nodes(line(), ONNXOptions()) == ["Gemm"])
        #expect(try nodes(line(), ONNXOptions(input: .values)) == ["Sub", "Div", "Gemm"])
        let plain = try model([Head("y", Node.input("x", Shape(channels: 2)).linear(3), loss: CrossEntropy())])
        #expect(try nodes(plain, ONNXOptions(input: .values)) == ["Gemm"])
        #expect(try nodes(plain, ONNXOptions(input: .bytes, probabilities: true)) == ["Sub", "Div", "Gemm", "Softmax"])
    }

    @Test("Classifiers have labels; networks of several heads give arrays")
    func classifiers() throws {
        let color = try ParsedMessage(
            ExportedNetworks.named("color").coreML(CoreMLOptions(input: .image, probabilities: true)))
        #expect(color.number(1) == 4)
        let network = try color.messages(403)[0]
        #expect(try network.messages(100)[0].texts(1) == ["cat", "dog, old", "\"fish\"", "Vögel"])
        let description = try color.messages(2)[0]
        #expect(description.texts(11) == ["animal"] && description.texts(12) == ["animalProbability"])
        let image = try description.messages(1)[0].messages(3)[0].messages(4)[0]
        #expect([1, 2, 3].map { image.number($0) } == [23, 19, 20])
        let table = try ParsedMessage(ExportedNetworks.named("table").coreML(CoreMLOptions(probabilities: true)))
        #expect(try table.messages(500).count == 1)
        #expect(try table.messages(2)[0].messages(10).map { $0.texts(1)[0] } == ["price", "answer", "tags", "kind"])
    }

    @Test("What cannot be said is refused by its name, and nothing is written")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let url = URL(fileURLWithPath: directory.path + "/file")
        func expect<E: Error & Equatable>(_ error: E, _ write: () throws -> Void, line: Int = #line) {
            let place = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
            #expect(throws: error, sourceLocation: place) { try write() }
            #expect(!FileManager.default.fileExists(atPath: url.path), sourceLocation: place)
        }
        let image = Node.input("image", Shape(channels: 6, height: 5, width: 5))
        let own = try model([Head("y", image.apply(Own(), name: "mine"), loss: MeanSquaredError())])
        let foreign = ModelError(
            "node mine", found: "a layer of type Own", expected: "one of Lanes' own, which other programs know too")
        expect(foreign) { try own.write(onnx: url) }
        expect(foreign) { try own.write(coreML: url) }
        for opset in [12, 18] {
            expect(SettingsError("opset", found: "\(opset)", expected: "13…17")) {
                try line().write(onnx: url, ONNXOptions(opset: opset))
            }
        }
        let wide = try model([Head("y", image.relu(), loss: MeanSquaredError())])
        expect(
            SettingsError(
                "input", found: "image for image of 6×5×5", expected: "an input of 1 or 3 channels, or arrays")
        ) { try wide.write(coreML: url, CoreMLOptions(input: .image)) }
        let pool = try model([Head("y", image.maxPool(2, dilation: 2, name: "pool"), loss: MeanSquaredError())])
        expect(
            ModelError(
                "node pool", found: "a max-pool 2×2 stride 2×2 dilation 2×2",
                expected: "one without dilation, which Core ML's have not")
        ) { try pool.write(coreML: url) }
        let same = try model([Head("image", image.relu(), loss: MeanSquaredError())])
        expect(ModelError("head image", found: "an input of the same name", expected: "different names")) {
            try same.write(onnx: url)
        }
        let logits = Node.input("x", Shape(channels: 2)).linear(3)
        let twice = try model([Head("y", logits, loss: CrossEntropy())], classes: [["a", "b", "a"]])
        expect(ModelError("head y", found: "two classes of one name", expected: "different names")) {
            try twice.write(coreML: url, CoreMLOptions(probabilities: true))
        }
        // What stands there already stays.
        try Data([1]).write(to: url)
        #expect(throws: ModelError.self) { try own.write(onnx: url) }
        #expect(try Data(contentsOf: url) == Data([1]))
        #expect(throws: FileError.self) { try line().write(onnx: url.appendingPathComponent("none")) }
        try line().write(onnx: url)
        #expect(try Data(contentsOf: url) == line().onnx())
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
    }

    @Test("Names that would be the same in a file get numbers, and inputs and heads keep theirs")
    func names() throws {
        let image = Node.input("x", Shape(channels: 2))
        let hidden = image.linear(2, name: "y").relu(name: "a/gate").silu(name: "a")
        let model = try model([
            Head("y", hidden.linear(1, name: "fc"), loss: MeanSquaredError()),
            Head("fc.weight", hidden, loss: MeanSquaredError()),
        ])
        let graph = try ParsedMessage(model.onnx()).messages(7)[0]
        let outputs = try graph.messages(1).map { $0.texts(2)[0] } + graph.messages(5).map { $0.texts(8)[0] }
        // A head may not have a parameter's name either.
        #expect(Set(outputs).count == outputs.count)
    }
}

/// A layer of somebody's own.
private struct Own: Layer {
    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
}
