import LanesGraph
import LanesTraining

/// A dataset with the numbers that one head is compared with standardized, because a network whose outputs begin near 0
/// learns targets near 151 ± 77 slowly.
///
///     let (training, test) = table.split(holdingOut: 0.2, seed: 1)
///     let scale = try Normalization.learned(fromTargetOf: training)
///     let standardized = training.standardizingTarget(by: scale)
///     … scale.undone(prediction)
///
/// R² is the same for both; a mean squared error is that of the standardized numbers, deviation² times smaller.
public struct StandardizedTarget<Base: Dataset>: Dataset {
    /// The dataset with the targets as they were.
    public let base: Base
    /// What is subtracted from the targets and what they are divided by then.
    public let normalization: Normalization
    /// The head whose targets are standardized.
    public let head: Int

    public var name: String { base.name }
    public var count: Int { base.count }
    public var inputs: [Shape] { base.inputs }
    public var targets: [Target] { base.targets }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) throws {
        try base.load(sample, input: input, into: &values)
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) throws {
        try base.target(sample, head: head, into: &values)
        if head == self.head { normalization.apply(to: &values) }
    }
}

extension Dataset {
    /// This dataset with one head's targets standardized.
    ///
    /// - Parameters:
    ///   - normalization: Learned from the training samples alone, for all parts of a dataset; one mean and deviation,
    ///     or one for each channel of the target.
    ///   - head: One whose target is numbers.
    /// - Throws: `SettingsError` for classes, and for another number of means and deviations.
    public func standardizingTarget(
        by normalization: Normalization, head: Int = 0
    ) throws(SettingsError) -> StandardizedTarget<Self> {
        guard case .values(let shape) = targets[head] else {
            throw SettingsError("target of \(name)", found: "classes", expected: "numbers")
        }
        let counts = [normalization.mean.count, normalization.deviation.count]
        guard counts == [1, 1] || counts == [shape.channels, shape.channels] else {
            throw SettingsError(
                "normalization of the target of \(name)", found: "\(counts[0]) means and \(counts[1]) deviations",
                expected: "one of each, or \(shape.channels)")
        }
        return StandardizedTarget(base: self, normalization: normalization, head: head)
    }
}
