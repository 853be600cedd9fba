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
