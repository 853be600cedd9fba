import LanesKernels
import LanesGraph
import LanesFiles
import TestSupport
import Testing

/// The optimizers against PyTorch, under gradients that the graph is given: the weights of one feature of value 1 have
/// the upstream gradient itself as theirs.
@Suite struct FixtureOptimizerTests {
    @Test(.namingCases)
    static func inDoubleCases() {
        forEach(FixtureCases.optimizers) { try Self().inDouble($0) }
    }

    func inDouble(_ name: String) throws {
        try compare(name, in: Double.self)
    }
    @Test(.namingCases)
    static func inFloatCases() {
        forEach(FixtureCases.optimizers) { try Self().inFloat($0) }
    }

    func inFloat(_ name: String) throws {
        try compare(name, in: Float.self)
    }

    private func compare<Scalar: FixtureScalar>(_ name: String, in type: Scalar.Type) throws {
        let fixture = try Fixture(.optimizers, name)
        let (count, steps) = (37, 10)
        let rate = try fixture.number("lr")
        let isAdam = fixture.kind == "adam"
        let optimizer: Optimizer
        if isAdam {
            let betas = try fixture.tensor("betas", shape: [2]).values
            optimizer = try .adam(beta1: betas[0], beta2: betas[1], epsilon: fixture.number("eps"))
        } else {
            optimizer = try .sgd(momentum: fixture.number("momentum"))
        }
        let output = Node.input("one", Shape(channels: 1)).linear(count, bias: false, name: "fc")
        let gradients = try fixture.tensor("gradients", shape: [steps, count])
        let ones = FixtureTensor(shape: [steps, 1], values: [Double](repeating: 1, count: steps))
        let run = try FixtureRun<Scalar>(
            [Head("head", output, loss: .projection)],
            inputs: ["one": ones], targets: [gradients],
            values: ["fc.weight": fixture.tensor("initial", shape: [count]).values], mode: .training(optimizer),
            batchSize: 1)

        let expected = try fixture.tensor("parameters", shape: [steps, count]).values
        // A step rounds the weight and what is taken from it. Adam takes about the rate, whatever the gradient, with a
        // dozen roundings; the errors of its moments, whose terms may cancel, count up to 4 times. Momentum's velocity is
        // a sum of at most `steps` gradients, rounded twice each.
        var travelled = [Double](repeating: 0, count: count)
        var weights = travelled
        for step in 0..<steps {
            try run.step(step, learningRate: rate)
            let row = step * count..<(step + 1) * count
            for (index, place) in row.enumerated() {
                let sum = (0...step).reduce(0) { $0 + abs(gradients.values[$1 * count + index]) }
                travelled[index] += rate * (isAdam ? 48 : 2 * Double(step + 1) * sum)
                weights[index] += abs(expected[place]) + rate * (isAdam ? 4 : sum)
            }
            let tolerances = zip(travelled, weights).map { ($0 + $1) * Double(Scalar.ulpOfOne) }
            try expectClose(run.values("fc.weight"), Array(expected[row]), within: tolerances, "step \(step)")
        }
    }
}
