/// The learning rate of every step.
public struct LearningRate: Sendable {
    /// The rate of a step, by its number.
    public let rate: @Sendable (_ step: Int) -> Double

    /// A rate that may change from step to step.
    ///
    /// - Parameter rate: The rate of a step, by its number; it must be finite.
    public init(_ rate: @escaping @Sendable (_ step: Int) -> Double) { self.rate = rate }

    /// The same rate always.
    public static func constant(_ rate: Double) -> LearningRate { LearningRate { _ in rate } }
}
