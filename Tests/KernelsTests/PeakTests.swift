import LanesKernels
import TestSupport
import Testing

@Suite("Chains of multiply-adds")
struct PeakTests {
    @Test("All operations are done, and counted as what was done", .namingCases)
    func counting() {
        forEach([0, 1, 1000]) { iterations in
            let (result, operations) = multiplyAddChains(iterations: iterations, factor: 1, addend: 1)
            // Chain i goes from i to i + iterations, in sixteen lanes, and AVX-512 has twice the chains.
            func total(_ chains: Int) -> Int { (0..<chains).map { 16 * ($0 + iterations) }.reduce(0, +) }
            let chains = Int(result) == total(6) ? 6 : 12
            #expect(Int(result) == total(chains))
            #expect(operations == 2 * 16 * chains * iterations)
        }
    }
}
