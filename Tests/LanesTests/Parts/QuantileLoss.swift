import Lanes

/// Asks for the number that the target is below with probability q: q·d where d = target − output is above 0, else (q − 1)·d,
/// averaged over the output's numbers (Koenker and Bassett, "Regression Quantiles", 1978).
struct QuantileLoss: Loss {
    var q = 0.5

    func target(forOutput shape: Shape, of layer: any Layer) throws(LayerError) -> LossTarget {
        guard q > 0, q < 1 else { throw LayerError(found: "the quantile \(q)", expected: "one between 0 and 1") }
        return .values(shape)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func value<Scalar: KernelScalar>(
        _ output: Span<Scalar>, _ target: Span<Scalar>, scale: Scalar, gradient: inout MutableSpan<Scalar>,
        workspace: inout MutableSpan<Scalar>
    ) -> Scalar {
        let (q, count) = (Scalar(q), Scalar(output.count))
        var sum: Scalar = 0
        for i in output.indices {
            let difference = target[i] - output[i]
            let slope = difference > 0 ? q : q - 1
            sum += slope * difference / count
            if !gradient.isEmpty { gradient[i] = -scale * slope / count }
        }
        return sum
    }
}
