import LanesKernels
import TestSupport
import Testing

@Suite("Winograd's convolution")
struct WinogradTests {
    /// Whole tiles and cut ones in both directions, a single tile, and all paddings.
    static let sizes: [(Extent, Padding)] = [
        (14, 1), (7, 1), (Extent(height: 5, width: 8), 0), (Extent(height: 4, width: 7), 2), (5, 0), (3, 1),
        (Extent(height: 6, width: 5), Padding(height: 2, width: 0)),
        (Extent(height: 5, width: 6), Padding(top: 0, left: 2, bottom: 1, right: 0)),
        (Extent(height: 6, width: 4), Padding(top: 1, left: 0, bottom: 2, right: 2)),
    ]

    @Test("All three passes against plain loops", .namingCases)
    static func passesCases() {
        forEach(sizes, [(16, 16), (32, 48), (48, 16)]) { Self().passes(size: $0, channels: $1) }
    }

    /// So large that the tiles are worked on in bands, whole ones and cut ones.
    @Test("All three passes in bands", .namingCases)
    static func bandsCases() {
        let sizes: [(Extent, Padding)] = [
            (Extent(height: 37, width: 41), 1), (Extent(height: 30, width: 64), 0), (Extent(height: 33, width: 34), 2),
            (Extent(height: 31, width: 40), Padding(top: 2, left: 0, bottom: 0, right: 1)),
            (Extent(height: 30, width: 36), Padding(top: 0, left: 1, bottom: 2, right: 0)),
        ]
        forEach(sizes, [(16, 48), (32, 32)]) { Self().passes(size: $0, channels: $1) }
    }

    /// Fewer samples than one band takes, and more, and samples that are themselves cut.
    @Test("All three passes over several samples", .namingCases)
    static func samplesCases() {
        let cases: [(Extent, Padding, Int)] = [
            (7, 1, 3), (7, 1, 20), (14, 1, 5),
            (Extent(height: 5, width: 9), Padding(top: 0, left: 2, bottom: 1, right: 0), 2),
            (Extent(height: 33, width: 34), 2, 2),
        ]
        forEach(cases) { Self().passes(size: ($0.0, $0.1), channels: (16, 32), samples: $0.2) }
    }

    func passes(size: (Extent, Padding), channels: (Int, Int), samples: Int = 1) {
        let window = WindowGeometry(input: size.0, channels: channels.0, kernel: 3, padding: size.1)
        let geometry = ConvolutionGeometry(window: window, outputChannels: channels.1)
        #expect(geometry.isWinograd)
        check(geometry, samples: samples, Float.self)
        check(geometry, samples: samples, Double.self)
    }

    @Test("Other geometries are left to other kernels", .namingCases)
    static func othersCases() {
        forEach([
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 5, padding: 1), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 8, kernel: 3, padding: 1), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: 8, channels: 16, kernel: 3, padding: 1), outputChannels: 24),
            ConvolutionGeometry(
                window: WindowGeometry(input: 7, channels: 256, kernel: 3, padding: 1), outputChannels: 256),
            // Fewer than six outputs of a tile would lie inside the image.
            ConvolutionGeometry(
                window: WindowGeometry(input: 2, channels: 16, kernel: 3, padding: 1), outputChannels: 16),
            ConvolutionGeometry(
                window: WindowGeometry(input: Extent(height: 1, width: 9), channels: 16, kernel: 3, padding: 1),
                outputChannels: 16),
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

    /// Few pixels are set in each channel, and few gradients, of two samples: many taps reach none of them.
    @Test("A gradient that is zero is exactly zero", .namingCases)
    static func zerosCases() {
        forEach(sizes, [1, 2, 3, 4]) { Self().zeros(size: $0, seed: $1) }
    }

    func zeros(size: (Extent, Padding), seed: UInt64) {
        let window = WindowGeometry(input: size.0, channels: 16, kernel: 3, padding: size.1)
        let geometry = ConvolutionGeometry(window: window, outputChannels: 32)
        var random = RandomStream(seed: seed, purpose: .gradientCheck)
        func sparse(_ count: Int, channels: Int) -> [Double] {
            var values = [Double](repeating: 0, count: count)
            for channel in 0..<channels {
                // Nothing at all in every fourth channel; large and small numbers, and zeros of the other sign.
                for _ in 0..<channel % 4 {
                    let place = random.integer(below: count / channels) * channels + channel
                    values[place] = [1e-20, 0.3, -1, 2, -3e10, -0.0][random.integer(below: 6)]
                }
            }
            return values
        }
        let samples = (0..<2).map { _ in
            (sparse(window.inputCount, channels: 16), sparse(geometry.outputCount, channels: 32))
        }
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let result = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
            let workspace = GuardedBuffer<Scalar>(poisoned: geometry.winogradWorkspaceCount)
            var expected = Sums(count: window.patch * 32)
            var (inputs, outputs) = (Set<Int>(), Set<Int>())
            for (index, sample) in samples.enumerated() {
                let (input, gradient) = (GuardedBuffer<Scalar>(sample.0), GuardedBuffer<Scalar>(sample.1))
                winogradBackwardWeights(
                    geometry, input: input.pointer, outputGradient: gradient.pointer, into: result.pointer,
                    accumulating: index > 0, workspace: workspace.pointer)
                expected.add(
                    referenceConvolutionWeightGradient(
                        geometry, input: input.values, outputGradient: gradient.values,
                        addingTo: [Double](repeating: 0, count: window.patch * 32)))
                forEachTap(window) { position, tap, pixel in
                    guard let pixel else { return }
                    for c in 0..<16 where input.values[pixel * 16 + c] != 0 { inputs.insert(tap * 16 + c) }
                    for n in 0..<32 where gradient.values[position * 32 + n] != 0 { outputs.insert(tap * 32 + n) }
                }
            }
            let found = unpacked(result.values, rows: window.patch, columns: 32)
            var (zeros, wrong) = (0, 0)
            for (place, value) in found.enumerated() {
                let (tap, c, n) = (place / 32 / 16, place / 32 % 16, place % 32)
                if inputs.contains(tap * 16 + c), outputs.contains(tap * 32 + n) {
                    // Tiles mix the sizes of all numbers of two channels, up to 10²¹.
                    let bound = winogradBound(Scalar.self, tiles: window.outputPositions) * 1e21
                    if abs(value - expected.values[place]) > bound { wrong += 1 }
                } else {
                    zeros += 1
                    if value != 0 { wrong += 1 }
                }
            }
            #expect(wrong == 0 && zeros > 0, "\(Scalar.self): \(wrong) wrong, \(zeros) zeros")
        }
        check(Float.self)
        check(Double.self)
    }

    /// Every other number is alone, so a mask of more than what no tap reaches would be seen.
    @Test("A number that one tap alone reaches gives it its gradient", .namingCases)
    static func singleCases() {
        forEach(sizes) { Self().single(size: $0) }
    }

    func single(size: (Extent, Padding)) {
        let window = WindowGeometry(input: size.0, channels: 16, kernel: 3, padding: size.1)
        let geometry = ConvolutionGeometry(window: window, outputChannels: 16)
        let workspace = GuardedBuffer<Float>(poisoned: geometry.winogradWorkspaceCount)
        let result = GuardedBuffer<Float>(poisoned: geometry.weightCount)
        let gradient = GuardedBuffer<Float>([Double](repeating: 1, count: geometry.outputCount))
        for pixel in 0..<window.inputCount / 16 {
            let input = GuardedBuffer<Float>([Double](repeating: 0, count: window.inputCount))
            input.pointer[pixel * 16 + 5] = 1
            winogradBackwardWeights(
                geometry, input: input.pointer, outputGradient: gradient.pointer, into: result.pointer,
                accumulating: false, workspace: workspace.pointer)
            let found = unpacked(result.values, rows: window.patch, columns: 16)
            let expected = referenceConvolutionWeightGradient(
                geometry, input: input.values, outputGradient: gradient.values,
                addingTo: [Double](repeating: 0, count: found.count))
            let bounds = [Double](
                repeating: winogradBound(Float.self, tiles: window.outputPositions), count: found.count)
            expectClose(found, expected.values, within: bounds, "pixel \(pixel)")
            #expect(zip(found, expected.values).allSatisfy { $1 != 0 || $0 == 0 })
        }
    }

    @Test("NaN and infinity are not hidden, though the other factor is zero", .namingCases)
    func notFinite() {
        forEach([Float.nan, .infinity] as [Float]) { special in
            let geometry = ConvolutionGeometry(
                window: WindowGeometry(input: 4, channels: 16, kernel: 3, padding: 1), outputChannels: 16)
            let workspace = GuardedBuffer<Float>(poisoned: geometry.winogradWorkspaceCount)
            let result = GuardedBuffer<Float>(poisoned: geometry.weightCount)
            for isInput in [true, false] {
                let input = GuardedBuffer<Float>([Double](repeating: 0, count: geometry.window.inputCount))
                let gradient = GuardedBuffer<Float>([Double](repeating: 0, count: geometry.outputCount))
                // In the middle, where all taps reach it.
                (isInput ? input : gradient).pointer[(4 + 1) * 16 + 3] = special
                winogradBackwardWeights(
                    geometry, input: input.pointer, outputGradient: gradient.pointer, into: result.pointer,
                    accumulating: false, workspace: workspace.pointer)
                let found = unpacked(result.values, rows: geometry.window.patch, columns: 16)
                #expect(found.contains { !$0.isFinite }, "\(isInput ? "input" : "gradient")")
            }
        }
    }

    private func check<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, samples: Int, _: Scalar.Type) {
        let (window, outputs) = (geometry.window, geometry.outputChannels)
        let input = GuardedBuffer<Scalar>(random: samples * window.inputCount, seed: 1)
        let outputGradient = GuardedBuffer<Scalar>(random: samples * geometry.outputCount, seed: 2)
        let plain = GuardedBuffer<Scalar>(random: window.patch * outputs, seed: 3).values
        let weight = GuardedBuffer<Scalar>(referencePanels(plain, rows: window.patch, columns: outputs))
        let bias = GuardedBuffer<Scalar>(random: outputs, seed: 4)
        let workspace = GuardedBuffer<Scalar>(poisoned: geometry.winogradWorkspaceCount)
        let transformed = GuardedBuffer<Scalar>(poisoned: geometry.winogradWeightCount)
        let name = "\(Scalar.self) \(samples) × \(window) \(window.channels)→\(outputs)"

        func part(_ values: [Double], _ sample: Int) -> [Double] {
            let count = values.count / samples
            return Array(values[sample * count..<(sample + 1) * count])
        }
        func expectNear(_ found: [Double], _ expected: [Double], bound: Double, _ what: String) {
            expectClose(found, expected, within: Array(repeating: bound, count: found.count), "\(what) \(name)")
        }

        winogradWeights(geometry, weight.pointer, into: transformed.pointer)
        let start = GuardedBuffer<Scalar>(random: samples * geometry.outputCount, seed: 6).values
        for (biased, accumulating) in [(true, false), (false, false), (false, true)] {
            let output = GuardedBuffer<Scalar>(poisoned: samples * geometry.outputCount)
            if accumulating { output.fill(with: start) }
            workspace.poison()
            winogradForward(
                geometry, samples: samples, input: input.pointer, weight: transformed.pointer,
                bias: biased ? bias.pointer : nil, into: output.pointer, accumulating: accumulating,
                workspace: workspace.pointer)
            for sample in 0..<samples {
                let product = referenceConvolution(
                    geometry, input: part(input.values, sample), weight: plain, bias: biased ? bias.values : nil)
                let before = accumulating ? part(start, sample) : product.values.map { _ in 0 }
                expectNear(
                    part(output.values, sample), zip(before, product.values).map { $0 + $1 },
                    bound: winogradBound(Scalar.self, channels: window.channels), "forward")
            }
        }

        let transposed = GuardedBuffer<Scalar>(poisoned: geometry.transposedWeightCount)
        transposePanels(
            weight.pointer, rows: window.patch, columns: outputs, panels: 0..<window.patch / vectorWidth,
            into: transposed.pointer)
        transformed.poison()
        winogradTurnedWeights(geometry, transposed.pointer, into: transformed.pointer)
        let initial = GuardedBuffer<Scalar>(random: samples * window.inputCount, seed: 5).values
        for accumulating in [false, true] {
            let gradient = GuardedBuffer<Scalar>(poisoned: samples * window.inputCount)
            if accumulating { gradient.fill(with: initial) }
            workspace.poison()
            winogradBackwardData(
                geometry, samples: samples, outputGradient: outputGradient.pointer, weight: transformed.pointer,
                into: gradient.pointer, accumulating: accumulating, workspace: workspace.pointer)
            let start = accumulating ? initial : [Double](repeating: 0, count: initial.count)
            for sample in 0..<samples {
                let expected = referenceConvolutionInputGradient(
                    geometry, outputGradient: part(outputGradient.values, sample), weight: plain,
                    addingTo: part(start, sample))
                expectNear(
                    part(gradient.values, sample), expected.values,
                    bound: winogradBound(Scalar.self, channels: outputs), "backward data")
            }
        }

        // Twice the same: once written, once added.
        let gradient = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
        for accumulating in [false, true] {
            workspace.poison()
            winogradBackwardWeights(
                geometry, samples: samples, input: input.pointer, outputGradient: outputGradient.pointer,
                into: gradient.pointer, accumulating: accumulating, workspace: workspace.pointer)
        }
        var once = plain.map { _ in 0.0 }
        for sample in 0..<samples {
            once =
                referenceConvolutionWeightGradient(
                    geometry, input: part(input.values, sample), outputGradient: part(outputGradient.values, sample),
                    addingTo: once
                ).values
        }
        let twice = unpacked(gradient.values, rows: window.patch, columns: outputs)
        let tiles = samples * ((window.output.height + 3) / 4) * ((window.output.width + 3) / 4)
        expectNear(
            twice, once.map { 2 * $0 }, bound: 2 * winogradBound(Scalar.self, tiles: tiles), "backward weights")
    }
}
