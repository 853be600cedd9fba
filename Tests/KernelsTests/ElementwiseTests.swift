import LanesKernels
import TestSupport
import Testing

/// Nothing, less than a vector, whole vectors, and whole vectors with a rest.
let vectorCounts = [0, 1, 2, 15, 16, 17, 31, 32, 33, 100]

@Suite("Elementwise kernels")
struct ElementwiseTests {
    @Test("ReLU", .namingCases)
    static func rectifyingCases() {
        forEach(vectorCounts) { Self().rectifying(count: $0) }
    }

    func rectifying(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let input = GuardedBuffer<Scalar>(random: count)
            let expected = input.values.map { max($0, 0) }
            let output = GuardedBuffer<Scalar>(poisoned: count)
            rectify(input.pointer, count: count, into: output.pointer)
            expectSame(output.values, expected)
            rectify(input.pointer, count: count, into: input.pointer)
            expectSame(input.values, expected, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("ReLU of special numbers, in a vector and in a rest")
    func rectifyingSpecial() {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let tiny = Double(Scalar.leastNonzeroMagnitude)
            let special: [Double] = [.nan, -.nan, 0, -0, .infinity, -.infinity, tiny, -tiny]
            let expected: [Double] = [.nan, .nan, 0, 0, .infinity, 0, tiny, 0]
            let input = GuardedBuffer<Scalar>(special + special + special)
            let output = GuardedBuffer<Scalar>(poisoned: 24)
            rectify(input.pointer, count: 24, into: output.pointer)
            expectSame(output.values, expected + expected + expected)
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("The gradient of ReLU", .namingCases)
    static func rectifyingBackwardCases() {
        forEach(vectorCounts) { Self().rectifyingBackward(count: $0) }
    }

    func rectifyingBackward(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let output = GuardedBuffer<Scalar>(randomValues(count, seed: 1).map { max($0, 0) })
            let outputGradient = GuardedBuffer<Scalar>(random: count, seed: 2)
            let initial = GuardedBuffer<Scalar>(random: count, seed: 3).values
            let gated = zip(output.values, outputGradient.values).map { $0 > 0 ? $1 : 0 }

            let gradient = GuardedBuffer<Scalar>(poisoned: count)
            rectifyBackward(
                output: output.pointer, outputGradient: outputGradient.pointer, count: count,
                into: gradient.pointer, accumulating: false)
            expectSame(gradient.values, gated)

            gradient.fill(with: initial)
            rectifyBackward(
                output: output.pointer, outputGradient: outputGradient.pointer, count: count,
                into: gradient.pointer, accumulating: true)
            var sums = Sums(startingWith: initial)
            for (i, value) in gated.enumerated() { sums.add(value, to: i) }
            expectClose(gradient, sums, "accumulating")

            rectifyBackward(
                output: output.pointer, outputGradient: outputGradient.pointer, count: count,
                into: outputGradient.pointer, accumulating: false)
            expectSame(outputGradient.values, gated, "in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Scaling and adding", .namingCases)
    static func scalingAndAddingCases() {
        forEach(vectorCounts) { Self().scalingAndAdding(count: $0) }
    }

    func scalingAndAdding(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (a, b) = (GuardedBuffer<Scalar>(random: count, seed: 1), GuardedBuffer<Scalar>(random: count, seed: 2))
            var product = Sums(count: count)
            var added = Sums(startingWith: b.values)
            var sum = Sums(startingWith: a.values)
            for i in 0..<count {
                product.add(a.values[i] * -0.375, to: i)
                added.add(a.values[i] * -0.375, to: i)
                sum.add(b.values[i], to: i)
            }
            let output = GuardedBuffer<Scalar>(poisoned: count)
            scale(a.pointer, by: -0.375, count: count, into: output.pointer)
            expectClose(output, product, "scale")
            output.fill(with: b.values)
            scale(a.pointer, by: -0.375, count: count, into: output.pointer, accumulating: true)
            expectClose(output, added, "scale, accumulating")
            output.poison()
            add(a.pointer, b.pointer, count: count, into: output.pointer)
            expectClose(output, sum, "add")

            add(a.pointer, b.pointer, count: count, into: b.pointer)
            expectClose(b, sum, "add in place")
            scale(a.pointer, by: -0.375, count: count, into: a.pointer)
            expectClose(a, product, "scale in place")
            clear(output.pointer, count: count)
            expectSame(output.values, [Double](repeating: 0, count: count), "clear")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Multiplying, and scaling with a shift", .namingCases)
    static func multiplyingCases() {
        forEach(vectorCounts) { Self().multiplying(count: $0) }
    }

    func multiplying(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (a, b) = (GuardedBuffer<Scalar>(random: count, seed: 1), GuardedBuffer<Scalar>(random: count, seed: 2))
            let initial = GuardedBuffer<Scalar>(random: count, seed: 3).values
            var product = Sums(count: count)
            var added = Sums(startingWith: initial)
            var shifted = Sums(startingWith: [Double](repeating: 0.625, count: count))
            for i in 0..<count {
                product.add(a.values[i] * b.values[i], to: i)
                added.add(a.values[i] * b.values[i], to: i)
                shifted.add(a.values[i] * -0.375, to: i)
            }
            let output = GuardedBuffer<Scalar>(poisoned: count)
            multiply(a.pointer, b.pointer, count: count, into: output.pointer)
            expectClose(output, product, "multiply")
            output.fill(with: initial)
            multiply(a.pointer, b.pointer, count: count, into: output.pointer, accumulating: true)
            expectClose(output, added, "multiply, accumulating")
            multiply(a.pointer, b.pointer, count: count, into: b.pointer)
            expectClose(b, product, "multiply in place")
            output.poison()
            scaleAndShift(a.pointer, scale: -0.375, shift: 0.625, count: count, into: output.pointer)
            expectClose(output, shifted, "scale and shift")
            scaleAndShift(a.pointer, scale: -0.375, shift: 0.625, count: count, into: a.pointer)
            expectSame(a.values, output.values, "scale and shift in place")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("Bytes to the unit interval and normalized", .namingCases)
    func normalizing() {
        forEach([(0.0, 1.0), (0.5, 0.5), (0.1307, 0.3081)] as [(Double, Double)]) { mean, deviation in
            let (mean, deviation) = (Float(mean), Float(deviation))
            let bytes = Array(UInt8.min...UInt8.max)
            var numbers = [Float](repeating: .nan, count: 256)
            var span = numbers.mutableSpan
            unitInterval(bytes.span, into: &span)
            #expect(numbers == bytes.map { Float($0) / 255 })
            span = numbers.mutableSpan
            normalize(&span, mean: mean, deviation: deviation)
            #expect(numbers == bytes.map { (Float($0) / 255 - mean) / deviation })
        }
    }
}
