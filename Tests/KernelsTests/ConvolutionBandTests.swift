import LanesKernels
import TestSupport
import Testing

/// A convolution in bands of rows, beside the whole of it.
@Suite struct ConvolutionBandTests {
    static let geometries: [(String, ConvolutionGeometry)] = [
        ("5×5 pad 2", convolution(Extent(height: 28, width: 28), 3, 6, kernel: 5, padding: 2)),
        ("3×3, Winograd", convolution(Extent(height: 30, width: 18), 32, 48, kernel: 3, padding: 1)),
        ("3×3 pad 2, Winograd", convolution(Extent(height: 25, width: 25), 16, 16, kernel: 3, padding: 2)),
        ("3×3 of three channels", convolution(Extent(height: 31, width: 9), 3, 20, kernel: 3, padding: 1)),
        (
            "2×3 stride 2×1",
            convolution(
                Extent(height: 33, width: 7), 5, 7, kernel: Extent(height: 2, width: 3),
                stride: Extent(height: 2, width: 1))
        ),
        (
            "stride 5, rows that nothing reads",
            convolution(
                Extent(height: 60, width: 6), 4, 4, kernel: 2, stride: 5)
        ),
        ("dilation 3", convolution(Extent(height: 24, width: 24), 4, 8, kernel: 3, padding: 3, dilation: 3)),
        ("more padding than image", convolution(Extent(height: 2, width: 5), 2, 3, kernel: 3, padding: 9)),
        (
            "padding below alone",
            convolution(
                Extent(height: 16, width: 8), 16, 16, kernel: 3, padding: Padding(top: 1, left: 1, bottom: 40, right: 1)
            )
        ),
        ("depthwise", convolution(Extent(height: 20, width: 20), 12, 12, kernel: 3, padding: 1, groups: 12)),
        ("two groups", convolution(Extent(height: 20, width: 20), 6, 8, kernel: 3, padding: 1, groups: 2)),
        ("two groups, Winograd", convolution(Extent(height: 24, width: 24), 32, 32, kernel: 3, padding: 1, groups: 2)),
        ("a single row", convolution(Extent(height: 1, width: 40), 3, 3, kernel: 1)),
    ]

    private static func convolution(
        _ input: Extent, _ channels: Int, _ outputs: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0,
        dilation: Extent = 1, groups: Int = 1
    ) -> ConvolutionGeometry {
        ConvolutionGeometry(
            window: WindowGeometry(
                input: input, channels: channels, kernel: kernel, stride: stride, padding: padding, dilation: dilation),
            outputChannels: outputs, groups: groups)
    }

    @Test("Bands give the bits of the whole, and write their own rows alone", .namingCases)
    func bits() {
        forEach(Self.geometries) { _, geometry in
            expectSameBits(geometry, Float.self)
            expectSameBits(geometry, Double.self)
        }
    }

    @Test("Large images are cut, in as many bands as are asked for")
    func counts() {
        let counts = Self.geometries.prefix(3).map { _, geometry in geometry.bands(atMost: 3).count }
        #expect(counts == [3, 3, 3])
        #expect(Self.geometries.allSatisfy { $1.bands(atMost: 1).count == 1 && $1.bands(atMost: 0).count == 1 })
    }

    private func expectSameBits<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, _: Scalar.Type) {
        let input = GuardedBuffer<Scalar>(random: geometry.window.inputCount, seed: 1)
        let weight = GuardedBuffer<Scalar>(random: geometry.weightCount, seed: 2)
        let bias = GuardedBuffer<Scalar>(random: roundedToVectors(geometry.outputChannels), seed: 3)
        let prepared = GuardedBuffer<Scalar>(poisoned: geometry.forwardWeightCount)
        if geometry.forwardWeightCount > 0 { geometry.prepareForward(weight.pointer, into: prepared.pointer) }
        let weights = geometry.forwardWeightCount > 0 ? prepared.pointer : weight.pointer

        func run(_ band: ConvolutionBand, into output: GuardedBuffer<Scalar>) {
            let workspace = GuardedBuffer<Scalar>(poisoned: band.geometry.passWorkspaceCount)
            band.geometry.forward(
                input: input.pointer + band.input, weight: weights, bias: bias.pointer,
                into: output.pointer + band.output, workspace: workspace.pointer)
        }

        let whole = GuardedBuffer<Scalar>(poisoned: geometry.outputCount)
        run(geometry.bands(atMost: 1)[0], into: whole)
        let expected = whole.values
        let isWhole = expected.allSatisfy(\.isFinite)
        #expect(isWhole)
        for most in [2, 3, 5, 16] {
            let bands = geometry.bands(atMost: most)
            #expect(1...most ~= bands.count)
            let together = GuardedBuffer<Scalar>(poisoned: geometry.outputCount)
            for band in bands.reversed() {
                let alone = GuardedBuffer<Scalar>(poisoned: geometry.outputCount)
                run(band, into: alone)
                let rows = band.output..<band.output + band.geometry.outputCount
                #expect(alone.values.indices.allSatisfy { alone.values[$0].isNaN != rows.contains($0) })
                run(band, into: together)
            }
            let isSame = together.values.map(\.bitPattern) == expected.map(\.bitPattern)
            #expect(isSame, "\(bands.count) bands")
        }
    }
}
