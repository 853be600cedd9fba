/// How far an evaluation after an epoch has come.
public struct EvaluationProgress: Sendable {
    /// Which samples are looked at.
    public enum Part: String, Sendable { case validation, test }

    /// The epoch that it is of, from 1.
    public let epoch: Int
    public let epochs: Int
    public let part: Part
    /// Samples looked at, and how many there are.
    public let done: Int
    public let total: Int
}
