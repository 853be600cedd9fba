import TestSupport
import Testing

@testable import LanesKernels

@Suite("Vectors that are not whole")
struct VectorTests {
    @Test("Any number of lanes is read, with zeros behind, and written, and nothing else is touched")
    func parts() {
        for lanes in 0...16 {
            check(lanes, (1...16).map(Float.init))
            check(lanes, (1...16).map(Double.init))
            check(lanes, (1...16).map(UInt8.init))
        }
    }

    private func check<Element: SIMDScalar & Numeric>(_ lanes: Int, _ numbers: [Element]) {
        // No more than the lanes: whatever reads beyond is seen by the address sanitizer.
        let source = Array(numbers.prefix(lanes))
        var target = [Element](repeating: 99, count: 20)
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                let vector = load(from, lanes: lanes)
                #expect((0..<16).map { vector[$0] } == (0..<16).map { $0 < lanes ? numbers[$0] : 0 }, "\(lanes) lanes")
                store(vector, to: to + 2, lanes: lanes)
            }
        }
        let written = source.isEmpty ? [] : source
        #expect(target == [99, 99] + written + [Element](repeating: 99, count: 18 - lanes), "\(lanes) lanes")
    }
}
