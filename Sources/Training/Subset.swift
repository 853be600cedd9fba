import LanesGraph
import LanesKernels

/// Some samples of a dataset, in an order of their own.
public struct Subset<Base: Dataset>: Dataset {
    /// The dataset that the samples are of.
    public let base: Base
    /// The samples' numbers in the dataset.
    public let samples: [Int]

    /// Stops the program where a number is out of range.
    ///
    /// - Parameters:
    ///   - base: The dataset.
    ///   - samples: Numbers of samples of `base`.
    public init(_ base: Base, _ samples: [Int]) {
        require(samples.allSatisfy { (0..<base.count).contains($0) }, "a subset of samples that are not there")
        (self.base, self.samples) = (base, samples)
    }

    public var name: String { base.name }
    public var count: Int { samples.count }
    public var inputs: [Shape] { base.inputs }
    public var targets: [Target] { base.targets }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) throws {
        try base.load(samples[sample], input: input, into: &values)
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) throws {
        try base.target(samples[sample], head: head, into: &values)
    }
}

extension Dataset {
    /// The first `count` samples, or all if there are fewer.
    public func prefix(_ count: Int) -> Subset<Self> { Subset(self, Array(0..<min(max(count, 0), self.count))) }

    /// Cuts the samples into two parts at random, by the seed.
    ///
    /// - Parameters:
    ///   - fraction: The second part's share of the samples, 0…1. Of two or more samples each part gets at least one.
    ///   - seed: The same seed gives the same parts.
    public func split(holdingOut fraction: Double, seed: UInt64) -> (training: Subset<Self>, heldOut: Subset<Self>) {
        require((0...1).contains(fraction), "a part is a fraction from 0 to 1 of the whole")
        let order = permutation(count: count, seed: seed, purpose: .split)
        let held = min(max(Int(Double(count) * fraction), 1), max(count - 1, 0))
        return (Subset(self, order[held...].sorted()), Subset(self, order[..<held].sorted()))
    }
}
