import LanesGraph
import LanesKernels
import TestSupport
import Testing

/// Losses of numbers against PyTorch: the mean over the batch and its gradient.
///
/// With d = x − t, the rounding of x and t to Float and that of d itself move d by at most e = ε·(|x| + |t|).
@Suite struct FixtureValueLossTests {
    @Test(.namingCases)
    static func inDoubleCases() {
        forEach(FixtureCases.valueLosses) { try Self().inDouble($0) }
    }

    func inDouble(_ name: String) throws {
        try compare(name, in: Double.self)
    }
    @Test(.namingCases)
    static func inFloatCases() {
        forEach(FixtureCases.valueLosses) { try Self().inFloat($0) }
    }

    func inFloat(_ name: String) throws { try compare(name, in: Float.self) }

    private func compare<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(.losses, name)
        let (input, weight) = try (fixture.tensor("input"), fixture.number("loss_weight"))
        let target = try fixture.tensor("target", shape: input.shape)
        let x = Node.input("input", input.sample)
        let head: Head
        var delta = Double.infinity
        switch fixture.kind {
        case "mse_loss": head = Head("loss", x, loss: .meanSquaredError, weight: weight)
        case "l1_loss": head = Head("loss", x, loss: .meanAbsoluteError, weight: weight)
        case "huber_loss":
            delta = try fixture.number("delta")
            head = Head("loss", x, loss: .huber(delta: delta), weight: weight)
        default: head = Head("loss", x, loss: .binaryCrossEntropy, weight: weight)
        }
        let run = try FixtureRun<Scalar>([head], inputs: ["input": input], targets: [target])
        try run.step()

        let epsilon = Double(Scalar.ulpOfOne)
        // Of an element: what its loss and its slope are off by.
        let errors = zip(input.values, target.values).map { x, t -> (value: Double, slope: Double) in
            let (distance, moved) = (abs(x - t), epsilon * (abs(x) + abs(t)))
            switch fixture.kind {
            // d² and 2·d, of a rounding each.
            case "mse_loss": return (2 * distance * moved + epsilon * distance * distance, 2 * moved)
            // |d| and its sign.
            case "l1_loss": return (moved, 0)
            // The slope is at most δ, and moves only where it is less.
            case "huber_loss":
                let slope = min(distance, delta)
                return (slope * moved + 2 * epsilon * slope * distance, moved)
            // max(x, 0) − x·t + log(1 + exp(−|x|)): terms of at most |x|, |x| and 1 with 4 roundings at most, and x and t
            // off by one each. σ(x) − t: 3 ulp of σ, what the rounding of x moves it by (less than ε/2), that of t.
            default: return (4 * epsilon * (abs(x) + 1), 5 * epsilon)
            }
        }
        let share = weight / Double(errors.count)
        let loss = try fixture.number("output")
        // Both sides sum in Double; in Scalar, the samples' means and the weight are rounded.
        let sums = (4 * epsilon + 2 * Double(errors.count) * .ulpOfOne) * loss
        expectClose(
            [run.losses.total], [loss], within: share * errors.reduce(0) { $0 + $1.value } + sums, "loss")
        let gradient = try fixture.tensor("grad_input", shape: input.shape).values
        try expectClose(
            run.gradient(ofInput: "input"), gradient,
            within: zip(errors, gradient).map { share * $0.slope + 3 * epsilon * abs($1) }, "input gradient")
    }
}
