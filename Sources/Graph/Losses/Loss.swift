import LanesKernels

/// How a head's output is compared with its target. Training minimizes the sum of the heads' means over the batch.
///
/// Any type can be a loss: it says what a target is and gives, for one sample, the loss and its gradient.
public protocol Loss: Sendable, Codable {
    /// What files call the loss: the type's own name unless another is given.
    static var name: String { get }
    /// How an output becomes an answer when the trained network is used.
    var answer: Answer { get }
    /// Whether samples count differently in the mean over the batch.
    var isWeighted: Bool { get }

    /// What a target is for such an output; throws where the loss does not fit it.
    ///
    /// - Parameters:
    ///   - shape: The output's shape.
    ///   - layer: The one that makes the output.
    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget
    /// What is wrong with a target, in words; nil where nothing is. NaN and infinite numbers need no check here: they
    /// stop the step anyway.
    func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String?
    /// What a sample counts in the mean over the batch, where `isWeighted`: the mean is the sum of all `value`s over the
    /// sum of all weights.
    func weight<Scalar: KernelScalar>(_ target: Span<Scalar>) -> Scalar
    /// One sample's loss, already times its weight where `isWeighted`.
    ///
    /// - Parameters:
    ///   - output: [height][width][channels].
    ///   - target: The number of the class, or as many numbers as the target has.
    ///   - scale: What the gradient is multiplied by; the returned loss is not.
    ///   - gradient: Gets scale · ∂loss/∂output; empty where only the loss is wanted.
    ///   - workspace: As many numbers as the output has.
    func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar
}

extension Loss {
    public static var name: String { "\(Self.self)" }
    public var answer: Answer { .values }
    public var isWeighted: Bool { false }
    public func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String? { nil }
    public func weight<Scalar: KernelScalar>(_ target: Span<Scalar>) -> Scalar { 1 }
}

/// What a head's output is compared with.
public enum LossTarget: Sendable, Equatable {
    /// A class: a single number from 0 to `classes` − 1.
    case label(classes: Int)
    /// As many numbers as the output has, in the same order, each within the range.
    case values(Shape, in: ClosedRange<Double> = -(.infinity)...(.infinity))

    /// How many numbers a sample's target has.
    public var count: Int {
        switch self {
        case .label: 1
        case .values(let shape, _): shape.count
        }
    }
}

/// How a head's output becomes an answer.
public enum Answer: String, Sendable, Codable {
    /// Logits: softmax makes them the probabilities of the classes.
    case softmax
    /// The logarithms of the classes' probabilities.
    case logProbabilities
    /// Independent logits: the sigmoid of each number is a probability.
    case sigmoid
    /// The output itself is the answer.
    case values
}
