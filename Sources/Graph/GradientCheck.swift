import LanesKernels

/// Compares every gradient that a graph's backward pass gives with differences of its loss, in Double.
///
/// Samples go in groups of two, the last one possibly alone; in training groups are larger. So the check finds a
/// backward pass that overwrites the sum of a sample or of a group instead of adding to it.
///
/// The graph runs in training mode: BatchNorm by the batch's own moments, dropout with one mask for all evaluations. The
/// inputs are uniform in [-1, 1), the labels uniform over the classes, other targets uniform in [-1, 1) or their own range.
/// Parameters have their initial distribution, and those that start from a constant are spread by ±0.5 around it, since a
/// scale of 1 or a bias of 0 hides mistakes.
///
/// Each element x of every trainable parameter and input is moved by ±h, the loss L (the heads' weighted sum) is taken
/// at both places, and (L(x + h) − L(x − h))/2h, extrapolated from h and 2h to h⁴, is held against the gradient. h starts
/// at 2⁻⁹ and is halved until the two differences agree and the curvatures at h and 2h do; a kink within reach, of a ReLU
/// or of a max-pool, breaks one of the two. An element that stays undecided down to 2⁻²² is reported as such.
///
/// The relative error of an element is |a − n| / max(|a|, |n|, g/1000, r), for its gradient a, the difference n, the
/// greatest gradient g of its tensor, and r, a million times what rounding of the loss can do to a difference. So an element
/// that matters within its tensor cannot hide its error, and one whose gradient is rounding noise divides by no noise.
///
/// - Parameters:
///   - graph: The network, with heads of any losses.
///   - samples: The batch size of the one step; 1 tests layers that must cope with it, 3 mixes samples and makes two
///     groups.
///   - seed: Of parameters, inputs, labels and dropout.
/// - Throws: `GraphError` for a number of samples out of reach, `TrainingError` if a loss or gradient is not finite.
public func gradientCheck(_ graph: Graph, samples: Int = 3, seed: UInt64 = 1) throws -> GradientCheckReport {
    guard samples > 0 else {
        throw GraphError(node: "gradient check", found: "\(samples) samples", expected: "1 or more")
    }
    // Each number is moved alone; for more of them than this it takes too long.
    let most = 1 << 16
    guard samples <= most else {
        throw GraphError(node: "gradient check", found: "\(samples) samples", expected: "at most \(most)")
    }
    let check = try GradientCheck(graph, samples: samples, seed: seed)
    return try check.report()
}

/// How well a graph's gradients agree with differences of its loss, tensor by tensor.
public struct GradientCheckReport: Sendable, CustomStringConvertible {
    /// The comparison of one parameter or input.
    public struct Tensor: Sendable {
        /// The parameter's full name, or the input's.
        public let name: String
        /// A parameter's shape in PyTorch's order; for an input [samples, height, width, channels].
        public let shape: [Int]
        /// The greatest relative error of its decided elements; infinite if a gradient or difference is NaN.
        public internal(set) var worstRelativeError = 0.0
        /// Where that is, one index for each number of `shape`.
        public internal(set) var worstElement: [Int]
        /// The backward pass's gradient there.
        public internal(set) var gradient = 0.0
        /// The difference quotient there.
        public internal(set) var difference = 0.0
        /// Elements where no step was small enough to avoid a kink of the loss: they were not compared.
        public internal(set) var undecided = 0
    }

    /// The trainable parameters in the order of the graph, then the inputs.
    public let tensors: [Tensor]

    /// The greatest relative error of all decided elements.
    public var worstRelativeError: Double { tensors.map(\.worstRelativeError).max() ?? 0 }

    /// Elements of all tensors that were not compared, because of a kink.
    public var undecided: Int { tensors.reduce(0) { $0 + $1.undecided } }

    /// A table with a line for each tensor.
    public var description: String {
        let head = ["tensor", "shape", "worst error", "at", "gradient", "difference", "undecided"]
        let rows = tensors.map { tensor in
            [
                tensor.name, tensor.shape.map(String.init).joined(separator: "×"), brief(tensor.worstRelativeError),
                "\(tensor.worstElement)", "\(tensor.gradient)", "\(tensor.difference)", "\(tensor.undecided)",
            ]
        }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        return ([head] + rows).map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// Two digits are enough of an error.
    private func brief(_ error: Double) -> String {
        guard error > 0, error.isFinite else { return "\(error)" }
        var (mantissa, exponent) = (error, 0)
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return "\((mantissa * 10).rounded() / 10)e\(exponent)"
    }
}

/// One check: training plans without optimizer, its one batch, and the loss as a function of any number in either.
private struct GradientCheck {
    let graph: Graph
    let parameters: Parameters<Double>
    let batch: CheckedBatch
    let executor: Executor<Double>
    /// The same without backward pass, for all the losses at moved places.
    let evaluator: Executor<Double>
    let samples: Int

    init(_ graph: Graph, samples: Int, seed: UInt64) throws(GraphError) {
        self.graph = graph
        self.samples = samples
        parameters = try Parameters(graph, seed: seed)
        var random = RandomStream(seed: seed, purpose: .gradientCheck)
        for slot in parameters.slots where slot.parameter.isTrainable {
            guard case .constant = slot.parameter.initial else { continue }
            for index in 0..<slot.parameter.count {
                parameters.weights[slot.offset + slot.parameter.position(of: index)] += random.uniform(in: -0.5...0.5)
            }
        }
        batch = try CheckedBatch(graph, samples: samples, random: &random)
        let groups = (samples + 1) / 2
        executor = try Executor(
            graph, parameters: parameters, mode: .training(nil), batchSize: samples, threads: 1, seed: seed,
            inputGradients: true, mostGroups: groups)
        evaluator = try Executor(
            graph, parameters: parameters, mode: .training(nil), batchSize: samples, threads: 1, seed: seed,
            inputGradients: false, skipsBackward: true, mostGroups: groups)
    }

    func report() throws -> GradientCheckReport {
        try executor.run(steps: 0..<1, from: batch)
        let initialLoss = try loss()
        let trainable = parameters.slots.filter(\.parameter.isTrainable)
        let parameterGradients = trainable.map { parameters.values($0, in: executor.gradients) }
        let inputs = graph.inputs.indices
        let inputGradients = inputs.map { executor.gradient(ofInput: $0) }

        var tensors: [GradientCheckReport.Tensor] = []
        for (slot, gradients) in zip(trainable, parameterGradients) {
            // Both buffers are of `AlignedMemory`, which allocates even for no numbers.
            let start = parameters.weights.baseAddress.unsafelyUnwrapped + slot.offset
            tensors.append(
                try compare(slot.name, shape: slot.parameter.shape, gradients, initialLoss) {
                    start + slot.parameter.position(of: $0)
                })
        }
        for (input, gradients) in zip(inputs, inputGradients) {
            let (name, shape) = graph.inputs[input]
            let start = batch.inputs[input].start
            // An input without gradient counts as one whose gradient is zero, so that it cannot go unnoticed.
            let known = gradients.isEmpty ? Array(repeating: 0, count: samples * shape.count) : gradients
            tensors.append(
                try compare(name, shape: [samples, shape.height, shape.width, shape.channels], known, initialLoss) {
                    start + $0
                })
        }
        return GradientCheckReport(tensors: tensors)
    }

    /// The weighted loss of the batch as it stands.
    private func loss() throws -> Double {
        try evaluator.run(steps: 0..<1, from: batch, report: { batch.loss = $0.loss })
        return batch.loss
    }

    /// Compares all elements of a tensor, each at its `place`.
    private func compare(
        _ name: String, shape: [Int], _ gradients: [Double], _ initialLoss: Double,
        place: (Int) -> UnsafeMutablePointer<Double>
    ) throws -> GradientCheckReport.Tensor {
        var tensor = GradientCheckReport.Tensor(name: name, shape: shape, worstElement: shape.map { _ in 0 })
        let greatest = gradients.reduce(0) { max($0, abs($1)) }
        for (index, gradient) in gradients.enumerated() {
            let floor = max(greatest / 1000, gradient.isNaN ? 0 : abs(gradient))
            guard let slope = try slope(at: place(index), initialLoss, floor: floor) else {
                tensor.undecided += 1
                continue
            }
            let difference = abs(gradient - slope.value)
            let scale = max(floor, abs(slope.value), 1e6 * slope.rounding)
            let error = difference.isFinite ? difference / scale : .infinity
            if error > tensor.worstRelativeError {
                tensor.worstRelativeError = error
                (tensor.gradient, tensor.difference) = (gradient, slope.value)
                var rest = index
                for axis in shape.indices.reversed() {
                    tensor.worstElement[axis] = rest % shape[axis]
                    rest /= shape[axis]
                }
            }
        }
        return tensor
    }

    /// The loss's slope by differences, with what rounding can do to it; nil where a kink is in reach of every step.
    ///
    /// - Parameter floor: Gradients are compared relative to at least this.
    private func slope(
        at element: UnsafeMutablePointer<Double>, _ initialLoss: Double, floor: Double
    ) throws -> (value: Double, rounding: Double)? {
        let original = element.pointee
        defer { element.pointee = original }
        func moved(by step: Double) throws -> Double {
            element.pointee = original + step
            return try loss()
        }
        // Sums of many terms round more than their result tells; terms are of order 1 for inputs of order 1.
        let unit = 0x1p-52 * (1 + abs(initialLoss))
        var step = 0x1p-9
        var (outerUp, outerDown) = (try moved(by: 2 * step), try moved(by: -2 * step))
        while step >= 0x1p-22 {
            let (up, down) = (try moved(by: step), try moved(by: -step))
            let (inner, outer) = ((up - down) / (2 * step), (outerUp - outerDown) / (4 * step))
            let curvatures = (outerUp + outerDown + 6 * initialLoss - 4 * (up + down)) / (2 * step)
            let rounding = unit / step
            let tolerance = max(1e-6 * max(floor, abs(inner)), 8 * rounding)
            if abs(inner - outer) <= tolerance, abs(curvatures) <= tolerance {
                return ((4 * inner - outer) / 3, rounding)
            }
            (outerUp, outerDown) = (up, down)
            step /= 2
        }
        return nil
    }
}

/// One batch of random numbers that a check moves one by one, and the loss that came of it.
// Sendable because it changes only between runs, and a run with one thread reports from that thread.
private final class CheckedBatch: BatchSource, @unchecked Sendable {
    /// Of each input [samples][height][width][channels].
    let inputs: [AlignedMemory<Double>]
    /// Of each head [samples][the target's numbers].
    let targets: [[Double]]
    private let samples: Int
    var loss = 0.0

    init(_ graph: Graph, samples: Int, random: inout RandomStream) throws(GraphError) {
        inputs = try graph.inputs.map { input throws(GraphError) in
            guard let values = AlignedMemory<Double>(samples * input.shape.count) else {
                throw GraphError(node: input.name, found: "no memory for \(samples) samples", expected: "fewer")
            }
            for index in 0..<samples * input.shape.count { values.start[index] = random.uniform(in: -1...1) }
            return values
        }
        self.samples = samples
        targets = graph.targets.map { target in
            (0..<samples * target.count).map { _ in
                switch target {
                case .label(let classes): Double(random.integer(below: classes))
                case .values(_, let range): random.uniform(in: range.clamped(to: -1...1))
                }
            }
        }
    }

    func sampleCount(ofStep step: Int) -> Int { samples }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Double>) {
        let first = sample * values.count
        for index in 0..<values.count { values[index] = inputs[input].start[first + index] }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Double>) {
        for index in 0..<values.count { values[index] = targets[head][sample * values.count + index] }
    }
}
