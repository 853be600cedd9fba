import LanesKernels

extension Executor {
    /// What the optimizer remembers of every weight, such as Adam's two moments, each laid out as the weights are, in
    /// place of them. To be called while no run is under way.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func optimizerState() -> [Parameters<Scalar>] {
        usedMoments.map { slab in
            let copy = Parameters(copying: parameters)
            _ = copy.weights.update(fromContentsOf: slab)
            return copy
        }
    }

    /// How many there are.
    package var optimizerStateCount: Int { usedMoments.count }

    /// Takes over weights, what the optimizer remembers, and averages, as they were after a step; the run that goes on
    /// from there begins with the step's number plus one.
    ///
    /// - Parameters:
    ///   - state: As `optimizerState()` gives it, of this graph and optimizer.
    ///   - averages: nil where the optimizer keeps none.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func restore(
        _ parameters: Parameters<Scalar>, optimizerState state: [Parameters<Scalar>], averages: Parameters<Scalar>?
    ) {
        self.parameters.copy(from: parameters)
        for (slab, moment) in zip(usedMoments, state) { _ = slab.update(fromContentsOf: moment.weights) }
        if let averages { self.averages?.copy(from: averages) }
    }

    /// Those of the moment slabs that the optimizer uses.
    private var usedMoments: ArraySlice<UnsafeMutableBufferPointer<Scalar>> {
        guard case .training(let optimizer) = mode else { return [] }
        return moments.prefix(optimizer?.momentCount ?? 0)
    }
}
