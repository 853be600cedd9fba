/// Random numbers as a function of (seed, purpose, epoch, index). No stream depends on what was drawn from another one,
/// so shuffling, augmentation, dropout and initialization give the same bits for any number of threads and in a resumed
/// training.
///
/// Each stream is SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014) started at a
/// hash of its four coordinates.
public struct RandomStream: RandomNumberGenerator, Sendable {
    /// What the numbers are for; streams of different purposes are unrelated.
    public enum Purpose: UInt64, Sendable {
        /// Parameters before the first step; the index is that of the parameter in the graph.
        case initialization = 1
        /// The order of the samples in an epoch.
        case shuffle
        /// Random changes of a sample, which is the index, in an epoch.
        case augmentation
        /// Which numbers dropout keeps.
        case dropout
        /// Digits that Lanes draws itself.
        case syntheticDigits
        /// Which samples are held out.
        case split
        /// Inputs, targets and parameters of a check of gradients.
        case gradientCheck
    }

    @usableFromInline var state: UInt64

    /// The stream of these four coordinates, from its beginning.
    ///
    /// - Parameters:
    ///   - seed: Of the whole training, as a rule.
    ///   - purpose: What the numbers are for.
    ///   - epoch: The epoch, or whatever else counts repetitions; 0 where nothing repeats.
    ///   - index: The element, image or layer that the numbers are for.
    public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, index: Int = 0) {
        state = RandomStream.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
        for coordinate in [purpose.rawValue, UInt64(bitPattern: Int64(epoch)), UInt64(bitPattern: Int64(index))] {
            state = RandomStream.mix(state ^ RandomStream.mix(coordinate &+ 0xD1B5_4A32_D192_ED03))
        }
    }

    /// The finalizer of SplitMix64: a bijection of 64 bits in which every input bit reaches every output bit.
    @inlinable @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }

    /// The next 64 random bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return RandomStream.mix(state)
    }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    @inlinable
    public mutating func uniform() -> Double { Double(next() &>> 11) * 0x1p-53 }

    /// A number in [range.lowerBound, range.upperBound).
    @inlinable
    public mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A number of the standard normal distribution, as the sum of twelve uniform ones, which never leaves ±6: no library's
    /// logarithm, so the bits are the same everywhere.
    public mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += uniform() }
        return sum
    }

    /// A number in 0..<bound, without bias (Lemire, "Fast Random Integer Generation in an Interval", 2019).
    @inlinable
    public mutating func integer(below bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }
}
