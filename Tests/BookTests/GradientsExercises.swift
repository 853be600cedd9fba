import Foundation
import Lanes
import Testing

/// Answers to the exercises of "Checking gradients".
@Suite struct GradientsExercises {
    // listing: differences
    /// (f(x + h) − f(x − h))/2h.
    func slope(of f: (Double) -> Double, at x: Double, step h: Double) -> Double { (f(x + h) - f(x - h)) / (2 * h) }
    // listing: end

    /// Exercise 1: the error falls with h², until rounding takes over, which grows as h falls.
    @Test func errorFallsAndRisesAgain() throws {
        // The slope of exp at 1 is e.
        let errors = [1e-1, 1e-2, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11].map { h in
            (h, abs(slope(of: { exp($0) }, at: 1, step: h) - exp(1)))
        }
        try expect(errors.map { h, error in "h = \(format(h)): error \(format(error))" }, in: "Gradients")
        #expect(abs(errors[1].1 / errors[0].1 - 0.01) < 1e-4)
        #expect(errors[6].1 > 1000 * errors[3].1)
    }

    /// Exercise 2: a backward pass that overwrites where it must add is found out.
    @Test func forgottenSumIsFound() throws {
        for (isRight, layer) in [(true, Square()), (false, Square(forgetsToAdd: true))] {
            let x = Node.input("image", Shape(channels: 4)).linear(3)
            let report = try gradientCheck(
                Graph(heads: [Head("y", x.add(x.apply(layer)).linear(2), loss: .crossEntropy)]))
            #expect((report.worstRelativeError < 1e-6) == isRight, "\(report)")
        }
    }
}

/// y = x²;  x' = 2·x·y'.
struct Square: Layer {
    /// Makes the mistake that the check is to find.
    var forgetsToAdd = false

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y) = (node.inputs[0], node.output)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            let input = item.read(x)
            var output = item.write(y)
            for i in input.indices { output[i] = input[i] * input[i] }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, accumulates) = plan.gradient(ofInput: 0, of: node) else { return }
        let (x, adds) = (node.inputs[0], accumulates && !forgetsToAdd)
        plan.add("backward", of: node, .samples, reads: [x, dy], writes: [dx]) { item in
            let (input, slope) = (item.read(x), item.read(dy))
            var gradient = item.write(dx)
            for i in input.indices {
                let value = 2 * input[i] * slope[i]
                gradient[i] = adds ? gradient[i] + value : value
            }
        }
    }
}
