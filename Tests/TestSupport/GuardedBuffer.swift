import Kernels
import Testing

/// Memory for one operand of a kernel, between two guard zones.
///
/// What is to be written starts as NaN, so that a place left out is seen. The guards hold a number that spoils any
/// result computed from it and that any result written over it changes; a changed guard is recorded as an issue when the
/// buffer goes.
///
/// A variable's buffer outlives every call that it precedes in its scope, since calls may read through `pointer` (Swift
/// ends no variable's lifetime before such a barrier).
public final class GuardedBuffer<Element: Numeric & BitwiseCopyable> {
    /// The numbers between the guards.
    public let count: Int
    /// Where the first of them lies.
    public let pointer: UnsafeMutablePointer<Element>

    private let zone: Element
    private let sourceLocation: SourceLocation
    // Two of the widest vectors.
    private var zoneCount: Int { 32 }

    fileprivate init(count: Int, filled poison: Element, zone: Element, sourceLocation: SourceLocation) {
        self.count = count
        self.zone = zone
        self.sourceLocation = sourceLocation
        let start = UnsafeMutablePointer<Element>.allocate(capacity: count + 64)
        pointer = start + 32
        start.initialize(repeating: zone, count: count + 64)
        pointer.update(repeating: poison, count: count)
    }

    deinit {
        let start = pointer - zoneCount
        let changed = (0..<zoneCount).contains { start[$0] != zone || pointer[count + $0] != zone }
        if changed {
            Issue.record("something was written outside a buffer of \(count)", sourceLocation: sourceLocation)
        }
        start.deallocate()
    }

    /// The numbers between the guards.
    public var elements: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

extension GuardedBuffer where Element: KernelScalar {
    /// A place for `count` results, NaN for now.
    public convenience init(poisoned count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        self.init(count: count, filled: .nan, zone: 666.666, sourceLocation: sourceLocation)
    }

    /// The values, each rounded to the scalar.
    public convenience init(_ values: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
        self.init(poisoned: values.count, sourceLocation: sourceLocation)
        fill(with: values)
    }

    /// Uniform random numbers in `range`, a function of the seed.
    public convenience init(
        random count: Int, in range: ClosedRange<Double> = -1...1, seed: UInt64 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        self.init(randomValues(count, in: range, seed: seed), sourceLocation: sourceLocation)
    }

    /// Writes the values, each rounded to the scalar, over the first numbers.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public func fill(with values: [Double]) {
        precondition(values.count <= count)
        for (i, value) in values.enumerated() { pointer[i] = Element(value) }
    }

    /// Makes every number NaN.
    public func poison() { pointer.update(repeating: .nan, count: count) }

    /// The numbers, exactly.
    public var values: [Double] { widened() }

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    private func widened() -> [Double] { (0..<count).map { Double(pointer[$0]) } }
}

extension GuardedBuffer where Element == UInt8 {
    /// A place for `count` bytes, 0xA5 for now.
    public convenience init(poisoned count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        self.init(count: count, filled: 0xA5, zone: 0x5C, sourceLocation: sourceLocation)
    }
}

/// Uniform random numbers in `range`, a function of the seed.
public func randomValues(_ count: Int, in range: ClosedRange<Double> = -1...1, seed: UInt64 = 0) -> [Double] {
    var stream = RandomStream(seed: seed, purpose: .gradientCheck)
    return (0..<count).map { _ in stream.uniform(in: range) }
}
