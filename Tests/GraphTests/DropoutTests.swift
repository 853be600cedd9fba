import LanesKernels
import Testing

@testable import LanesGraph

@Suite struct DropoutTests {
    private func masks(steps: Range<Int>, seed: UInt64 = 1, threads: Int = 1) throws -> [[Bool]] {
        let x = Node.input("x", Shape(channels: 64))
        let graph = try Graph(heads: [
            x.dropout(0.5, name: "a").projected("a"), x.dropout(0.5, name: "b").projected("b"),
        ])
        let executor = try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(nil), batchSize: 3, threads: threads,
            seed: seed)
        return try steps.flatMap { step in
            try executor.run(steps: step..<step + 1, from: RandomBatches<Float>(graph, size: 3))
            return [0, 1].flatMap { head in
                let output = executor.output(ofHead: head)
                return (0..<3).map { sample in output[sample * 64..<(sample + 1) * 64].map { $0 != 0 } }
            }
        }
    }

    /// Of every step, layer and sample: the chance that two masks of 64 coins are the same is 2⁻⁶⁴.
    @Test func everyMaskIsAnother() throws {
        let masks = try masks(steps: 0..<4)
        #expect(masks.count == 24 && Set(masks).count == 24)
        #expect(try self.masks(steps: 0..<4, seed: 2).allSatisfy { !masks.contains($0) })
    }

    @Test func aStepHasItsMaskWheneverItRuns() throws {
        let masks = try masks(steps: 0..<4)
        #expect(try self.masks(steps: 2..<4, threads: 3) == Array(masks[12...]))
    }
}
