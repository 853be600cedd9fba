import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesGraph

/// Values in the middle of a network, read after a step.
@Suite struct StepResultTests {
    private static let names = ["image", "conv", "act", "pool", "flat", "drop", "fc"]

    private func network() throws -> Graph {
        let x = Node.input("image", Shape(channels: 2, height: 5, width: 4))
        let pooled = x.conv2d(3, kernel: 2, name: "conv").relu(name: "act").maxPool(2, stride: 1, name: "pool")
        let vector = pooled.flatten(name: "flat").dropout(0.5, name: "drop").linear(4, name: "fc")
        return try Graph(heads: [Head("class", vector, loss: .crossEntropy)])
    }

    /// The values of every sample of a step, by name, and the output of the head.
    private func values(
        _ names: [String], mode: Executor<Double>.Mode
    ) throws -> (values: [String: [[Double]]], output: [Double]) {
        let graph = try network()
        let executor = try Executor(
            graph, parameters: Parameters<Double>(graph, seed: 1), mode: mode, batchSize: 3, threads: 2, values: names)
        let seen = Mutex<[String: [[Double]]]>([:])
        try executor.run(steps: 0..<1, from: RandomBatches<Double>(graph, size: 3)) { result in
            for name in Self.names {
                let values = (0..<3).compactMap { result.values(of: name, sample: $0) }
                seen.withLock { $0[name] = values }
            }
        }
        return (seen.withLock { $0 }, executor.output(ofHead: 0))
    }

    @Test(.namingCases)
    func allOfThem() {
        forEach([false, true]) { isTraining in
            let mode: Executor<Double>.Mode = isTraining ? .training(.adam()) : .prediction
            let (values, output) = try values(Self.names, mode: mode)
            let reference = try self.values([], mode: mode)
            #expect(output == reference.output)
            #expect(Self.names.filter { $0 != "fc" }.allSatisfy { reference.values[$0] == [] })
            for sample in 0..<3 {
                let numbers = try Self.names.map { try #require(values[$0])[sample] }
                try #require(numbers.map(\.count) == [40, 36, 36, 18, 18, 18, 4])
                let (conv, act, pool, flat, drop, fc) = (
                    numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]
                )
                #expect(conv.contains { $0 < 0 } && act == conv.map { max($0, 0) })
                for place in 0..<18 {
                    let (row, column, channel) = (place / 6, place / 3 % 2, place % 3)
                    let window = [0, 3, 9, 12].map { act[(row * 3 + column) * 3 + channel + $0] }
                    #expect(pool[place] == window.max())
                    // PyTorch's order.
                    #expect(flat[channel * 6 + row * 2 + column] == pool[place])
                }
                #expect(zip(drop, flat).allSatisfy { $0 == (isTraining ? 2 * $1 : $1) || (isTraining && $0 == 0) })
                #expect(fc == Array(output[sample * 4..<sample * 4 + 4]))
            }
        }
    }

    @Test(.namingCases)
    static func eachOfThemCases() {
        forEach(names) { try Self().eachOfThem(name: $0) }
    }

    func eachOfThem(name: String) throws {
        let all = try values(Self.names, mode: .training(.adam()))
        let one = try values([name], mode: .training(.adam()))
        #expect(one.output == all.output)
        #expect(one.values[name] == all.values[name] && one.values[name]?.count == 3)
    }

    @Test func aNameThatNoNodeHas() throws {
        let graph = try network()
        let error = #expect(throws: GraphError.self) {
            try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .prediction, batchSize: 1, threads: 1,
                values: ["conv", "convolution"])
        }
        #expect(
            error?.description
                == "executor: got the name convolution, which no node has, needs one of image, conv, act, pool, flat, drop, fc"
        )
    }
}
