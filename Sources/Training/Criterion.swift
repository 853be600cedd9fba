/// How epochs are compared: by the loss or a metric on the validation samples; if there are none on the test samples,
/// and if there are none of these either on the training samples.
public struct Criterion: Sendable, Equatable {
    /// "loss", or a metric's full name: `digit_accuracy`.
    public let figure: String
    /// Whether more is better.
    public let prefersGreater: Bool

    /// The greater the better.
    public static func greatest(_ figure: String) -> Criterion { Criterion(figure: figure, prefersGreater: true) }
    /// The less the better.
    public static func least(_ figure: String) -> Criterion { Criterion(figure: figure, prefersGreater: false) }

    /// Whether an epoch is better than another; of equals the first is, and any number is better than NaN.
    func isBetter(_ epoch: EpochResult, than other: EpochResult) -> Bool {
        guard let value = epoch.deciding[figure], let best = other.deciding[figure] else { return false }
        if best.isNaN { return !value.isNaN }
        return prefersGreater ? value > best : value < best
    }
}
