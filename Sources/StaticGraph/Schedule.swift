/// The learning rate of every step.
public struct Schedule: Sendable {
    /// The rate of a step, by its number.
    public let rate: @Sendable (_ step: Int) -> Double

    public init(_ rate: @escaping @Sendable (_ step: Int) -> Double) { self.rate = rate }

    /// The same rate always.
    public static func constant(_ rate: Double) -> Schedule { Schedule { _ in rate } }

    /// PyTorch's StepLR: multiplied by `factor` after every `size` steps.
    public static func steps(_ rate: Double, size: Int, factor: Double) -> Schedule {
        Schedule { step in (0..<step / max(size, 1)).reduce(rate) { rate, _ in rate * factor } }
    }
}
