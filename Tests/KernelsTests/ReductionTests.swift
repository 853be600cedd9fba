import LanesKernels
import TestSupport
import Testing

@Suite("Reductions")
struct ReductionTests {
    @Test("Sum and dot product", .namingCases)
    static func sumsCases() {
        forEach(vectorCounts + [1000]) { Self().sums(count: $0) }
    }

    func sums(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let (a, b) = (GuardedBuffer<Scalar>(random: count, seed: 1), GuardedBuffer<Scalar>(random: count, seed: 2))
            var (total, product) = (Sums(count: 1), Sums(count: 1))
            for (x, y) in zip(a.values, b.values) {
                total.add(x, to: 0)
                product.add(x * y, to: 0)
            }
            expectClose(GuardedBuffer<Scalar>([Double(sum(a.pointer, count: count))]), total, "sum")
            expectClose(GuardedBuffer<Scalar>([Double(dot(a.pointer, b.pointer, count: count))]), product, "dot")
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("The sum of squares is Double's, and does not overflow", .namingCases)
    static func squaresCases() {
        forEach(vectorCounts + [1000]) { Self().squares(count: $0) }
    }

    func squares(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let x = GuardedBuffer<Scalar>(random: count, in: -1e20...1e20)
            var expected = Sums(count: 1)
            for value in x.values { expected.add(value * value, to: 0) }
            expectClose(GuardedBuffer<Double>([squaredSum(x.pointer, count: count)]), expected)
        }
        check(Float.self)
        check(Double.self)
        let million = GuardedBuffer<Float>([Double](repeating: 0.1, count: 1_000_000))
        let square = Double(Float(0.1)) * Double(Float(0.1))
        #expect(abs(squaredSum(million.pointer, count: 1_000_000) / (1e6 * square) - 1) < 1e-12)
    }

    @Test("Partial sums, apart and in order, with and without a bias", .namingCases)
    static func partialSumsCases() {
        forEach(vectorCounts) { Self().partialSums(count: $0) }
    }

    func partialSums(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let stride = count + 5
            for partialCount in [0, 1, 2, 7] {
                let values = GuardedBuffer<Scalar>(random: partialCount * count, seed: 1).values
                let partials = GuardedBuffer<Scalar>(
                    spreadRows(values, rows: partialCount, columns: count, stride: stride))
                let bias = GuardedBuffer<Scalar>(random: count, seed: 2)
                var plain = Sums(count: count)
                var biased = Sums(startingWith: bias.values)
                for (i, value) in values.enumerated() {
                    plain.add(value, to: i % count)
                    biased.add(value, to: i % count)
                }
                let output = GuardedBuffer<Scalar>(poisoned: count)
                sumPartials(
                    partials.pointer, partialCount: partialCount, stride: stride, count: count,
                    into: output.pointer)
                expectClose(output, plain, "\(partialCount) partials")
                output.poison()
                sumPartials(
                    partials.pointer, partialCount: partialCount, stride: stride, count: count,
                    bias: bias.pointer, into: output.pointer)
                expectClose(output, biased, "\(partialCount) partials and a bias")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("The order of partial sums is theirs, not that of their sizes")
    func partialOrder() {
        // 2²⁴ + 1 − 2²⁴ is 0 in Float from left to right.
        let partials = GuardedBuffer<Float>([0x1p24, 1, -0x1p24])
        let output = GuardedBuffer<Float>(poisoned: 1)
        sumPartials(partials.pointer, partialCount: 3, stride: 1, count: 1, into: output.pointer)
        #expect(output.values == [0])
    }

    @Test("What is not finite is found at every place", .namingCases)
    static func finiteCases() {
        forEach(vectorCounts) { Self().finite(count: $0) }
    }

    func finite(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let most = Double(Scalar.greatestFiniteMagnitude)
            let values = randomValues(count).map { $0 < 0 ? -most : most }
            let x = GuardedBuffer<Scalar>(values)
            #expect(allFinite(x.pointer, count: count))
            for i in 0..<count {
                for special in [Scalar.infinity, -.infinity, .nan] {
                    let old = x.pointer[i]
                    x.pointer[i] = special
                    #expect(!allFinite(x.pointer, count: count), "\(special) at \(i)")
                    x.pointer[i] = old
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("The greatest number's place", .namingCases)
    static func greatestCases() {
        forEach([1, 2, 3, 10, 40]) { Self().greatest(count: $0) }
    }

    func greatest(count: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            for place in 0..<count {
                // The same number stands again behind it, and the first of equals counts.
                let x = GuardedBuffer<Scalar>(randomValues(count, in: -2 ... -1))
                x.pointer[place] = -0.5
                x.pointer[count - 1] = -0.5
                #expect(argmax(x.pointer, count: count) == place)
                x.pointer[place] = .infinity
                #expect(argmax(x.pointer, count: count) == place)
                x.pointer[count - 1] = .infinity
                x.pointer[place] = .nan
                #expect(argmax(x.pointer, count: count) == place, "NaN")
            }
            let lowest = GuardedBuffer<Scalar>([Double](repeating: -.infinity, count: count))
            #expect(argmax(lowest.pointer, count: count) == 0)
        }
        check(Float.self)
        check(Double.self)
    }
}
