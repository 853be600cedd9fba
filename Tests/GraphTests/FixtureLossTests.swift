import LanesKernels
import LanesGraph
import LanesFiles
import TestSupport
import Testing

/// Softmax and the losses against PyTorch.
///
/// The exponent x − max is off by ε·max|x| for the subtraction and, in Float, for the rounding of the logits, and exp
/// makes that a relative error. With n terms in the sum, exp and log a few ulp each, on both sides of the comparison:
/// k = 4·max|x| + n + 8 times ε is the relative error of softmax and the absolute error of its logarithm.
@Suite struct FixtureLossTests {
    private func relativeError<Scalar: FixtureScalar>(_ input: FixtureTensor, in type: Scalar.Type) -> Double {
        let greatest = input.values.map(abs).max() ?? 0
        return (4 * greatest + Double(input.sample.count) + 8) * Double(Scalar.ulpOfOne)
    }

    @Test(.namingCases)
    static func softmaxInDoubleCases() {
        forEach(FixtureCases.softmax) { try Self().softmaxInDouble($0) }
    }

    func softmaxInDouble(_ name: String) throws {
        try softmax(name, in: Double.self)
    }
    @Test(.namingCases)
    static func softmaxInFloatCases() {
        forEach(FixtureCases.softmax) { try Self().softmaxInFloat($0) }
    }

    func softmaxInFloat(_ name: String) throws {
        try softmax(name, in: Float.self)
    }

    private func softmax<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(.layers, name)
        let network = try FixtureNetwork(fixture)
        let run = try network.run(in: type)
        let error = relativeError(network.input, in: type)
        let (output, classes) = try (fixture.tensor("output").values, network.input.sample.count)
        let isLogarithm = fixture.kind == "log_softmax"
        // Below the normal numbers a number may become 0.
        let tiny = Double(Scalar.leastNormalMagnitude)
        expectClose(
            run.output(network.input.sample), output, within: output.map { isLogarithm ? error : $0 * error + tiny },
            "output")
        // x' = y·(y' − Σ y·y') or y' − exp(y)·Σ y', every y with the error above, and sums of n terms.
        let upstream = network.upstream.values
        let tolerances = upstream.indices.map { index in
            let row = index / classes * classes..<(index / classes + 1) * classes
            let sum = row.reduce(0) { $0 + abs(upstream[$1]) * (isLogarithm ? 1 : output[$1]) }
            let scale = isLogarithm ? 1 : output[index]
            let share = isLogarithm ? exponential(output[index]) : 1
            return 2 * error * scale * (abs(upstream[index]) + share * sum) + tiny
        }
        try expectClose(
            run.gradient(ofInput: "input"), fixture.tensor("grad_input", shape: network.input.shape).values,
            within: tolerances, "input gradient")
    }

    @Test(.namingCases)
    static func lossInDoubleCases() {
        forEach(FixtureCases.losses) { try Self().lossInDouble($0) }
    }

    func lossInDouble(_ name: String) throws {
        try loss(Fixture(.layers, name), in: Double.self)
    }
    @Test(.namingCases)
    static func lossInFloatCases() {
        forEach(FixtureCases.losses) { try Self().lossInFloat($0) }
    }

    func lossInFloat(_ name: String) throws {
        try loss(Fixture(.layers, name), in: Float.self)
    }
    @Test(.namingCases)
    static func optionsInDoubleCases() {
        forEach(FixtureCases.labelLosses) { try Self().optionsInDouble($0) }
    }

    func optionsInDouble(_ name: String) throws {
        try loss(Fixture(.losses, name), in: Double.self)
    }
    @Test(.namingCases)
    static func optionsInFloatCases() {
        forEach(FixtureCases.labelLosses) { try Self().optionsInFloat($0) }
    }

    func optionsInFloat(_ name: String) throws {
        try loss(Fixture(.losses, name), in: Float.self)
    }

    private func loss<Scalar: FixtureScalar>(_ fixture: Fixture, in type: Scalar.Type) throws {
        let (input, weight) = try (fixture.tensor("input"), fixture.number("loss_weight"))
        let (samples, classes) = (input.shape[0], input.sample.count)
        let labels = try fixture.labels("labels", shape: [samples])
        let smoothing = try fixture.optional("label_smoothing") ?? 0
        let classWeights =
            try fixture.has("class_weights") ? fixture.tensor("class_weights", shape: [classes]).values : nil
        let ignored = try fixture.has("ignore_index") ? fixture.integer("ignore_index") : nil
        let x = Node.input("input", input.sample)
        let likelihood = NegativeLogLikelihood(classWeights: classWeights, ignoreIndex: ignored)
        let head =
            switch fixture.kind {
            case "cross_entropy":
                Head(
                    "loss", x,
                    loss: .crossEntropy(labelSmoothing: smoothing, classWeights: classWeights, ignoreIndex: ignored),
                    weight: weight)
            case "nll_loss": Head("loss", x, loss: likelihood, weight: weight)
            default: Head("loss", x.logSoftmax(), loss: likelihood, weight: weight)
            }
        let run = try FixtureRun<Scalar>([head], inputs: ["input": input], targets: [labels])
        try run.step()

        // What each class of each sample counts, and what the mean divides by.
        func count(_ label: Int) -> Double { label == ignored ? 0 : classWeights?[label] ?? 1 }
        let numbers = labels.values.map { Int($0) }
        let total = numbers.reduce(0) { $0 + count($1) }
        let shares = (0..<samples * classes).map { index -> Double in
            let (label, number) = (numbers[index / classes], index % classes)
            guard label != ignored else { return 0 }
            return (classWeights?[number] ?? 1) * (smoothing / Double(classes) + (label == number ? 1 - smoothing : 0))
        }
        let error = relativeError(input, in: type)
        // loss = Σ share·(−log softmax)/total, each logarithm with the error above, which is also more than its product
        // is rounded by.
        try expectClose(
            [run.losses.total], [fixture.number("output")], within: 2 * weight * error * shares.reduce(0, +) / total,
            "loss")
        // x' = weight/total·(softmax·Σ shares − share): the error above of either term, of which the first is at most the
        // result and the second.
        let gradient = try fixture.tensor("grad_input", shape: input.shape).values
        let tiny = Double(Scalar.leastNormalMagnitude)
        let tolerances = zip(gradient, shares).map { error * (abs($0) + 2 * weight / total * $1) + tiny }
        try expectClose(run.gradient(ofInput: "input"), gradient, within: tolerances, "input gradient")
    }

    /// eˣ for x ≤ 0 to within what a tolerance needs.
    private func exponential(_ x: Double) -> Double {
        let half = max(0, 1 + x / 1024)
        return (0..<10).reduce(half) { power, _ in power * power }
    }
}
