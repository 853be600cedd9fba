import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

/// What parameters are before the first step, as PyTorch's layers have it.
@Suite struct InitializationTests {
    private static let image = Node.input("x", Shape(channels: 12, height: 4, width: 4))

    /// A layer and the numbers that each of its outputs sees (for a transposed convolution: PyTorch's count of them).
    static let layers: [(name: String, node: Node, inputs: Int)] = [
        ("linear", image.flatten().linear(20, name: "layer"), 192),
        ("convolution", image.conv2d(20, kernel: 3, name: "layer"), 108),
        ("convolution in groups", image.conv2d(20, kernel: 3, groups: 4, name: "layer"), 27),
        ("depthwise", image.conv2d(24, kernel: 3, groups: 12, name: "layer"), 9),
        ("transposed", image.convTranspose2d(20, kernel: 3, groups: 2, name: "layer"), 90),
    ]

    /// Uniform in ±1/√inputs: PyTorch's `kaiming_uniform_` with a = √5, and the same of biases.
    @Test(.namingCases)
    static func boundsOfWeightsCases() {
        forEach(layers.indices) { try Self().boundsOfWeights(index: $0) }
    }

    func boundsOfWeights(index: Int) throws {
        let (_, node, inputs) = Self.layers[index]
        let graph = try Graph(heads: [node.projected()])
        let bound = 1 / Double(inputs).squareRoot()
        for name in ["layer.weight", "layer.bias"] {
            let seeds = UInt64(1)...10
            let numbers = try seeds.flatMap { try #require(Parameters<Double>(graph, seed: $0)[name]) }
            let (least, greatest) = (numbers.min() ?? 0, numbers.max() ?? 0)
            #expect(greatest <= bound && least >= -bound, "\(name)")
            // Of 200 numbers or more, none is in the outer twentieth with a probability of 0.975²⁰⁰ = 0.6 %.
            #expect(greatest > 0.95 * bound && least < -0.95 * bound, "\(name)")
            let mean = numbers.reduce(0, +) / Double(numbers.count)
            #expect(abs(mean) < 5 * bound / (3 * Double(numbers.count)).squareRoot(), "\(name)")
        }
    }

    @Test func normalizationsChangeNothingAtFirst() throws {
        let node = Self.image.batchNorm(name: "b").layerNorm(name: "l").groupNorm(3, name: "g")
        let parameters = try Parameters<Float>(Graph(heads: [node.projected()]), seed: 1)
        for (name, value) in [
            ("b.weight", 1), ("b.bias", 0), ("b.running_mean", 0), ("b.running_var", 1), ("l.weight", 1), ("l.bias", 0),
            ("g.weight", 1), ("g.bias", 0),
        ] as [(String, Float)] {
            #expect(
                parameters[name]?.isEmpty == false && parameters[name]?.allSatisfy { $0 == value } == true, "\(name)")
        }
    }

    /// Each tensor has random numbers of its own, which those before it have no part in.
    @Test func tensorsAreDrawnByThemselves() throws {
        func weights(first: Int) throws -> (first: [Double], second: [Double]) {
            let x = Node.input("x", Shape(channels: 3))
            let node = x.linear(first, bias: false, name: "first").linear(3, bias: false, name: "second")
            let parameters = try Parameters<Double>(Graph(heads: [node.projected()]), seed: 1)
            return (parameters["first.weight"] ?? [], parameters["second.weight"] ?? [])
        }
        let small = try weights(first: 3)
        #expect(small.first.count == 9 && small.second.count == 9 && small.first != small.second)
        #expect(Set(small.first + small.second).count == 18)
        // The same directions, in spite of the greater tensor before it; the bound alone differs.
        let large = try weights(first: 12).second
        let factor = (3.0 / 12).squareRoot()
        #expect(zip(small.second, large).allSatisfy { abs($0 * factor - $1) < 1e-15 })
    }
}
