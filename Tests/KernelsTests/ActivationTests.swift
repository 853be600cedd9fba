import Foundation
import LanesKernels
import TestSupport
import Testing

private let functions: [(name: String, function: PointwiseFunction)] = [
    ("leaky", .leakyReLU(slope: 0.01)), ("leaky, slope 0", .leakyReLU(slope: 0)),
    ("leaky, slope -0.5", .leakyReLU(slope: -0.5)),
    ("sigmoid", .sigmoid), ("tanh", .tanh), ("gelu", .gelu), ("silu", .silu), ("elu", .elu(alpha: 1)),
    ("elu, alpha 0.3", .elu(alpha: 0.3)), ("elu, alpha -0.7", .elu(alpha: -0.7)),
]
private let names = functions.map(\.name)

private func function(_ name: String) throws -> PointwiseFunction {
    try #require(functions.first { $0.name == name }).function
}

/// f(x) as Double's library has it. Where x/√2 is rounded, GELU is off by x² ulp.
private func reference(_ function: PointwiseFunction, _ x: Double) -> Double {
    switch function {
    case .leakyReLU(let slope): x >= 0 ? x : x * slope
    case .sigmoid: logistic(x)
    case .tanh: Foundation.tanh(x)
    case .gelu: x == -.infinity ? 0 : x * 0.5 * Foundation.erfc(-x / 2.0.squareRoot())
    case .silu: x == -.infinity ? 0 : x * logistic(x)
    case .elu(let alpha): x >= 0 ? x : alpha * Foundation.expm1(x)
    }
}

/// σ(x) with a small relative error on either side.
func logistic(_ x: Double) -> Double {
    let z = Foundation.exp(-abs(x))
    return (x >= 0 ? 1 : z) / (1 + z)
}

/// f'(x), and the sum of the magnitudes of the terms that it is made of in the kernel.
private func slope(_ function: PointwiseFunction, _ x: Double) -> (value: Double, magnitude: Double) {
    switch function {
    case .leakyReLU(let slope):
        let value = x > 0 ? 1 : slope
        return (value, abs(value))
    case .sigmoid: return (logistic(x) * logistic(-x), logistic(x))
    case .tanh:
        let y = Foundation.tanh(x)
        return (1 / (Foundation.cosh(x) * Foundation.cosh(x)), 1 + abs(y))
    case .gelu:
        let distribution = 0.5 * Foundation.erfc(-x / 2.0.squareRoot())
        let density = Foundation.exp(-x * x / 2) / (2 * Double.pi).squareRoot()
        return (distribution + x * density, distribution + abs(x) * density)
    case .silu:
        let (value, rest) = (logistic(x), logistic(-x))
        return (value * (1 + x * rest), value * (1 + abs(x) * rest))
    case .elu(let alpha):
        // From the output it is y + alpha.
        return x > 0 ? (1, 1) : (alpha * Foundation.exp(x), 2 * abs(alpha))
    }
}

/// Both zeros, and numbers of either sign around 2⁰, 2⁻¹, …
private func powers(_ count: Int) -> [Double] {
    [0, -0]
        + (0..<count).flatMap {
            let number = Double(sign: .plus, exponent: -$0, significand: 1.37)
            return [number, -number]
        }
}

private func forward<Scalar: KernelScalar>(
    _ function: PointwiseFunction, _ input: GuardedBuffer<Scalar>
) -> GuardedBuffer<Scalar> {
    let output = GuardedBuffer<Scalar>(poisoned: input.count)
    pointwiseForward(function, input.pointer, count: input.count, into: output.pointer)
    return output
}

@Suite("Pointwise functions")
struct ActivationTests {
    @Test("Values within 4 ulp, GELU's within 6, from the least normal number to the greatest", .namingCases)
    static func valuesCases() {
        forEach(names) { try Self().values(name: $0) }
    }

    func values(name: String) throws {
        let function = try function(name)
        func check<Scalar: KernelScalar>(_ inputs: GuardedBuffer<Scalar>, slack: Double) {
            let output = forward(function, inputs)
            for i in 0..<inputs.count {
                let x = Double(inputs.pointer[i])
                let expected = reference(function, x)
                // Of subnormal results digits are lost: as many as |x| has, where a factor of x was one.
                let spacing = Double(Scalar(expected).ulp) + Double(Scalar.leastNonzeroMagnitude) * min(abs(x), 1000)
                let distance = abs(Double(output.pointer[i]) - expected)
                let allowed = function == .gelu ? 6 + slack * x * x : 4 + slack
                if !(distance <= allowed * spacing) && Double(output.pointer[i]) != expected {
                    Issue.record("\(Scalar.self) f(\(x)) = \(output.pointer[i]), expected \(expected)")
                    return
                }
            }
        }
        for range in [-1.0...1, -8...8, -20...20, -110...95] {
            // The reference is exact for Float; for Double it is wrong itself, by about an ulp or two.
            check(GuardedBuffer<Float>(random: 50_003, in: range, seed: 1), slack: 0)
            check(GuardedBuffer<Double>(random: 50_003, in: range, seed: 2), slack: 2)
        }
        check(GuardedBuffer<Double>(random: 10_003, in: -750...750, seed: 3), slack: 2)
        // Relative accuracy near 0, down to the subnormal numbers.
        check(GuardedBuffer<Float>(powers(140)), slack: 0)
        check(GuardedBuffer<Double>(powers(1060)), slack: 2)
    }

    @Test("GELU in Double against 50 digits")
    func exactGELU() {
        let inputs = GuardedBuffer<Double>(geluValues.map(\.0))
        let output = forward(.gelu, inputs)
        for (i, (x, y)) in geluValues.enumerated() { #expect(ulps(output.pointer[i], from: y) <= 6, "\(x)") }
    }

    @Test("NaN stays, and infinities reach the limits", .namingCases)
    static func specialCases() {
        forEach(names) { try Self().special(name: $0) }
    }

    func special(name: String) throws {
        let function = try function(name)
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let large = Double(Scalar.greatestFiniteMagnitude)
            let inputs: [Double] =
                [.nan, .infinity, large, -large, 1000, -1000] + (name == "leaky, slope 0" ? [] : [-.infinity])
            // In whole vectors and in a rest.
            let input = GuardedBuffer<Scalar>(inputs + inputs + inputs)
            let output = forward(function, input)
            for (i, x) in (inputs + inputs + inputs).enumerated() {
                // 1000 and −1000 times a factor are the only ones that are not exact.
                #expect(ulps(output.pointer[i], from: reference(function, x)) <= 1, "\(name) of \(x)")
            }
            // No slope at a number is NaN.
            let finite = GuardedBuffer<Scalar>(Array(inputs.dropFirst()))
            let value = forward(function, finite)
            let ones = GuardedBuffer<Scalar>([Double](repeating: 1, count: finite.count))
            let gradient = GuardedBuffer<Scalar>(poisoned: finite.count)
            pointwiseBackward(
                function, input: finite.pointer, output: value.pointer, outputGradient: ones.pointer,
                count: finite.count, into: gradient.pointer, accumulating: false)
            #expect(gradient.values.allSatisfy { $0.isFinite }, "\(name): \(gradient.values)")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Backward: overwriting, accumulating, in place", .namingCases)
    static func backwardCases() {
        forEach(names, vectorCounts) { try Self().backward(name: $0, count: $1) }
    }

    func backward(name: String, count: Int) throws {
        let function = try function(name)
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let input = GuardedBuffer<Scalar>(random: count, in: -5...5, seed: 1)
            let output = forward(function, input)
            let outer = GuardedBuffer<Scalar>(random: count, seed: 2)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 3).values
            let unused = GuardedBuffer<Scalar>(poisoned: count)
            func run(into target: UnsafeMutablePointer<Scalar>, accumulating: Bool) {
                let readsInput = function.backwardReadsInput
                pointwiseBackward(
                    function, input: (readsInput ? input : unused).pointer,
                    output: (readsInput ? unused : output).pointer, outputGradient: outer.pointer, count: count,
                    into: target, accumulating: accumulating)
            }
            var (expected, bounds): ([Double], [Double]) = ([], [])
            for (x, y) in zip(input.values, outer.values) {
                let slope = slope(function, x)
                expected.append(slope.value * y)
                // 4 ulp of the value are 8 roundings, and a few more make the slope and the product.
                bounds.append(roundingBound(Scalar.self, roundings: 14, magnitude: slope.magnitude * abs(y)))
            }
            let gradient = GuardedBuffer<Scalar>(poisoned: count)
            run(into: gradient.pointer, accumulating: false)
            expectClose(gradient.values, expected, within: bounds, "\(Scalar.self) \(name)")
            let written = gradient.values
            gradient.fill(with: initial)
            run(into: gradient.pointer, accumulating: true)
            expectSame(
                gradient.values, zip(initial, written).map { Double(Scalar($0) + Scalar($1)) }, "accumulating")
            run(into: outer.pointer, accumulating: false)
            expectSame(outer.values, written, "in place")
            let values = output.values
            pointwiseForward(function, input.pointer, count: count, into: input.pointer)
            expectSame(input.values, values, "forward in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Backward against differences of forward", .namingCases)
    static func differencesCases() {
        forEach(names) { try Self().differences(name: $0) }
    }

    func differences(name: String) throws {
        let function = try function(name)
        // Not next to the kinks at 0.
        let x = randomValues(60, in: -4...4).filter { abs($0) > 0.01 }
        let input = GuardedBuffer<Double>(x)
        let output = forward(function, input)
        let ones = GuardedBuffer<Double>([Double](repeating: 1, count: x.count))
        let gradient = GuardedBuffer<Double>(poisoned: x.count)
        pointwiseBackward(
            function, input: input.pointer, output: output.pointer, outputGradient: ones.pointer, count: x.count,
            into: gradient.pointer, accumulating: false)
        for (i, value) in x.enumerated() {
            let slope = numericalGradient(
                of: { forward(function, GuardedBuffer<Double>($0)).values[0] }, at: [value])[0]
            #expect(abs(gradient.values[i] - slope) < 1e-9 * (1 + abs(slope)), "f'(\(value))")
        }
    }

    @Test("What the backward pass reads")
    func reading() {
        let readers = functions.filter { $0.function.backwardReadsInput }.map(\.name)
        #expect(readers == ["leaky, slope -0.5", "gelu", "silu", "elu, alpha -0.7"])
    }

    @Test("The functions of one number have the bits of the vectors")
    func scalars() {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let x = GuardedBuffer<Scalar>(random: 200, in: -6...6)
            let (sigmoids, tangents) = (forward(.sigmoid, x), forward(.tanh, x))
            let exponentials = GuardedBuffer<Scalar>(poisoned: 200)
            exponential(x.pointer, count: 200, into: exponentials.pointer)
            for i in 0..<200 {
                let number = x.pointer[i]
                #expect(Scalar.sigmoid(number) == sigmoids.pointer[i])
                #expect(Scalar.tanh(number) == tangents.pointer[i])
                #expect(Scalar.exp(number) == exponentials.pointer[i])
                #expect(ulps(Scalar.log(Scalar.exp(number)), from: Foundation.log(Double(Scalar.exp(number)))) <= 2)
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("erf within 3 ulp, odd, and 1 at infinity")
    func errorFunction() {
        func check<Scalar: KernelScalar>(_ numbers: [Double], slack: Double, _: Scalar.Type) {
            for number in numbers {
                let x = Scalar(number)
                let distance = ulps(Scalar.erf(x), from: Foundation.erf(Double(x)))
                if !(distance <= 3 + slack) {
                    Issue.record("\(Scalar.self) erf(\(x)) is off by \(distance) ulp")
                    return
                }
            }
            #expect(Scalar.erf(.infinity) == 1 && Scalar.erf(-.infinity) == -1 && Scalar.erf(.nan).isNaN)
            #expect(Scalar.erf(-0.75) == -Scalar.erf(0.75))
        }
        for range in [-0.51...0.51, -2.0...2, -7...7] {
            check(randomValues(20_000, in: range), slack: 0, Float.self)
            check(randomValues(20_000, in: range), slack: 1, Double.self)
        }
        check(powers(140), slack: 0, Float.self)
        check(powers(1060), slack: 1, Double.self)
    }
}

/// (x, GELU(x)) by mpmath 1.3 at 50 digits: x * erfc(-x / sqrt(2)) / 2.
private let geluValues: [(Double, Double)] = [
    (-37.0, -2.1184613523340934244e-298), (-30.0, -1.4720141781444561179e-196), (-20.0, -5.5072482372124673902e-88),
    (-10.0, -7.6198530241605260660e-23), (-5.5, -1.0444259356238245661e-7), (-3.0, -0.0040496940948902835800),
    (-2.0, -0.045500263896358414401), (-1.0, -0.15865525393145705141), (-0.5, -0.15426876936299344818),
    (-0.001, -0.00049960105778608894781), (-1e-10, -4.9999999996010579018e-11), (0.25, 0.14967658142073093106),
    (1.0, 0.84134474606854294859), (3.0, 2.9959503059051097164), (9.0, 8.9999999999999999990),
]
