import LanesKernels
import Testing

/// Memory for one operand of a kernel, between two guard zones.
///
/// What is to be written starts as NaN, so that a place left out is seen. The guards hold a number that spoils any
/// result computed from it and that any result written over or added to it changes; a changed guard is recorded as an
/// issue when the buffer goes.
///
/// Keep it in a variable: Swift lets that live over every later call of its scope that may read through a pointer, but a
/// temporary is gone as soon as its `pointer` has been read.
package final class GuardedBuffer<Scalar: KernelScalar> {
    /// The numbers between the guards.
    package let count: Int
    /// Where the first of them lies.
    package let pointer: UnsafeMutablePointer<Scalar>

    private let memory: UnsafeMutableRawBufferPointer
    private let sourceLocation: SourceLocation

    // Wide enough for a row of most images: what misses its place by a row is still caught here.
    private static var zone: Int { 1024 * MemoryLayout<Scalar>.stride }
    // Repeated, it is 48.6 as a Float and 1.6·10¹¹ as a Double.
    private static var guardByte: UInt8 { 0x42 }

    /// A place for `count` results, NaN for now.
    package init(poisoned count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let zone = Self.zone
        self.count = count
        self.sourceLocation = sourceLocation
        let bytes = count * MemoryLayout<Scalar>.stride
        let start = UnsafeMutableRawPointer.allocate(byteCount: 2 * zone + bytes, alignment: 64)
        memory = UnsafeMutableRawBufferPointer(start: start, count: 2 * zone + bytes)
        _ = memory.initializeMemory(as: UInt8.self, repeating: Self.guardByte)
        pointer = (start + zone).initializeMemory(as: Scalar.self, repeating: .nan, count: count)
    }

    deinit {
        let zones = [memory.prefix(Self.zone), memory.suffix(Self.zone)]
        if !zones.allSatisfy({ $0.allSatisfy { $0 == Self.guardByte } }) {
            Issue.record("something was written outside a buffer of \(count)", sourceLocation: sourceLocation)
        }
        memory.deallocate()
    }

    /// The values, each rounded to the scalar.
    package convenience init(_ values: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
        self.init(poisoned: values.count, sourceLocation: sourceLocation)
        fill(with: values)
    }

    /// Uniform random numbers in `range`, a function of the seed.
    package convenience init(
        random count: Int, in range: ClosedRange<Double> = -1...1, seed: UInt64 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        self.init(randomValues(count, in: range, seed: seed), sourceLocation: sourceLocation)
    }

    /// Writes the values, each rounded to the scalar, over the first numbers.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func fill(with values: [Double]) {
        precondition(values.count <= count)
        for (i, value) in values.enumerated() { pointer[i] = Scalar(value) }
    }

    /// Makes every number NaN.
    package func poison() { pointer.update(repeating: .nan, count: count) }

    /// The numbers, exactly.
    package var values: [Double] { widened() }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func widened() -> [Double] { (0..<count).map { Double(pointer[$0]) } }
}

/// Uniform random numbers in `range`, a function of the seed.
package func randomValues(_ count: Int, in range: ClosedRange<Double> = -1...1, seed: UInt64 = 0) -> [Double] {
    var stream = RandomStream(seed: seed, purpose: .gradientCheck)
    return (0..<count).map { _ in stream.uniform(in: range) }
}
