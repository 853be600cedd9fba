import LanesKernels

/// The mean of (output − target)² over the output's numbers: PyTorch's `MSELoss`.
public struct MeanSquaredError: Loss {
    /// There are no settings.
    public init() {}

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget { .values(shape) }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        withPointers(output, target, &gradient) {
            LanesKernels.meanSquaredError(
                $0, target: $1, count: output.count, scale: scale, gradient: $2, accumulating: false)
        }
    }
}

/// The mean of |output − target| over the output's numbers: PyTorch's `L1Loss`. Where they are equal the slope is 0.
public struct MeanAbsoluteError: Loss {
    /// There are no settings.
    public init() {}

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget { .values(shape) }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        withPointers(output, target, &gradient) {
            LanesKernels.meanAbsoluteError(
                $0, target: $1, count: output.count, scale: scale, gradient: $2, accumulating: false)
        }
    }
}

/// Half the square of differences up to `delta`, a straight line beyond (Huber, 1964), averaged over the output's numbers:
/// PyTorch's `HuberLoss`.
public struct Huber: Loss {
    /// Greater than 0.
    public var delta = 1.0

    /// A small `delta` makes the loss less sensitive to outliers.
    ///
    /// - Parameter delta: The difference up to which the loss is a parabola; greater than 0.
    public init(delta: Double = 1) { self.delta = delta }

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        guard delta > 0, delta.isFinite else {
            throw LayerError(found: "a Huber loss with delta \(delta)", expected: "a finite one above 0")
        }
        return .values(shape)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        withPointers(output, target, &gradient) {
            LanesKernels.huberLoss(
                $0, target: $1, count: output.count, delta: Scalar(delta), scale: scale, gradient: $2,
                accumulating: false)
        }
    }
}

/// Cross-entropy of the sigmoid of each logit and a probability, averaged over the output's numbers: PyTorch's
/// `BCEWithLogitsLoss`. Targets are in 0…1; for one logit, the labels 0 and 1.
public struct BinaryCrossEntropy: Loss {
    /// There are no settings.
    public init() {}

    public var answer: Answer { .sigmoid }

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        try checkLogits(layer, "binary cross-entropy")
        return .values(shape, in: 0...1)
    }

    public func problem<Scalar: KernelScalar>(_ target: Span<Scalar>, outputCount: Int) -> String? {
        for index in target.indices where !(target[index] >= 0 && target[index] <= 1) {
            return "target \(target[index]), expected a probability in 0…1"
        }
        return nil
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        withPointers(output, target, &gradient) {
            LanesKernels.binaryCrossEntropy(
                logits: $0, target: $1, count: output.count, scale: scale, gradient: $2, accumulating: false)
        }
    }
}

/// Σ output·target, summed over the batch too. Its gradient is the target, so that checks can give the backward pass
/// any upstream gradient.
public struct Projection: Loss {
    /// There are no settings.
    public init() {}

    public func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget { .values(shape) }

    /// Σ output·target of one sample. The gradient is the target times the factor.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale factor: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        withPointers(output, target, &gradient) { output, target, gradient in
            if let gradient { scale(target, by: factor, count: workspace.count, into: gradient) }
            return dot(output, target, count: workspace.count)
        }
    }
}

extension Loss where Self == MeanSquaredError {
    /// The mean of squared differences.
    public static var meanSquaredError: Self { MeanSquaredError() }
}

extension Loss where Self == MeanAbsoluteError {
    /// The mean of absolute differences.
    public static var meanAbsoluteError: Self { MeanAbsoluteError() }
}

extension Loss where Self == Huber {
    /// Squared differences up to `delta`, absolute ones beyond.
    public static func huber(delta: Double = 1) -> Self { Huber(delta: delta) }
}

extension Loss where Self == BinaryCrossEntropy {
    /// Cross-entropy of the sigmoid of each logit.
    public static var binaryCrossEntropy: Self { BinaryCrossEntropy() }
}

extension Loss where Self == Projection {
    /// Σ output·target.
    public static var projection: Self { Projection() }
}
