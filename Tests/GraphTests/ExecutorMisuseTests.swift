import LanesKernels
import LanesGraph
import Synchronization
import TestSupport
import Testing

private struct Ones: BatchSource {
    func sampleCount(ofStep step: Int) -> Int { 2 }
    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
        for i in 0..<values.count { values[i] = 1 }
    }
    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {
        values[0] = 0
    }
}

@Suite("An executor refuses what it cannot do")
struct ExecutorMisuseTests {
    private func graph(features: Int = 3, name: String = "fc") throws -> Graph {
        let input = Node.input("x", Shape(channels: 2))
        return try Graph(heads: [Head("a", input.linear(features, name: name), loss: .crossEntropy)])
    }

    private func executor() throws -> Executor<Float> {
        let graph = try graph()
        return try Executor(
            graph, parameters: Parameters(graph, seed: 1), mode: .training(.adam()), batchSize: 2, threads: 2)
    }

    @Test("Parameters of another graph", .namingCases)
    func otherParameters() {
        forEach([(4, "fc"), (3, "other")]) { features, name in
            let parameters = try Parameters<Float>(graph(features: features, name: name), seed: 1)
            let error = #expect(throws: GraphError.self) {
                try Executor(
                    try graph(), parameters: parameters, mode: .training(.adam()), batchSize: 2, threads: 1)
            }
            #expect(error?.found.contains("\(name).weight [\(features), 2]") == true)
            #expect(error?.expected == "fc.weight [3, 2], fc.bias [3]")
        }
    }

    @Test("A step before the first")
    func negativeStep() throws {
        let executor = try executor()
        #expect(throws: TrainingError.step(-1)) { try executor.run(steps: -1..<2, from: Ones()) }
    }

    @Test("A learning rate that Float cannot hold leaves the weights alone", .namingCases)
    func learningRate() {
        forEach([1e300, .infinity]) { rate in
            let executor = try executor()
            let before = executor.parameters["fc.weight"]
            #expect(throws: TrainingError.learningRate(rate, step: 0)) {
                try executor.run(steps: 0..<1, from: Ones(), learningRate: .constant(rate))
            }
            #expect(executor.parameters["fc.weight"] == before)
        }
    }

    @Test("A run within a run, and the run around it goes on")
    func busy() throws {
        let executor = try executor()
        let refused = Mutex(0)
        try executor.run(steps: 0..<3, from: Ones()) { _ in
            do {
                try executor.run(steps: 0..<1, from: Ones())
            } catch {
                if error as? TrainingError == .busy { refused.withLock { $0 += 1 } }
            }
        }
        #expect(refused.withLock { $0 } == 3)
    }

    @Test("Tensors whose bytes could not be counted")
    func hugeShapes() throws {
        let huge = 1 << 40
        let image = Node.input("x", Shape(channels: 3, height: 8, width: 8))
        let outputs = [
            Node.input("y", Shape(channels: huge, height: huge, width: huge)).flatten(),
            image.flatten().linear(huge), image.conv2d(huge, kernel: 3).flatten(),
            image.conv2d(8, kernel: 3, padding: Padding(height: huge, width: huge)).flatten(),
            image.conv2d(8, kernel: Extent(height: .max, width: .max)).flatten(),
        ]
        for output in outputs {
            #expect(throws: GraphError.self) { try Graph(heads: [Head("a", output, loss: .crossEntropy)]) }
        }
    }
}
