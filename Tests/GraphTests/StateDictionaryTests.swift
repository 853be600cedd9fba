import LanesKernels
import LanesGraph
import LanesTraining
import LanesFiles
import TestSupport
import Testing

@Suite struct StateDictionaryTests {
    /// Every kind of parameter: panels of convolution and of a linear layer behind a flatten, vectors, state.
    private func graph(features: Int = 5) throws -> Graph {
        let image = Node.input("image", Shape(channels: 3, height: 5, width: 4))
        let logits = image.conv2d(18, kernel: 3, padding: 1, name: "conv1").batchNorm(name: "bn1").relu().maxPool(2)
            .flatten().linear(features, name: "fc1")
        return try Graph(heads: [Head("class", logits, loss: .crossEntropy)])
    }

    @Test func theTensorsAreThoseOfPyTorch() throws {
        let file = try Parameters<Float>(graph(), seed: 7).stateDictionary()
        let shapes = [
            "conv1.weight": [18, 3, 3, 3], "conv1.bias": [18], "bn1.weight": [18], "bn1.bias": [18],
            "bn1.running_mean": [18], "bn1.running_var": [18], "bn1.num_batches_tracked": [], "fc1.weight": [5, 72],
            "fc1.bias": [5],
        ]
        #expect(file.tensors.mapValues(\.shape) == shapes)
        for (name, tensor) in file.tensors {
            #expect(tensor.type == (name == "bn1.num_batches_tracked" ? .int64 : .float32), "\(name)")
        }
        #expect(file.metadata == ["format": "pt"])
        #expect(try Parameters<Double>(graph(), seed: 7).stateDictionary().tensors["fc1.bias"]?.type == .float64)
    }

    @Test func whatWasSavedIsLoadedToTheBit() throws {
        try roundTrip(in: Float.self)
        try roundTrip(in: Double.self)
    }

    private func roundTrip<Scalar: KernelScalar & SafetensorsElement>(in type: Scalar.Type) throws {
        let written = try Parameters<Scalar>(graph(), seed: 7)
        try written.set("bn1.num_batches_tracked", to: [16_777_216])
        try written.set("fc1.bias", to: [-0.0, .infinity, .leastNonzeroMagnitude, 0.1, -3])
        let read = try Parameters<Scalar>(graph(), seed: 8)
        #expect(try read.bytes() != written.bytes())
        try read.load(Safetensors(written.stateDictionary().encoded(), source: "saved"))
        #expect(try read.bytes() == written.bytes())
        #expect(try read.stateDictionary().encoded() == written.stateDictionary().encoded())
    }

    @Test func eitherPrecisionLoadsIntoEither() throws {
        let single = try Parameters<Float>(graph(), seed: 7)
        let double = try Parameters<Double>(graph(), seed: 8)
        try double.load(single.stateDictionary())
        for name in single.names { #expect(double[name] == single[name]?.map { Double($0) }, "\(name)") }
        try double.set("fc1.bias", to: [0.1, 0.2, 0.3, 0.4, 0.5])
        try single.load(double.stateDictionary())
        #expect(single["fc1.bias"] == [0.1, 0.2, 0.3, 0.4, 0.5])
    }

    /// The bytes for a digest follow the graph, not the names, and each tensor PyTorch's order.
    @Test func bytesAreInTheOrderOfTheGraph() throws {
        let parameters = try Parameters<Float>(graph(), seed: 7)
        var expected: [UInt8] = []
        for name in [
            "conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
            "bn1.num_batches_tracked", "fc1.weight", "fc1.bias",
        ] {
            expected += try #require(parameters.stateDictionary().tensors[name]).bytes
        }
        #expect(try parameters.bytes() == expected)
    }

    enum Mistake: CaseIterable {
        case missing, unexpected, reshaped, type, typeOfCount

        func make(in file: inout Safetensors) throws {
            switch self {
            case .missing: file.tensors["fc1.bias"] = nil
            case .unexpected: file.tensors["fc2.bias"] = file.tensors["fc1.bias"]
            case .reshaped: file.tensors["fc1.weight"] = try .init(shape: [72, 5], [Float](repeating: 0, count: 360))
            case .type: file.tensors["fc1.bias"] = try .init(shape: [5], [Int32](repeating: 0, count: 5))
            case .typeOfCount: file.tensors["bn1.num_batches_tracked"] = try .init(shape: [], [Float(3)])
            }
        }

        var message: String {
            switch self {
            case .missing: "file: tensor fc1.bias: found no such tensor, expected one of type F32"
            case .unexpected:
                """
                file: tensor fc2.bias: found no parameter of this name, expected only conv1.weight, conv1.bias, \
                bn1.weight, bn1.bias, bn1.running_mean, bn1.running_var, bn1.num_batches_tracked, fc1.weight, fc1.bias
                """
            case .reshaped: "file: tensor fc1.weight: found shape [72, 5], expected [5, 72]"
            case .type: "file: tensor fc1.bias: found type I32, expected F32"
            case .typeOfCount: "file: tensor bn1.num_batches_tracked: found type F32, expected I64"
            }
        }
    }

    @Test(.namingCases)
    static func aFileThatDoesNotFitChangesNothingCases() {
        forEach(Mistake.allCases) { try Self().aFileThatDoesNotFitChangesNothing($0) }
    }

    func aFileThatDoesNotFitChangesNothing(_ mistake: Mistake) throws {
        let parameters = try Parameters<Float>(graph(), seed: 7)
        let before = try parameters.bytes()
        var file = try Safetensors(
            Parameters<Float>(graph(), seed: 8).stateDictionary().encoded(), source: "file")
        try mistake.make(in: &file)
        let error = #expect(throws: SafetensorsError.self) { try parameters.load(file) }
        #expect(error?.description == mistake.message)
        #expect(try parameters.bytes() == before)
    }

    @Test func anotherGraphsFileIsRefused() throws {
        let parameters = try Parameters<Float>(graph(), seed: 7)
        let before = try parameters.bytes()
        let other = try Parameters<Float>(graph(features: 6), seed: 7).stateDictionary()
        let error = #expect(throws: SafetensorsError.self) { try parameters.load(other) }
        #expect(error?.kind == .shape)
        #expect(try parameters.bytes() == before)
    }

    @Test func settingChecksNameAndCount() throws {
        let parameters = try Parameters<Float>(graph(), seed: 7)
        let before = try parameters.bytes()
        let count = #expect(throws: GraphError.self) { try parameters.set("fc1.bias", to: [1, 2]) }
        #expect(count?.description == "fc1.bias: got 2 numbers, needs 5 for shape [5]")
        let name = #expect(throws: GraphError.self) { try parameters.set("fc9.bias", to: [1, 2]) }
        #expect(name?.node == "fc9.bias")
        #expect(try parameters.bytes() == before)
    }

    /// A count that files cannot hold is an error, not a trap.
    @Test(.namingCases)
    func aCountIsWhole() {
        forEach([Float.nan, .infinity, 0.5, 9.3e18] as [Float]) { count in
            let parameters = try Parameters<Float>(graph(), seed: 7)
            try parameters.set("bn1.num_batches_tracked", to: [count])
            #expect(throws: SafetensorsError.self) { try parameters.stateDictionary() }
        }
    }
}
