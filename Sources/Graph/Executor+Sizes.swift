import LanesKernels

/// How great a layer's trainable numbers are, the gradients of the last step, and what the step changed: each the root of
/// the mean of the squares.
public struct LayerSize: Sendable, Equatable, Codable {
    /// Of the parameters after the step.
    public let weight: Float
    /// Before clipping.
    public let gradient: Float
    /// Of what the optimizer added to the parameters.
    public let update: Float

    package init(weight: Float, gradient: Float, update: Float) {
        (self.weight, self.gradient, self.update) = (weight, gradient, update)
    }
}

extension Executor {
    /// The size of some trainable parameters after a step, to be asked in its report.
    ///
    /// - Parameters:
    ///   - slots: Of one layer.
    ///   - before: The parameters as they were before the step; the update takes their place.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func size(of slots: [Parameters<Scalar>.Slot], before: Parameters<Scalar>) -> LayerSize {
        var (weight, gradient, update, total) = (0.0, 0.0, 0.0, 0)
        // The padding counts nothing: it holds zeros in all of them.
        for slot in slots where slot.parameter.isTrainable {
            let (count, end) = (slot.parameter.slabCount, slot.offset + slot.parameter.slabCount)
            guard end <= gradients.count, end <= parameters.weights.count, end <= before.weights.count,
                let weights = parameters.weights.baseAddress, let slopes = gradients.baseAddress,
                let changes = before.weights.baseAddress
            else { continue }
            scale(weights + slot.offset, by: -1, count: count, into: changes + slot.offset, accumulating: true)
            weight += squaredSum(weights + slot.offset, count: count)
            gradient += squaredSum(slopes + slot.offset, count: count)
            update += squaredSum(changes + slot.offset, count: count)
            total += slot.parameter.count
        }
        let share = 1 / Double(max(total, 1))
        return LayerSize(
            weight: Float((weight * share).squareRoot()), gradient: Float((gradient * share).squareRoot()),
            update: Float((update * share).squareRoot()))
    }
}
