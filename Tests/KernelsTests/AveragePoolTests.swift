import Kernels
import TestSupport
import Testing

@Suite("Average-pooling")
struct AveragePoolTests {
    @Test("Both passes against plain loops", arguments: windowGeometries)
    func passes(geometry: WindowGeometry) {
        for channels in [1, 3, 16, 17, 33] {
            check(geometry.withChannels(channels), Float.self)
            check(geometry.withChannels(channels), Double.self)
        }
    }

    @Test("A window over the whole image: the global average")
    func global() {
        let geometry = WindowGeometry(
            input: Extent(height: 7, width: 5), channels: 20, kernel: Extent(height: 7, width: 5))
        check(geometry, Float.self)
        check(geometry, Double.self)
    }

    private func check<Scalar: KernelScalar>(_ geometry: WindowGeometry, _: Scalar.Type) {
        let count = geometry.outputPositions * geometry.channels
        let input = GuardedBuffer<Scalar>(random: geometry.inputCount, seed: 1)
        let output = GuardedBuffer<Scalar>(poisoned: count)
        averagePoolForward(geometry, input: input.pointer, into: output.pointer)
        // 1/taps is rounded, and so is the product with it.
        expectClose(output, referenceAveragePool(geometry, input: input.values), extra: 2, "\(geometry)")

        let outputGradient = GuardedBuffer<Scalar>(random: count, seed: 2)
        let initial = GuardedBuffer<Scalar>(random: geometry.inputCount, seed: 3).values
        for accumulating in [true, false] {
            let inputGradient =
                accumulating ? GuardedBuffer<Scalar>(initial) : GuardedBuffer(poisoned: geometry.inputCount)
            averagePoolBackward(
                geometry, outputGradient: outputGradient.pointer, into: inputGradient.pointer,
                accumulating: accumulating)
            expectClose(
                inputGradient,
                referenceAveragePoolGradient(
                    geometry, outputGradient: outputGradient.values,
                    addingTo: accumulating ? initial : initial.map { _ in 0 }),
                extra: 2, "backward, accumulating \(accumulating), \(geometry)")
        }
    }

    @Test("⟨pool x, y⟩ = ⟨x, backward y⟩", arguments: windowGeometries)
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
}
