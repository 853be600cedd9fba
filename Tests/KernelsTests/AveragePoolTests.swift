import LanesKernels
import TestSupport
import Testing

@Suite("Average-pooling")
struct AveragePoolTests {
    @Test("Both passes against plain loops, with padding counted and not", .namingCases)
    static func passesCases() {
        forEach(poolGeometries) { Self().passes(geometry: $0) }
    }

    func passes(geometry: WindowGeometry) {
        for channels in [1, 3, 16, 17, 33] {
            for countIncludePad in [true, false] {
                check(geometry.withChannels(channels), countIncludePad, Float.self)
                check(geometry.withChannels(channels), countIncludePad, Double.self)
            }
        }
    }

    @Test("Windows of all small sizes", .namingCases)
    static func smallCases() {
        forEach(smallPools, smallPoolChannels) { Self().small(geometry: $0.withChannels($1)) }
    }

    func small(geometry: WindowGeometry) {
        for countIncludePad in [true, false] {
            check(geometry, countIncludePad, Float.self)
            bits(geometry, countIncludePad)
        }
    }

    /// The forward pass has the bits of plain loops; what the backward pass writes at once, where windows lie side by side or
    /// have stride 1, has those of what is added to zeros, window by window.
    private func bits(_ geometry: WindowGeometry, _ countIncludePad: Bool) {
        let count = geometry.outputPositions * geometry.channels
        let bits = { (buffer: GuardedBuffer<Float>) in buffer.values.map { Float($0).bitPattern } }
        // Some of them −0.
        let values = randomValues(geometry.inputCount).map { $0.magnitude < 0.2 ? -0.0 : $0 }
        let (input, output) = (GuardedBuffer<Float>(values), GuardedBuffer<Float>(poisoned: count))
        averagePoolForward(geometry, countIncludePad: countIncludePad, input: input.pointer, into: output.pointer)
        if countIncludePad, !geometry.ceilMode {
            let expected = exactAveragePool(geometry, input: values.map { Float($0) })
            #expect(bits(output) == expected.map(\.bitPattern), "forward of \(geometry)")
        }

        let gradient = GuardedBuffer<Float>(randomValues(count, seed: 2).map { $0.magnitude < 0.2 ? -0.0 : $0 })
        let written = GuardedBuffer<Float>(poisoned: geometry.inputCount)
        let added = GuardedBuffer<Float>([Double](repeating: 0, count: geometry.inputCount))
        for (target, accumulating) in [(written, false), (added, true)] {
            averagePoolBackward(
                geometry, countIncludePad: countIncludePad, outputGradient: gradient.pointer, into: target.pointer,
                accumulating: accumulating)
        }
        #expect(bits(written) == bits(added), "backward of \(geometry), padding counted: \(countIncludePad)")
    }

    @Test("A window over the whole image: the global average")
    func global() {
        let geometry = WindowGeometry(
            input: Extent(height: 7, width: 5), channels: 20, kernel: Extent(height: 7, width: 5))
        check(geometry, true, Float.self)
        check(geometry, true, Double.self)
    }

    private func check<Scalar: KernelScalar>(_ geometry: WindowGeometry, _ countIncludePad: Bool, _: Scalar.Type) {
        let count = geometry.outputPositions * geometry.channels
        let input = GuardedBuffer<Scalar>(random: geometry.inputCount, seed: 1)
        let output = GuardedBuffer<Scalar>(poisoned: count)
        averagePoolForward(
            geometry, countIncludePad: countIncludePad, input: input.pointer, into: output.pointer)
        // 1/taps is rounded, and so is the product with it.
        let name = "\(geometry), padding counted: \(countIncludePad)"
        expectClose(
            output, referenceAveragePool(geometry, countIncludePad: countIncludePad, input: input.values), extra: 2,
            name)

        let outputGradient = GuardedBuffer<Scalar>(random: count, seed: 2)
        let initial = GuardedBuffer<Scalar>(random: geometry.inputCount, seed: 3).values
        for accumulating in [true, false] {
            let inputGradient =
                accumulating ? GuardedBuffer<Scalar>(initial) : GuardedBuffer(poisoned: geometry.inputCount)
            averagePoolBackward(
                geometry, countIncludePad: countIncludePad, outputGradient: outputGradient.pointer,
                into: inputGradient.pointer, accumulating: accumulating)
            expectClose(
                inputGradient,
                referenceAveragePoolGradient(
                    geometry, countIncludePad: countIncludePad, outputGradient: outputGradient.values,
                    addingTo: accumulating ? initial : initial.map { _ in 0 }),
                extra: 2, "backward, accumulating \(accumulating), \(name)")
        }
    }

    @Test("⟨pool x, y⟩ = ⟨x, backward y⟩", .namingCases)
    static func adjointCases() {
        forEach(poolGeometries) { Self().adjoint(geometry: $0) }
    }

    func adjoint(geometry: WindowGeometry) {
        let geometry = geometry.withChannels(3)
        let x = GuardedBuffer<Double>(random: geometry.inputCount, seed: 1)
        let y = GuardedBuffer<Double>(random: geometry.outputPositions * 3, seed: 2)
        let pooled = GuardedBuffer<Double>(poisoned: y.count)
        averagePoolForward(geometry, input: x.pointer, into: pooled.pointer)
        let gradient = GuardedBuffer<Double>(poisoned: x.count)
        averagePoolBackward(geometry, outputGradient: y.pointer, into: gradient.pointer, accumulating: false)
        expectAdjoint(pooled.values, y.values, x.values, gradient.values)
    }

    /// A 6×6 image of ones, kernel 4, stride 3, padding 1: in PyTorch three windows in each direction, with 4, 4 and 2 rows
    /// inside the padded image and 3, 4 and 1 inside the image.
    @Test("What counts in ceil mode", .namingCases)
    func ceilMode() {
        forEach([true, false]) { countIncludePad in
            let geometry = WindowGeometry(input: 6, channels: 1, kernel: 4, stride: 3, padding: 1, ceilMode: true)
            let input = GuardedBuffer<Double>([Double](repeating: 1, count: 36))
            let output = GuardedBuffer<Double>(poisoned: 9)
            averagePoolForward(geometry, countIncludePad: countIncludePad, input: input.pointer, into: output.pointer)
            let shares = [0.75, 1, 0.5]
            let expected = shares.flatMap { row in shares.map { countIncludePad ? row * $0 : 1 } }
            // 1/9, of the corner, is rounded, and so is nine times it.
            expectClose(output.values, expected, within: [Double](repeating: .ulpOfOne, count: 9))
        }
    }
}
