/// How far an evaluation after an epoch has come.
public struct EvaluationProgress: Sendable {
    /// Which samples are looked at.
    public enum Part: String, Sendable {
        /// Those that are held out to choose by.
        case validation
        /// Those that nothing is chosen by.
        case test
    }

    /// The epoch that it is of, from 1.
    public let epoch: Int
    /// The epochs of the whole training.
    public let epochs: Int
    /// Which samples it looks at.
    public let part: Part
    /// How many samples it has looked at.
    public let done: Int
    /// How many there are.
    public let total: Int
}
