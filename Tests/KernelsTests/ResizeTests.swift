import LanesKernels
import TestSupport
import Testing

/// Height and width before, and after.
private let resizings = [
    [1, 1, 1, 1], [1, 1, 3, 4], [2, 2, 4, 4], [3, 5, 3, 5], [3, 5, 7, 4], [4, 6, 2, 3], [5, 7, 1, 1], [7, 3, 5, 20],
    [8, 8, 9, 31],
]

private struct Resizing {
    let from: Extent
    let to: Extent

    init(_ sizes: [Int]) {
        from = Extent(height: sizes[0], width: sizes[1])
        to = Extent(height: sizes[2], width: sizes[3])
    }

    /// The share of input pixel `i` in output pixel `o` along one direction.
    static func share(_ i: Int, in o: Int, from: Int, to: Int, _ interpolation: Interpolation) -> Double {
        switch interpolation {
        case .nearest: return o * from / to == i ? 1 : 0
        case .bilinear:
            // A pixel's weight falls linearly to 0 at its neighbours' centres.
            let center = min(max((Double(o) + 0.5) * Double(from) / Double(to) - 0.5, 0), Double(from - 1))
            return max(0, 1 - abs(center - Double(i)))
        }
    }

    func forward<Scalar: KernelScalar>(
        _ input: GuardedBuffer<Scalar>, channels: Int, _ interpolation: Interpolation
    ) -> GuardedBuffer<Scalar> {
        let output = GuardedBuffer<Scalar>(poisoned: to.height * to.width * channels)
        resizeForward(
            input.pointer, from: from, to: to, channels: channels, interpolation: interpolation, into: output.pointer)
        return output
    }

    func backward<Scalar: KernelScalar>(
        _ gradient: GuardedBuffer<Scalar>, channels: Int, _ interpolation: Interpolation,
        into inputGradient: GuardedBuffer<Scalar>, accumulating: Bool
    ) {
        resizeBackward(
            outputGradient: gradient.pointer, from: from, to: to, channels: channels, interpolation: interpolation,
            into: inputGradient.pointer, accumulating: accumulating)
    }
}

@Suite("Resizing")
struct ResizeTests {
    @Test("Each pixel is the weighted sum of all", .namingCases)
    static func forwardCases() {
        forEach(resizings, [1, 3, 17]) { Self().forward(sizes: $0, channels: $1) }
    }

    func forward(sizes: [Int], channels: Int) {
        let resizing = Resizing(sizes)
        let (from, to) = (resizing.from, resizing.to)
        func check<Scalar: KernelScalar>(_ interpolation: Interpolation, _: Scalar.Type) {
            let input = GuardedBuffer<Scalar>(random: from.height * from.width * channels, seed: 1)
            var expected = Sums(count: to.height * to.width * channels)
            for y in 0..<to.height {
                for x in 0..<to.width {
                    for line in 0..<from.height {
                        let vertical = Resizing.share(line, in: y, from: from.height, to: to.height, interpolation)
                        for column in 0..<from.width {
                            let share =
                                vertical
                                * Resizing.share(column, in: x, from: from.width, to: to.width, interpolation)
                            for channel in 0..<channels where share != 0 {
                                expected.add(
                                    share * input.values[(line * from.width + column) * channels + channel],
                                    to: (y * to.width + x) * channels + channel)
                            }
                        }
                    }
                }
            }
            // Both shares, and 1 − share for each, are rounded; so are the centres in Double.
            let bounds = expected.values.indices.map {
                roundingBound(Scalar.self, roundings: expected.terms[$0] + 8, magnitude: expected.magnitudes[$0] + 1)
            }
            expectClose(
                resizing.forward(input, channels: channels, interpolation).values, expected.values, within: bounds,
                "\(interpolation)")
        }
        for interpolation in [Interpolation.nearest, .bilinear] {
            check(interpolation, Float.self)
            check(interpolation, Double.self)
        }
    }

    @Test("Backward is the adjoint, overwriting and accumulating", .namingCases)
    static func adjointCases() {
        forEach(resizings, [1, 3, 17]) { Self().adjoint(sizes: $0, channels: $1) }
    }

    func adjoint(sizes: [Int], channels: Int) {
        let resizing = Resizing(sizes)
        let input = GuardedBuffer<Double>(random: sizes[0] * sizes[1] * channels, seed: 1)
        let outer = GuardedBuffer<Double>(random: sizes[2] * sizes[3] * channels, seed: 2)
        for interpolation in [Interpolation.nearest, .bilinear] {
            let gradient = GuardedBuffer<Double>(poisoned: input.count)
            resizing.backward(outer, channels: channels, interpolation, into: gradient, accumulating: false)
            expectAdjoint(
                resizing.forward(input, channels: channels, interpolation).values, outer.values, input.values,
                gradient.values)
            let written = gradient.values
            let initial = randomValues(input.count, seed: 3)
            gradient.fill(with: initial)
            resizing.backward(outer, channels: channels, interpolation, into: gradient, accumulating: true)
            for i in written.indices {
                #expect(abs(gradient.values[i] - written[i] - initial[i]) < 1e-12 * (1 + abs(written[i])))
            }
        }
    }

    @Test("Worked by hand: a row doubled, as PyTorch's interpolate gives it")
    func doubled() {
        let resizing = Resizing([1, 3, 1, 6])
        let input = GuardedBuffer<Float>([1, 2, 4])
        #expect(resizing.forward(input, channels: 1, .nearest).values == [1, 1, 2, 2, 4, 4])
        #expect(resizing.forward(input, channels: 1, .bilinear).values == [1, 1.25, 1.75, 2.5, 3.5, 4])
    }

    // Also where its share is 0, as in PyTorch.
    @Test("A NaN reaches its neighbours")
    func notANumber() {
        let input = GuardedBuffer<Float>([0, .nan, 0, 0])
        #expect(Resizing([1, 4, 1, 8]).forward(input, channels: 1, .nearest).values.filter(\.isNaN).count == 2)
        #expect(Resizing([1, 4, 1, 8]).forward(input, channels: 1, .bilinear).values.filter(\.isNaN).count == 5)
    }
}
