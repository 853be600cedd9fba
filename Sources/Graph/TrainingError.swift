/// Why a run stopped.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// A loss or a gradient is infinite or NaN; the weights are those from before the step.
    case notFinite(step: Int, place: String)
    /// The results after a step are infinite or NaN: the step, itself finite, took the weights too far.
    case resultNotFinite(step: Int, place: String)
    /// A target that its head's loss cannot take, such as a label without a class.
    case target(problem: String, head: String, sample: Int, step: Int)
    /// A learning rate that is infinite or NaN in the network's scalar.
    case learningRate(Double, step: Int)
    /// A step number below 0.
    case step(Int)
    /// A network's output is infinite or NaN, because a sample is or because numbers became too great.
    case outputNotFinite(place: String)
    /// The executor is running already; or another executor of the same parameters is, and one of the two changes them.
    case busy
    /// A batch of a size that the plan has no room for.
    case samples(Int, batchSize: Int, step: Int)

    public var description: String {
        switch self {
        case .notFinite(let step, let place):
            "step \(step): \(place) is not finite; the weights were left as they were before this step"
        case .resultNotFinite(let step, let place): "\(place) is not finite after step \(step)"
        case .target(let problem, let head, let sample, let step):
            "step \(step), sample \(sample), head \(head): \(problem)"
        case .learningRate(let rate, let step): "step \(step): a learning rate of \(rate), expected a finite one"
        case .step(let step): "step \(step): expected step numbers of 0 or more"
        case .outputNotFinite(let place):
            "\(place) is not finite: what it was given is not, or the network's numbers are too great"
        case .busy: "the executor, or another one of its parameters, is running already; one run at a time"
        case .samples(let count, let batchSize, let step):
            "step \(step): a batch of \(count) samples, expected 1…\(batchSize)"
        }
    }
}
