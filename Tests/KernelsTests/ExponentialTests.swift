import Foundation
import LanesKernels
import TestSupport
import Testing

@Suite("exp and log")
struct ExponentialTests {
    @Test("exp is within 2 ulp")
    func exponentials() {
        func check<Scalar: KernelScalar>(_ inputs: GuardedBuffer<Scalar>) {
            let output = GuardedBuffer<Scalar>(poisoned: inputs.count)
            exponential(inputs.pointer, count: inputs.count, into: output.pointer)
            let worst = worstUlps(output, of: inputs) { Foundation.exp($0) }
            #expect(worst.ulps <= 2, "exp(\(worst.input))")
        }
        // Where the result is neither 0 nor ∞, and between all representable numbers.
        check(GuardedBuffer<Float>(random: 200_003, in: -105...89))
        check(GuardedBuffer<Double>(random: 200_003, in: -746...710))
        check(everyKind(Float.self))
        check(everyKind(Double.self))
    }

    @Test("log is within 2 ulp")
    func logarithms() {
        func check<Scalar: KernelScalar>(_ inputs: GuardedBuffer<Scalar>) {
            let output = GuardedBuffer<Scalar>(poisoned: inputs.count)
            logarithm(inputs.pointer, count: inputs.count, into: output.pointer)
            let worst = worstUlps(output, of: inputs) { Foundation.log($0) }
            #expect(worst.ulps <= 2, "log(\(worst.input))")
        }
        // Around 1, where the result is near 0, and between all representable numbers.
        check(GuardedBuffer<Float>(random: 200_003, in: 0.4...2.5))
        check(GuardedBuffer<Double>(random: 200_003, in: 0.4...2.5))
        check(GuardedBuffer<Float>(random: 50_001, in: 0.999...1.001))
        check(GuardedBuffer<Double>(random: 50_001, in: 0.999999...1.000001))
        check(everyKind(Float.self))
        check(everyKind(Double.self))
    }

    /// Every kind of number of either sign: every exponent, hence subnormal numbers, infinities and NaN too.
    private func everyKind<Scalar: KernelScalar>(_: Scalar.Type) -> GuardedBuffer<Scalar> {
        var numbers: [Double] = [0, -0, 1, -1, .infinity, -.infinity, .nan]
        let fractions = randomValues(40, in: 1...2)
        let least = Int(Scalar.leastNonzeroMagnitude.exponent)
        let most = Int(Scalar.greatestFiniteMagnitude.exponent)
        for exponent in least...most {
            for fraction in fractions {
                let x = Double(sign: .plus, exponent: exponent, significand: fraction)
                numbers += [x, -x]
            }
        }
        return GuardedBuffer(numbers)
    }

    @Test("The ends of exp's range")
    func ends() {
        func check<Scalar: KernelScalar>(_ cases: [(Scalar, Double)]) {
            // Once in a vector and once in a rest.
            let numbers = (cases + cases).map { Double($0.0) }
            let inputs = GuardedBuffer<Scalar>(numbers + numbers + numbers)
            let expected = (cases + cases).map(\.1)
            exponential(inputs.pointer, count: inputs.count, into: inputs.pointer)
            expectSame(inputs.values, expected + expected + expected)
        }
        let rest: [(Double, Double)] = [
            (0, 1), (-0, 1), (.infinity, .infinity), (-.infinity, 0), (.nan, .nan), (1e30, .infinity), (-1e30, 0),
        ]
        // The last finite result is exp(88.72…) and exp(709.78…); half of the least number is exp(−103.97…), exp(−745.13…).
        check(rest.map { (Float($0), $1) } + [(88.73, .infinity), (-103.98, 0), (-300, 0), (300, .infinity)])
        check(rest + [(709.79, .infinity), (-745.14, 0), (-2000, 0), (2000, .infinity)])
        let finite = GuardedBuffer<Float>([88.72, -103.97])
        exponential(finite.pointer, count: 2, into: finite.pointer)
        #expect(finite.values[0].isFinite && finite.values[1] > 0)
        let wide = GuardedBuffer<Double>([709.78, -745.13])
        exponential(wide.pointer, count: 2, into: wide.pointer)
        #expect(wide.values[0].isFinite && wide.values[1] > 0)
    }

    @Test("log of special numbers, in place")
    func specialLogarithms() {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let numbers: [Double] = [0, -0, 1, -1, .infinity, -.infinity, .nan, -Double(Scalar.leastNonzeroMagnitude)]
            let expected: [Double] = [-.infinity, -.infinity, 0, .nan, .infinity, .nan, .nan, .nan]
            let x = GuardedBuffer<Scalar>(numbers + numbers + numbers)
            logarithm(x.pointer, count: x.count, into: x.pointer)
            expectSame(x.values, expected + expected + expected)
        }
        check(Float.self)
        check(Double.self)
    }
}
