import Foundation
import LanesKernels
import TestSupport
import Testing

@testable import LanesGraph

@Suite("Memory of executors", .serialized)
struct ExecutorMemoryTests {
    @Test("More than there is, is nil", .namingCases)
    func tooMuch() {
        forEach([1 << 62, Int.max, 1 << 50]) { count in
            #expect(AlignedMemory<Double>(count) == nil)
        }
    }

    @Test("Zeros, aligned to two cache lines", .namingCases)
    func aligned() {
        forEach([0, 1, 1000]) { count in
            let memory = try #require(AlignedMemory<Float>(count))
            #expect(memory.buffer.count == max(count, 1) && memory.buffer.allSatisfy { $0 == 0 })
            #expect(UInt(bitPattern: memory.start) % 128 == 0)
        }
    }

    #if os(Linux)
        /// An executor that finds no room for its plan has had gradients, moments and averages: 4 times 16 MB.
        @Test("An executor that cannot be made leaves nothing behind")
        func leak() throws {
            let row = Node.input("row", Shape(channels: 2000))
            let wide = Node.input("wide", Shape(channels: 1 << 22))
            let graph = try Graph(heads: [row.linear(2000).projected("a"), wide.projected("b")])
            let parameters = try Parameters<Float>(graph, seed: 1)
            func fail() throws {
                let error = #expect(throws: GraphError.self) {
                    try Executor(
                        graph, parameters: parameters, mode: .training(.adam().averaging(decay: 0.9)),
                        batchSize: 1 << 20, threads: 1)
                }
                #expect(error?.found.hasSuffix("bytes for batches of 1048576") == true)
            }
            try fail()
            let before = try residentBytes()
            for _ in 0..<24 { try fail() }
            // 1.5 GB; what the other tests may take meanwhile is less than the half.
            #expect(try residentBytes() - before < 750_000_000)
        }

        private func residentBytes() throws -> Int {
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
            return try #require(Int(pages)) * sysconf(Int32(_SC_PAGESIZE))
        }
    #endif
}
