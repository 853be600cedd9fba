import LanesKernels

/// How a head's output is compared with its target. The mean over the batch is what counts in the sum of all heads.
///
/// A type of anybody's can be a loss: it says what a target is and gives, for one sample, the loss and its gradient.
public protocol Loss: Sendable, Codable {
    /// What files call the loss: the type's own name unless another is given.
    static var name: String { get }
    /// How an output becomes an answer, for whoever uses the trained network.
    var answer: Answer { get }
    /// Whether samples count differently in the mean over the batch.
    var isWeighted: Bool { get }

    /// What a target is for such an output; throws where the loss does not fit it.
    ///
    /// - Parameter layer: The one that makes the output.
    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget
    /// What is wrong with a target, in words; nil where nothing is. Numbers that are NaN or infinite are seen elsewhere.
    func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String?
    /// What a sample counts in the mean over the batch, where `isWeighted`: the mean is the sum of all `value`s over the
    /// sum of all weights.
    func weight<Scalar: KernelScalar>(_ target: Span<Scalar>) -> Scalar
    /// One sample's loss, already times its weight where `isWeighted`.
    ///
    /// - Parameters:
    ///   - output: [height][width][channels].
    ///   - scale: A factor of the gradient, and of nothing else.
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
    /// The number of one of so many classes: a single number.
    case label(classes: Int)
    /// As many numbers as the output has, in its order and of this range.
    case values(Shape, in: ClosedRange<Double> = -(.infinity)...(.infinity))

    /// Its numbers.
    public var count: Int {
        switch self {
        case .label: 1
        case .values(let shape, _): shape.count
        }
    }
}

/// How a head's output becomes an answer.
public enum Answer: String, Sendable, Codable {
    /// Softmax makes the probabilities of classes of it.
    case softmax
    /// They are logarithms of probabilities.
    case logProbabilities
    /// Each number is the logit of a probability of its own.
    case sigmoid
    /// It is the answer.
    case values
}
