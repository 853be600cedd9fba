import LanesKernels

/// Cross-entropy of the softmax of logits and a label, as PyTorch's `CrossEntropyLoss` has it:
///
///     loss = −Σ wⱼ·qⱼ·log softmax(x)ⱼ,    q = (1 − s)·one-hot(label) + s/classes    for a smoothing of s
///
/// w being the weights of classes, 1 unless given. The mean over the batch is the sum of all losses over the sum of the
/// labels' weights; an ignored label counts in neither.
public struct CrossEntropy: Loss {
    /// How much of the label's probability is spread over all classes, 0…1.
    public var labelSmoothing = 0.0
    /// What each class counts; all the same unless given.
    public var classWeights: [Double]?
    /// A label that counts nothing.
    public var ignoreIndex: Int?

    /// Plain cross-entropy unless settings are given.
    ///
    /// - Parameters:
    ///   - labelSmoothing: How much of the label's probability is spread over all classes, 0…1.
    ///   - classWeights: One number for each class, 0 or more; nil for 1 each.
    ///   - ignoreIndex: A label whose samples count nothing; it need not be one of the classes.
    public init(labelSmoothing: Double = 0, classWeights: [Double]? = nil, ignoreIndex: Int? = nil) {
        (self.labelSmoothing, self.classWeights, self.ignoreIndex) = (labelSmoothing, classWeights, ignoreIndex)
    }

    public var answer: Answer { .softmax }
    public var isWeighted: Bool { classWeights != nil || ignoreIndex != nil }

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        try checkClasses(shape, classWeights)
        try checkLogits(layer, "cross-entropy")
        guard (0...1).contains(labelSmoothing) else {
            throw LayerError(found: "a label smoothing of \(labelSmoothing)", expected: "one in 0…1")
        }
        return .label(classes: shape.channels)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String? {
        labelProblem(target[0], classes: outputCount, ignoreIndex: ignoreIndex)
    }

    public func weight<Scalar: KernelScalar>(_ target: Span<Scalar>) -> Scalar {
        classWeight(target[0], classWeights, ignoreIndex)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        let label = Int(target[0])
        guard label != ignoreIndex else { return ignored(&gradient) }
        return withPointers(output, &gradient, &workspace) { logits, slope, scratch in
            if let classWeights {
                return weightedCrossEntropy(
                    logits, label: label, classWeights: classWeights, smoothing: Scalar(labelSmoothing), scale: scale,
                    gradient: slope, workspace: scratch)
            }
            return LanesKernels.crossEntropy(
                logits, label: label, count: output.count, smoothing: Scalar(labelSmoothing), scale: scale,
                gradient: slope, accumulating: false, workspace: scratch)
        }
    }
}

/// Negative log-likelihood of a label, from logarithms of probabilities as `logSoftmax` gives them: PyTorch's `NLLLoss`.
public struct NegativeLogLikelihood: Loss {
    /// What samples of each class count; all the same unless given.
    public var classWeights: [Double]?
    /// A label that counts nothing.
    public var ignoreIndex: Int?

    /// All samples count the same unless settings are given.
    ///
    /// - Parameters:
    ///   - classWeights: One number for each class, 0 or more; nil for 1 each.
    ///   - ignoreIndex: A label whose samples count nothing; it need not be one of the classes.
    public init(classWeights: [Double]? = nil, ignoreIndex: Int? = nil) {
        (self.classWeights, self.ignoreIndex) = (classWeights, ignoreIndex)
    }

    public var answer: Answer { .logProbabilities }
    public var isWeighted: Bool { classWeights != nil || ignoreIndex != nil }

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        try checkClasses(shape, classWeights)
        // A graph's input may hold log-probabilities.
        guard layer is Input || (layer as? Softmax)?.isLogarithm == true else {
            throw LayerError(
                found: "negative log-likelihood of what \(layer.kind) makes",
                expected: "log-probabilities: logSoftmax() before it, or cross-entropy")
        }
        return .label(classes: shape.channels)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String? {
        labelProblem(target[0], classes: outputCount, ignoreIndex: ignoreIndex)
    }

    public func weight<Scalar: KernelScalar>(_ target: Span<Scalar>) -> Scalar {
        classWeight(target[0], classWeights, ignoreIndex)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        let label = Int(target[0])
        let weight: Scalar = classWeight(target[0], classWeights, ignoreIndex)
        // Also where 0 would meet the logarithm of 0.
        guard weight > 0 else { return ignored(&gradient) }
        return withPointers(output, &gradient, &workspace) { logProbabilities, slope, _ in
            LanesKernels.negativeLogLikelihood(
                logProbabilities, label: label, count: output.count, scale: scale * weight, gradient: slope,
                accumulating: false) * weight
        }
    }
}

extension Loss where Self == CrossEntropy {
    /// Cross-entropy of the softmax of logits.
    public static var crossEntropy: Self { CrossEntropy() }
    /// Cross-entropy with label smoothing, weights of classes, or a label that counts nothing.
    public static func crossEntropy(
        labelSmoothing: Double = 0, classWeights: [Double]? = nil, ignoreIndex: Int? = nil
    ) -> Self { CrossEntropy(labelSmoothing: labelSmoothing, classWeights: classWeights, ignoreIndex: ignoreIndex) }
}

extension Loss where Self == NegativeLogLikelihood {
    /// Negative log-likelihood of log-probabilities, as `logSoftmax` gives them.
    public static var negativeLogLikelihood: Self { NegativeLogLikelihood() }
}

/// Throws where a loss that makes probabilities itself would get some already.
func checkLogits(_ layer: any Layer, _ loss: String) throws(LayerError) {
    let softmax = layer as? Softmax
    let isSigmoid = (layer as? Activation)?.function == .sigmoid
    guard softmax?.isLogarithm ?? true, !isSigmoid else {
        throw LayerError(found: "\(loss) of probabilities", expected: "logits, as they are before \(layer.kind)")
    }
}

private func checkClasses(_ shape: Shape, _ weights: [Double]?) throws(LayerError) {
    guard shape.isVector else { throw LayerError(found: "an output of \(shape)", expected: "a vector of classes") }
    guard shape.channels > 1 else { throw LayerError(found: "one output", expected: "two classes or more") }
    guard let weights else { return }
    guard weights.count == shape.channels, weights.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
        throw LayerError(
            found: "class weights \(weights)", expected: "one for each of \(shape.channels) classes, 0 or more")
    }
}

private func labelProblem<Scalar: KernelScalar>(_ label: Scalar, classes: Int, ignoreIndex: Int?) -> String? {
    if let number = Int(exactly: label), (0..<classes).contains(number) || number == ignoreIndex { return nil }
    return "label \(Int(exactly: label).map { "\($0)" } ?? "\(label)"), expected one of the classes 0…\(classes - 1)"
}

/// The loss and the gradient of a sample that counts nothing.
private func ignored<Scalar: KernelScalar>(_ gradient: inout MutableSpan<Scalar>) -> Scalar {
    gradient.update(repeating: 0)
    return 0
}

private func classWeight<Scalar: KernelScalar>(
    _ label: Scalar, _ weights: [Double]?, _ ignoreIndex: Int?
) -> Scalar {
    let number = Int(label)
    if number == ignoreIndex { return 0 }
    return weights.map { Scalar($0[number]) } ?? 1
}
