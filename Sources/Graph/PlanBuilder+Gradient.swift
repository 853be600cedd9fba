import LanesKernels

extension PlanBuilder {
    /// Adds the operations that sum a parameter's gradient over the samples, unless the parameter is frozen.
    ///
    ///     plan.addGradient(of: "bias", node, reads: [dy]) { item, sum in
    ///         let slope = item.read(dy)
    ///         for i in slope.indices { sum[i] += slope[i] }
    ///     }
    ///
    /// - Parameters:
    ///   - parameter: Its name within the layer. Its numbers must lie in PyTorch's order, as those of all layers from
    ///     outside do.
    ///   - node: The node whose backward pass is planned.
    ///   - reads: What `add` reads.
    ///   - add: Adds one sample's gradient to `sum`, which has the parameter's count.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func addGradient(
        of parameter: String, _ node: PlannedNode, reads: [Value],
        add: @escaping @Sendable (_ item: borrowing WorkItem<Scalar>, _ sum: inout MutableSpan<Scalar>) -> Void
    ) {
        guard let gradient = node.parameterGradient(parameter) else { return }
        let partials = value(.group, values[gradient.id].count)
        self.add("backward \(parameter)", of: node, .samples, reads: reads, writes: [partials]) { item in
            var sum = item.write(partials)
            if item.isFirstOfGroup { sum.update(repeating: 0) }
            add(item, &sum)
        }
        addSumOfGroups(partials, into: gradient, "sum \(parameter)", node)
    }
}
