import LanesKernels
import TestSupport
import Testing

@Suite("Max-pooling")
struct MaxPoolTests {
    static let channelCounts = [1, 3, 16, 17, 33]

    @Test("Numbers that are all different", .namingCases)
    static func distinctCases() {
        forEach(poolGeometries) { Self().distinct(geometry: $0) }
    }

    func distinct(geometry: WindowGeometry) { checkAll(geometry) { randomValues($0) } }

    @Test("Ties", .namingCases)
    static func tiesCases() {
        forEach(poolGeometries) { Self().ties(geometry: $0) }
    }

    func ties(geometry: WindowGeometry) {
        checkAll(geometry) { randomValues($0).map { ($0 * 2).rounded() } }
        checkAll(geometry) { [Double](repeating: 0.5, count: $0) }
    }

    @Test("Nothing above zero", .namingCases)
    static func negativeCases() {
        forEach(poolGeometries) { Self().negative(geometry: $0) }
    }

    func negative(geometry: WindowGeometry) { checkAll(geometry) { randomValues($0, in: -2 ... -1) } }

    @Test("Windows of −∞", .namingCases)
    static func infiniteCases() {
        forEach(poolGeometries) { Self().infinite(geometry: $0) }
    }

    func infinite(geometry: WindowGeometry) {
        checkAll(geometry) { [Double](repeating: -.infinity, count: $0) }
        checkAll(geometry) { randomValues($0).map { $0 < 0.5 ? -.infinity : $0 } }
    }

    @Test("A NaN at any tap, alone or among others", .namingCases)
    static func notANumberCases() {
        forEach(poolGeometries) { Self().notANumber(geometry: $0) }
    }

    func notANumber(geometry: WindowGeometry) {
        checkAll(geometry) { randomValues($0).map { $0 < -0.8 ? .nan : $0 } }
        checkAll(geometry) { randomValues($0).map { $0 < 0.5 ? .nan : .infinity } }
    }

    @Test("Windows of all small sizes, with ties, −0 and NaN", .namingCases)
    static func smallCases() {
        forEach(smallPools, smallPoolChannels) { Self().small(geometry: $0.withChannels($1)) }
    }

    func small(geometry: WindowGeometry) {
        let values = randomValues(geometry.inputCount).map { $0 < -0.8 ? .nan : ($0 * 2).rounded() }
        check(geometry, image: values, Float.self)
        backwardBits(geometry, image: values)
    }

    /// What is written at once where windows lie side by side or have stride 1 has the bits of what is added to zeros, window
    /// by window.
    private func backwardBits(_ geometry: WindowGeometry, image: [Double]) {
        let count = geometry.outputPositions * geometry.channels
        let (input, output) = (GuardedBuffer<Float>(image), GuardedBuffer<Float>(poisoned: count))
        let taps = GuardedBuffer<Float>(poisoned: count)
        // Some of them −0.
        let gradient = GuardedBuffer<Float>(randomValues(count, seed: 1).map { $0.magnitude < 0.2 ? -0.0 : $0 })
        maxPoolForward(geometry, input: input.pointer, into: output.pointer, taps: taps.pointer)
        let written = GuardedBuffer<Float>(poisoned: geometry.inputCount)
        let added = GuardedBuffer<Float>([Double](repeating: 0, count: geometry.inputCount))
        for (target, accumulating) in [(written, false), (added, true)] {
            maxPoolBackward(
                geometry, outputGradient: gradient.pointer, taps: taps.pointer, into: target.pointer,
                accumulating: accumulating)
        }
        let bits = { (buffer: GuardedBuffer<Float>) in buffer.values.map(\.bitPattern) }
        #expect(bits(written) == bits(added), "backward of \(geometry)")
    }

    @Test("More taps than a byte can number")
    func large() {
        let geometry = WindowGeometry(input: 19, channels: 3, kernel: 17, stride: 2)
        check(geometry, image: randomValues(geometry.inputCount), Float.self)
        // The last tap of the window wins.
        check(geometry, image: (0..<geometry.inputCount).map(Double.init), Float.self)
    }

    private func checkAll(_ geometry: WindowGeometry, image: (Int) -> [Double]) {
        for channels in Self.channelCounts {
            let geometry = geometry.withChannels(channels)
            check(geometry, image: image(geometry.inputCount), Float.self)
            check(geometry, image: image(geometry.inputCount), Double.self)
        }
    }

    private func check<Scalar: KernelScalar>(_ geometry: WindowGeometry, image: [Double], _: Scalar.Type) {
        let count = geometry.outputPositions * geometry.channels
        let name = "\(Scalar.self) \(geometry) of \(geometry.input)×\(geometry.channels)"
        let input = GuardedBuffer<Scalar>(image)
        let expected = referenceMaxPool(geometry, input: input.values)

        let output = GuardedBuffer<Scalar>(poisoned: count)
        let taps = GuardedBuffer<Scalar>(poisoned: count)
        maxPoolForward(geometry, input: input.pointer, into: output.pointer, taps: taps.pointer)
        expectSame(output.values, expected.values, name)
        // A window without a pixel has no tap to speak of.
        let chosen = zip(taps.values, expected.taps).map { $1 == nil ? -1 : $0 }
        expectSame(chosen, expected.taps.map { Double($0 ?? -1) }, "taps of \(name)")

        let outputGradient = GuardedBuffer<Scalar>(random: count, seed: 1)
        let initial = GuardedBuffer<Scalar>(random: geometry.inputCount, seed: 2).values
        for accumulating in [true, false] {
            let inputGradient =
                accumulating ? GuardedBuffer<Scalar>(initial) : GuardedBuffer(poisoned: geometry.inputCount)
            maxPoolBackward(
                geometry, outputGradient: outputGradient.pointer, taps: taps.pointer, into: inputGradient.pointer,
                accumulating: accumulating)
            expectClose(
                inputGradient,
                referenceMaxPoolGradient(
                    geometry, outputGradient: outputGradient.values, taps: expected.taps,
                    addingTo: accumulating ? initial : initial.map { _ in 0 }),
                "backward, accumulating \(accumulating), \(name)")
        }
    }
}
