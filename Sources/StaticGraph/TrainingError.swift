/// Why a run stopped.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// A loss or a gradient is infinite or NaN; the weights are those from before the step.
    case notFinite(step: Int, place: String)
    /// A label that its head has no class for.
    case label(Int, classes: Int, head: Int, sample: Int, step: Int)
    /// A batch of a size that the plan has no room for.
    case samples(Int, batchSize: Int, step: Int)

    public var description: String {
        switch self {
        case .notFinite(let step, let place):
            "step \(step): \(place) is not finite; the weights were left as they were before this step"
        case .label(let label, let classes, let head, let sample, let step):
            "step \(step), sample \(sample): label \(label) for head \(head), which has classes 0…\(classes - 1)"
        case .samples(let count, let batchSize, let step):
            "step \(step): a batch of \(count) samples, expected 1…\(batchSize)"
        }
    }
}
