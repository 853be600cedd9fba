import LanesKernels
import TestSupport
import Testing

@Suite("Winograd's convolution")
struct WinogradTests {
    /// Whole tiles and cut ones in both directions, a single tile, and all paddings.
    static let sizes: [(Extent, Padding)] = [
        (14, 1), (7, 1), (Extent(height: 5, width: 8), 0), (Extent(height: 4, width: 7), 2), (3, 0), (1, 1),
        (Extent(height: 6, width: 5), Padding(height: 2, width: 0)),
        (Extent(height: 5, width: 6), Padding(top: 0, left: 2, bottom: 1, right: 0)),
        (Extent(height: 6, width: 4), Padding(top: 1, left: 0, bottom: 2, right: 2)),
    ]

    @Test("All three passes against plain loops", .namingCases)
    static func passesCases() {
        forEach(sizes, [(16, 16), (32, 48), (48, 16)]) { Self().passes(size: $0, channels: $1) }
    }

    func passes(size: (Extent, Padding), channels: (Int, Int)) {
        let window = WindowGeometry(input: size.0, channels: channels.0, kernel: 3, padding: size.1)
        let geometry = ConvolutionGeometry(window: window, outputChannels: channels.1)
        #expect(geometry.isWinograd)
        check(geometry, Float.self)
        check(geometry, Double.self)
    }

    @Test("Other geometries are left to im2col", .namingCases)
    static func othersCases() {
        forEach([
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 5, padding: 1), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 8, kernel: 3, padding: 1), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 3, padding: 1), outputChannels: 24),
            ConvolutionGeometry(
                window: WindowGeometry(input: 60, channels: 64, kernel: 3, padding: 1), outputChannels: 64),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 3, stride: 2, padding: 1), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 3, dilation: 2), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 3, padding: 3), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(
                    input: 8, channels: 16, kernel: 3, padding: Padding(top: 0, left: 0, bottom: 3, right: 0)),
                outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 32, kernel: 3, padding: 1), outputChannels: 32, groups: 2),
        ]) { Self().others(geometry: $0) }
    }

    func others(geometry: ConvolutionGeometry) { #expect(!geometry.isWinograd) }

    private func check<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, _: Scalar.Type) {
        let (window, outputs) = (geometry.window, geometry.outputChannels)
        let input = GuardedBuffer<Scalar>(random: window.inputCount, seed: 1)
        let outputGradient = GuardedBuffer<Scalar>(random: geometry.outputCount, seed: 2)
        let plain = GuardedBuffer<Scalar>(random: window.patch * outputs, seed: 3).values
        let weight = GuardedBuffer<Scalar>(referencePanels(plain, rows: window.patch, columns: outputs))
        let bias = GuardedBuffer<Scalar>(random: outputs, seed: 4)
        let workspace = GuardedBuffer<Scalar>(poisoned: geometry.winogradWorkspaceCount)
        let transformed = GuardedBuffer<Scalar>(poisoned: geometry.winogradWeightCount)
        let name = "\(Scalar.self) \(window) \(window.channels)→\(outputs)"

        func bound(_ terms: Int) -> Double { winogradBound(Scalar.self, terms: terms) }
        func expectNear(_ found: GuardedBuffer<Scalar>, _ expected: Sums, terms: Int, _ what: String) {
            expectClose(
                found.values, expected.values, within: Array(repeating: bound(terms), count: found.values.count),
                "\(what) \(name)")
        }

        winogradWeights(geometry, weight.pointer, into: transformed.pointer)
        for biased in [true, false] {
            let output = GuardedBuffer<Scalar>(poisoned: geometry.outputCount)
            workspace.poison()
            winogradForward(
                geometry, input: input.pointer, weight: transformed.pointer, bias: biased ? bias.pointer : nil,
                into: output.pointer, workspace: workspace.pointer)
            expectNear(
                output,
                referenceConvolution(geometry, input: input.values, weight: plain, bias: biased ? bias.values : nil),
                terms: window.channels, "forward")
        }
        let start = GuardedBuffer<Scalar>(random: geometry.outputCount, seed: 6)
        let before = start.values
        workspace.poison()
        winogradForward(
            geometry, input: input.pointer, weight: transformed.pointer, bias: nil, into: start.pointer,
            accumulating: true, workspace: workspace.pointer)
        let product = referenceConvolution(geometry, input: input.values, weight: plain, bias: nil)
        expectClose(
            start.values, zip(before, product.values).map { $0 + $1 },
            within: Array(repeating: bound(window.channels), count: before.count), "forward, accumulating \(name)")

        let transposed = GuardedBuffer<Scalar>(poisoned: geometry.transposedWeightCount)
        transposePanels(
            weight.pointer, rows: window.patch, columns: outputs, panels: 0..<window.patch / vectorWidth,
            into: transposed.pointer)
        transformed.poison()
        winogradTurnedWeights(geometry, transposed.pointer, into: transformed.pointer)
        let initial = GuardedBuffer<Scalar>(random: window.inputCount, seed: 5).values
        for accumulating in [false, true] {
            let gradient = GuardedBuffer<Scalar>(poisoned: window.inputCount)
            if accumulating { gradient.fill(with: initial) }
            workspace.poison()
            winogradBackwardData(
                geometry, outputGradient: outputGradient.pointer, weight: transformed.pointer,
                into: gradient.pointer, accumulating: accumulating, workspace: workspace.pointer)
            let start = accumulating ? initial : [Double](repeating: 0, count: initial.count)
            expectNear(
                gradient,
                referenceConvolutionInputGradient(
                    geometry, outputGradient: outputGradient.values, weight: plain, addingTo: start),
                terms: outputs, "backward data")
        }

        // Twice the same: once written, once added.
        transformed.poison()
        for accumulating in [false, true] {
            workspace.poison()
            winogradBackwardWeights(
                geometry, input: input.pointer, outputGradient: outputGradient.pointer, into: transformed.pointer,
                accumulating: accumulating, workspace: workspace.pointer)
        }
        let gradient = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
        winogradWeightGradient(geometry, transformed.pointer, into: gradient.pointer)
        let once = referenceConvolutionWeightGradient(
            geometry, input: input.values, outputGradient: outputGradient.values,
            addingTo: [Double](repeating: 0, count: plain.count))
        let twice = unpacked(gradient.values, rows: window.patch, columns: outputs)
        expectClose(
            twice, once.values.map { 2 * $0 },
            within: Array(repeating: 2 * bound(2 * window.outputPositions), count: twice.count),
            "backward weights \(name)")
    }
}
