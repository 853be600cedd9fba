import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesGraph

/// What a phase does with samples: one by one, several at once, and some things again.
@Suite("Runs of a phase")
struct PlanRunTests {
    /// A first convolution that is cheap, pools and BatchNorm between phases, and convolutions that take several samples.
    private func network() throws -> Graph {
        let image = Node.input("image", Shape(channels: 1, height: 14, width: 12))
        let first = image.conv2d(16, kernel: 3, name: "conv1").batchNorm(name: "bn1").maxPool(2, name: "pool1").relu()
        let second = first.conv2d(32, kernel: 3, padding: 1, name: "conv2").batchNorm(name: "bn2").relu()
        let third = second.averagePool(2, name: "pool2").conv2d(16, kernel: 3, padding: 1, name: "conv3").gelu()
        return try Graph(heads: [Head("class", third.flatten().linear(4, name: "fc"), loss: .crossEntropy)])
    }

    private func trained(
        _ graph: Graph, values: Set<String>, threads: Int, batchSize: Int
    ) throws -> (state: TrainedState, plan: Plan<Float>) {
        let executor = try Executor<Float>(
            graph, parameters: Parameters(graph, seed: 3), mode: .training(.adam()), batchSize: batchSize,
            threads: threads, seed: 1, inputGradients: false, values: values)
        // The last batch is not full, nor is its last group.
        let batches = RandomBatches<Float>(graph) { $0 == 2 ? batchSize - batchSize / 3 : batchSize }
        try executor.run(steps: 0..<3, from: batches, learningRate: .constant(0.01))
        return (TrainedState(executor), executor.plan)
    }

    @Test("What is cheap is made again instead of stored, and changes no bit", .namingCases)
    func repeated() {
        forEach([3, 37, 64]) { batchSize in
            let graph = try network()
            let (state, plan) = try trained(graph, values: [], threads: 1, batchSize: batchSize)
            let labels = plan.phases.map { Set($0.perSample.map(\.label)) }
            func phases(_ label: String) -> Int { labels.count { $0.contains(label) } }
            // Moments, normalization, and the two backward phases of bn1; the pool's gradient in the latter.
            #expect(phases("conv1 forward") == 4)
            #expect(phases("pool1 backward") == 2)
            // What costs too much is not.
            #expect(phases("conv2 forward") == 1)
            // Who wants to read conv1 afterwards has it stored.
            let (stored, storing) = try trained(graph, values: ["conv1"], threads: 1, batchSize: batchSize)
            #expect(storing.phases.count { $0.perSample.contains { $0.label == "conv1 forward" } } == 1)
            #expect(stored == state)
            #expect(storing.arenaBytes > plan.arenaBytes)
            #expect(try trained(graph, values: [], threads: 3, batchSize: batchSize).state == state)
        }
    }

    /// Widths of less than a vector, of some with a rest, and of so many that pieces are of columns; a ReLU with two readers;
    /// a long row, whose product is cut into chunks.
    @Test("A dense layer does the ReLUs beside it, and changes no bit", .namingCases)
    func rectifiers() {
        forEach([(widths: [7, 70, 33], batchSize: 13), ([300, 16, 64], 37), ([2100, 40, 9], 3)]) { widths, batchSize in
            let image = Node.input("image", Shape(channels: widths[0]))
            let first = image.linear(widths[1], name: "fc1").relu(name: "relu1")
            let second = first.linear(widths[2], name: "fc2").relu(name: "relu2")
            let heads = ["left", "right"].map { side in
                Head(side, second.linear(20, name: side).relu(name: side + " relu").linear(4), loss: .crossEntropy)
            }
            let graph = try Graph(heads: heads)
            func trained(keepsEverything: Bool, threads: Int) throws -> (state: TrainedState, labels: [String]) {
                let executor = try Executor<Float>(
                    graph, parameters: Parameters(graph, seed: 3), mode: .training(.adam()), batchSize: batchSize,
                    threads: threads, seed: 1, inputGradients: false, keepsEverything: keepsEverything)
                let batches = RandomBatches<Float>(graph) { $0 == 2 ? batchSize - batchSize / 3 : batchSize }
                try executor.run(steps: 0..<3, from: batches, learningRate: .constant(0.01))
                return (TrainedState(executor), executor.plan.phases.flatMap { $0.perSample.map(\.label) })
            }
            let (stored, alone) = try trained(keepsEverything: true, threads: 1)
            for name in ["relu1", "relu2", "left relu"] {
                #expect(alone.contains("\(name) forward") && alone.contains("\(name) backward"))
            }
            for threads in [1, 3] {
                let (state, labels) = try trained(keepsEverything: false, threads: threads)
                #expect(state == stored, "\(threads) threads")
                // What is cut into chunks is summed sample by sample, so that nothing is gained; two readers add up.
                #expect(labels.contains("relu1 forward") == (widths[0] > 2048))
                #expect(labels.filter { $0.hasPrefix("relu2") || $0.hasPrefix("left relu") } == ["relu2 backward"])
            }
        }
    }

    /// A cheap convolution of a cheap one, both read in several phases, in both orders.
    @Test("Chains of cheap operations", .namingCases)
    func chains() {
        forEach([false, true]) { isMirrored in
            let image = Node.input("image", Shape(channels: 1, height: 9, width: 8))
            let first = image.conv2d(16, kernel: 3, name: "first")
            let second = first.conv2d(16, kernel: 1, name: "second")
            let (left, right) = (second.batchNorm(name: "bn2"), first.batchNorm(name: "bn1"))
            let sum = isMirrored ? right.add(left) : left.add(right)
            let graph = try Graph(heads: [
                Head("class", sum.globalAveragePool().linear(3, name: "fc"), loss: .crossEntropy)
            ])
            func losses(values: Set<String>, threads: Int, trains: Bool) throws -> [UInt64] {
                let executor = try Executor<Float>(
                    graph, parameters: Parameters(graph, seed: 3), mode: trains ? .training(.adam()) : .inference,
                    batchSize: 35, threads: threads, seed: 1, inputGradients: false, values: values)
                let found = Mutex<[UInt64]>([])
                try executor.run(
                    steps: 0..<4, from: RandomBatches(graph, size: 35), learningRate: .constant(0.01)
                ) { result in found.withLock { $0.append(result.loss.bitPattern) } }
                return found.withLock { $0 } + (trains ? executor.parameters.weights.map { UInt64($0.bitPattern) } : [])
            }
            for trains in [true, false] {
                let stored = try losses(values: ["first", "second"], threads: 1, trains: trains)
                #expect(try losses(values: [], threads: 1, trains: trains) == stored, "trains: \(trains)")
                #expect(try losses(values: [], threads: 3, trains: trains) == stored, "trains: \(trains)")
            }
        }
    }

    @Test("Several samples at once have the outputs of each by itself", .namingCases)
    func several() {
        forEach([1, 5, 37, 64]) { batchSize in
            let graph = try network()
            func outputs(mostGroups: Int, threads: Int) throws -> [[UInt32]] {
                let executor = try Executor<Float>(
                    graph, parameters: Parameters(graph, seed: 3), mode: .inference, batchSize: batchSize,
                    threads: threads, seed: 1, inputGradients: false, mostGroups: mostGroups)
                let found = Mutex<[[UInt32]]>([])
                let batches = RandomBatches<Float>(graph) { $0 == 1 ? batchSize - batchSize / 4 : batchSize }
                try executor.run(steps: 0..<2, from: batches) { result in
                    let rows = (0..<result.samples).map { result.output(ofHead: 0, sample: $0).map(\.bitPattern) }
                    found.withLock { $0 += rows }
                }
                return found.withLock { $0 }
            }
            let alone = try outputs(mostGroups: batchSize, threads: 1)
            #expect(alone.count == batchSize + batchSize - batchSize / 4)
            for (groups, threads) in [(16, 1), (16, 3), (2, 2), (1, 1)] {
                #expect(try outputs(mostGroups: groups, threads: threads) == alone, "\(groups) groups")
            }
        }
    }

    @Test("A large batch has more groups than 16, and the same bits for any number of threads")
    func largeBatch() throws {
        let graph = try network()
        func trained(threads: Int) throws -> [UInt32] {
            let executor = try Executor<Float>(
                graph, parameters: Parameters(graph, seed: 3), mode: .training(.adam()), batchSize: 301,
                threads: threads, seed: 1, inputGradients: false)
            #expect(executor.plan.groups == 37)
            // The last group of the second step has no sample.
            let batches = RandomBatches<Float>(graph) { $0 == 1 ? 280 : 301 }
            try executor.run(steps: 0..<2, from: batches, learningRate: .constant(0.01))
            return executor.parameters.weights.map(\.bitPattern)
        }
        let alone = try trained(threads: 1)
        for threads in [2, 5, 40] { #expect(try trained(threads: threads) == alone, "\(threads) threads") }
    }
}
