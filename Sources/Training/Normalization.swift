import LanesGraph
import LanesKernels

/// How an input's values are scaled before the network gets them: (value − mean) / deviation, by channel.
///
/// Values are those that a dataset loads: pixels as fractions of 1, other numbers as they are.
public struct Normalization: Sendable, Equatable, Codable {
    /// Of each channel, or one for all.
    public let mean: [Float]
    /// Of each channel, or one for all; greater than 0.
    public let deviation: [Float]

    /// One mean and one deviation for all channels.
    public init(mean: Float, deviation: Float) { self.init(mean: [mean], deviation: [deviation]) }

    /// Numbers of their own for each channel. They are checked where the normalization is used.
    ///
    /// - Parameters:
    ///   - mean: Of each channel, or one for all.
    ///   - deviation: As many.
    public init(mean: [Float], deviation: [Float]) { (self.mean, self.deviation) = (mean, deviation) }

    /// Values as they are.
    public static let none = Normalization(mean: 0, deviation: 1)

    /// The mean and the standard deviation of each channel of an input over all samples of a dataset (with the count as
    /// divisor). Of a channel that never changes the deviation is 1.
    ///
    /// - Throws: What the dataset throws.
    public static func learned(from dataset: some Dataset, input: Int = 0) throws -> Normalization {
        try learned(shape: dataset.inputs[input], count: dataset.count) { sample, values throws in
            try dataset.load(sample, input: input, into: &values)
        }
    }

    /// The mean and the standard deviation of a head's targets over all samples.
    ///
    /// - Parameters:
    ///   - dataset: The samples; as a rule those to train on alone.
    ///   - head: One whose target is numbers.
    /// - Throws: `SettingsError` for classes, and what the dataset throws.
    public static func learned(fromTargetOf dataset: some Dataset, head: Int = 0) throws -> Normalization {
        guard case .values(let shape) = dataset.targets[head] else {
            throw SettingsError("target of \(dataset.name)", found: "classes", expected: "numbers, which have a mean")
        }
        return try learned(shape: shape, count: dataset.count) { sample, values throws in
            try dataset.target(sample, head: head, into: &values)
        }
    }

    private static func learned(
        shape: Shape, count: Int, load: (_ sample: Int, _ values: inout MutableSpan<Float>) throws -> Void
    ) throws -> Normalization {
        var sums = [Double](repeating: 0, count: shape.channels)
        var squares = sums
        var first = [Float?](repeating: nil, count: shape.channels)
        var isConstant = [Bool](repeating: true, count: shape.channels)
        var sample = [Float](repeating: 0, count: shape.count)
        // Two passes: differences from the mean keep their digits where the mean is large.
        func pass(_ add: (_ channel: Int, _ value: Float) -> Void) throws {
            for index in 0..<count {
                var span = sample.mutableSpan
                try load(index, &span)
                for (place, value) in sample.enumerated() { add(place % shape.channels, value) }
            }
        }
        let numbers = Double(max(count * shape.height * shape.width, 1))
        try pass { channel, value in
            sums[channel] += Double(value)
            if first[channel] == nil { first[channel] = value }
            if first[channel] != value { isConstant[channel] = false }
        }
        let means = sums.map { $0 / numbers }
        try pass { squares[$0] += (Double($1) - means[$0]) * (Double($1) - means[$0]) }
        // The mean is rounded, so that what never changes may have differences from it.
        let deviations = squares.indices.map { isConstant[$0] ? 1 : Float((squares[$0] / numbers).squareRoot()) }
        return Normalization(mean: means.map { Float($0) }, deviation: deviations)
    }

    /// Normalizes a sample, [height][width][channels], in place.
    package func apply(to values: inout MutableSpan<Float>) {
        if mean.count == 1 { return normalize(&values, mean: mean[0], deviation: deviation[0]) }
        var channel = 0
        for index in 0..<values.count {
            values[index] = (values[index] - mean[channel]) / deviation[channel]
            channel = channel + 1 == mean.count ? 0 : channel + 1
        }
    }

    /// Undoes the normalization of numbers [height][width][channels], such as a prediction of standardized targets.
    public func undone(_ values: [Float]) -> [Float] {
        values.indices.map { values[$0] * deviation[$0 % deviation.count] + mean[$0 % mean.count] }
    }
}
