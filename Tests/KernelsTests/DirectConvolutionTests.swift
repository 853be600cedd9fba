import LanesKernels
import TestSupport
import Testing

/// Input and output channels on either side of half a vector and of a whole one.
private let channelPairs = [(1, 6), (2, 33), (3, 8), (6, 16), (7, 1), (8, 20), (16, 7), (20, 3), (33, 2), (1, 16)]

/// Larger windows than those of all kernels, one of them over an image wider than a tile is high.
private let moreWindows = [
    WindowGeometry(input: Extent(height: 9, width: 28), channels: 1, kernel: 7, padding: 3),
    WindowGeometry(input: 14, channels: 1, kernel: 5, padding: 2),
    WindowGeometry(
        input: Extent(height: 10, width: 13), channels: 1, kernel: Extent(height: 5, width: 1),
        padding: Padding(top: 1, left: 0, bottom: 3, right: 0)),
    WindowGeometry(input: Extent(height: 3, width: 40), channels: 1, kernel: 3, stride: Extent(height: 1, width: 3)),
]

private func geometries(_ window: WindowGeometry) -> [ConvolutionGeometry] {
    channelPairs.map { ConvolutionGeometry(window: window.withChannels($0.0), outputChannels: $0.1) }
}

/// One convolution's operands, random, with the weight both plain and as the kernels want it.
private struct Operands<Scalar: KernelScalar> {
    let geometry: ConvolutionGeometry
    let input: GuardedBuffer<Scalar>
    let outputGradient: GuardedBuffer<Scalar>
    let plainWeight: [Double]
    let weight: GuardedBuffer<Scalar>
    let bias: GuardedBuffer<Scalar>

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        let (patch, outputs) = (geometry.window.patch, geometry.outputChannels)
        input = GuardedBuffer(random: geometry.window.inputCount, seed: 1)
        outputGradient = GuardedBuffer(random: geometry.outputCount, seed: 2)
        plainWeight = GuardedBuffer<Scalar>(random: patch * outputs, seed: 3).values
        weight = GuardedBuffer(referencePanels(plainWeight, rows: patch, columns: outputs))
        bias = GuardedBuffer(random: outputs, seed: 4)
    }

    func forward(isDirect: Bool, biased: Bool, addingTo initial: [Double]?) -> [Double] {
        let output = initial.map { GuardedBuffer<Scalar>($0) } ?? GuardedBuffer(poisoned: geometry.outputCount)
        let workspace = GuardedBuffer<Scalar>(
            poisoned: isDirect ? geometry.directWorkspaceCount : geometry.workspaceCount)
        (isDirect ? directForward : convolutionForward)(
            geometry, input.pointer, weight.pointer, biased ? bias.pointer : nil, output.pointer, initial != nil,
            workspace.pointer)
        return output.values
    }

    func backwardWeights(isDirect: Bool, addingTo initial: [Double]?, separately: Bool) -> [Double] {
        let gradient = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
        if let initial {
            gradient.fill(
                with: referencePanels(initial, rows: geometry.window.patch, columns: geometry.outputChannels))
        }
        let workspace = GuardedBuffer<Scalar>(
            poisoned: isDirect ? geometry.directWorkspaceCount : geometry.workspaceCount)
        (isDirect ? directBackwardWeights : convolutionBackwardWeights)(
            geometry, input.pointer, outputGradient.pointer, gradient.pointer, initial != nil, separately,
            workspace.pointer)
        return gradient.values
    }

    func backwardData(addingTo initial: [Double]?) -> GuardedBuffer<Scalar> {
        let turned = geometry.turned
        let weight = GuardedBuffer<Scalar>(poisoned: turned.weightCount)
        turnedWeights(geometry, self.weight.pointer, into: weight.pointer)
        let gradient =
            initial.map { GuardedBuffer<Scalar>($0) } ?? GuardedBuffer(poisoned: geometry.window.inputCount)
        let workspace = GuardedBuffer<Scalar>(poisoned: turned.directWorkspaceCount)
        directForward(
            turned, input: outputGradient.pointer, weight: weight.pointer, bias: nil, into: gradient.pointer,
            accumulating: initial != nil, workspace: workspace.pointer)
        return gradient
    }
}

@Suite("Convolution without patches")
struct DirectConvolutionTests {
    @Test("The bits of im2col", .namingCases)
    static func bitsCases() {
        forEach((windowGeometries + moreWindows).filter { $0.dilation.width == 1 }) { window in
            for geometry in geometries(window) {
                Self().bits(geometry, Float.self)
                Self().bits(geometry, Double.self)
            }
        }
    }

    private func bits<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, _: Scalar.Type) {
        let operands = Operands<Scalar>(geometry)
        let name = "\(Scalar.self) \(geometry.window.channels)→\(geometry.outputChannels)"
        for (biased, start) in [(false, nil), (true, nil), (false, operands.outputGradient.values)] {
            expectSame(
                operands.forward(isDirect: true, biased: biased, addingTo: start),
                operands.forward(isDirect: false, biased: biased, addingTo: start),
                "forward \(name), biased: \(biased), accumulating: \(start != nil)")
        }
        // Sums that are made separately are cut elsewhere, so their bits may differ.
        let (patch, outputs, zeros) = (
            geometry.window.patch, geometry.outputChannels, operands.plainWeight.map { $0 * 0 }
        )
        for start in [nil, GuardedBuffer<Scalar>(random: operands.plainWeight.count, seed: 6).values] {
            expectSame(
                operands.backwardWeights(isDirect: true, addingTo: start, separately: false),
                operands.backwardWeights(isDirect: false, addingTo: start, separately: false),
                "backward weights \(name), accumulating: \(start != nil)")
            let gradient = operands.backwardWeights(isDirect: true, addingTo: start, separately: true)
            let plain = unpacked(gradient, rows: patch, columns: outputs)
            expectSame(gradient, referencePanels(plain, rows: patch, columns: outputs), "padding of zeros \(name)")
            expectClose(
                GuardedBuffer<Scalar>(plain),
                referenceConvolutionWeightGradient(
                    geometry, input: operands.input.values, outputGradient: operands.outputGradient.values,
                    addingTo: start ?? zeros), extra: 1, "backward weights separately \(name)")
        }
    }

    @Test(
        "The weights' gradient of a larger image: the same bits in one chain, the same bound in several", .namingCases)
    static func blocksCases() {
        forEach([(28, 1, 6), (28, 2, 16), (33, 1, 3)]) { Self().blocks(size: $0, inputs: $1, outputs: $2) }
    }

    func blocks(size: Int, inputs: Int, outputs: Int) {
        let geometry = ConvolutionGeometry(
            window: WindowGeometry(
                input: Extent(height: size, width: size + 1), channels: inputs, kernel: 3, padding: 1),
            outputChannels: outputs)
        let operands = Operands<Float>(geometry)
        let isLong = geometry.window.outputPositions > 1024
        #expect(isLong == (size == 33))
        let none = [Double](repeating: 0, count: operands.plainWeight.count)
        for separately in isLong ? [false] : [false, true] {
            let gradient = operands.backwardWeights(isDirect: true, addingTo: nil, separately: separately)
            if !separately, !isLong {
                expectSame(gradient, operands.backwardWeights(isDirect: false, addingTo: nil, separately: false))
            }
            let plain = unpacked(gradient, rows: geometry.window.patch, columns: outputs)
            let expected = referenceConvolutionWeightGradient(
                geometry, input: operands.input.values, outputGradient: operands.outputGradient.values, addingTo: none)
            // Chains of at most 320 terms, and the sums of no more than 4 of these.
            let bounds = expected.magnitudes.map {
                roundingBound(
                    Float.self, roundings: (separately || isLong ? 320 : size * (size + 1)) + 4, magnitude: $0)
            }
            expectClose(plain, expected.values, within: bounds, "separately: \(separately)")
        }
    }

    @Test("Back to the input, as a convolution of the output's gradient", .namingCases)
    static func backwardDataCases() {
        forEach(
            (windowGeometries + moreWindows).filter { window in
                let most = Extent(height: window.reach.height - 1, width: window.reach.width - 1)
                return window.stride == 1 && window.dilation.width == 1
                    && max(window.padding.top, window.padding.bottom) <= most.height
                    && max(window.padding.left, window.padding.right) <= most.width
            }
        ) { window in
            for geometry in geometries(window) {
                Self().backwardData(geometry, Float.self)
                Self().backwardData(geometry, Double.self)
            }
        }
    }

    private func backwardData<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, _: Scalar.Type) {
        let operands = Operands<Scalar>(geometry)
        let image = GuardedBuffer<Scalar>(random: geometry.window.inputCount, seed: 5).values
        let none = [Double](repeating: 0, count: geometry.window.inputCount)
        for start in [nil, image] {
            // One chain: what it multiplies with zeros of the padding rounds nothing.
            expectClose(
                operands.backwardData(addingTo: start),
                referenceConvolutionInputGradient(
                    geometry, outputGradient: operands.outputGradient.values, weight: operands.plainWeight,
                    addingTo: start ?? none),
                "\(geometry.window.channels)→\(geometry.outputChannels), accumulating: \(start != nil)")
        }
    }

    @Test("NaN in the input reaches the outputs that see it, and no others")
    func notANumber() {
        let window = WindowGeometry(input: 9, channels: 2, kernel: 3, padding: 1)
        let geometry = ConvolutionGeometry(window: window, outputChannels: 6)
        let operands = Operands<Float>(geometry)
        operands.input.pointer[(4 * 9 + 8) * 2] = .nan
        let output = operands.forward(isDirect: true, biased: true, addingTo: nil)
        for (i, value) in output.enumerated() {
            let (y, x) = (i / 6 / 9, i / 6 % 9)
            #expect(value.isNaN == ((3...5).contains(y) && x >= 7), "row \(y), column \(x)")
        }
    }

    @Test(
        "Which kernels do what: by im2col what is dilated in width, too deep, too wide or too narrow; by col2im what has few columns"
    )
    func choices() {
        func geometry(_ window: WindowGeometry, _ outputs: Int) -> ConvolutionGeometry {
            ConvolutionGeometry(window: window, outputChannels: outputs)
        }
        let compact = geometry(WindowGeometry(input: 14, channels: 16, kernel: 5, padding: 2), 8)
        #expect(compact.isDirect && compact.isBackwardDirect)
        let first = geometry(WindowGeometry(input: 28, channels: 1, kernel: 7, padding: 3), 16)
        #expect(first.isDirect && !first.isBackwardDirect)
        // The output's gradient would be mostly padding.
        let lenet = geometry(WindowGeometry(input: 14, channels: 6, kernel: 5), 16)
        #expect(lenet.isDirect && !lenet.isBackwardDirect)
        let strided = geometry(WindowGeometry(input: 14, channels: 16, kernel: 3, stride: 2), 16)
        #expect(strided.isDirect && !strided.isBackwardDirect)
        let tall = geometry(
            WindowGeometry(input: 14, channels: 16, kernel: 3, padding: 1, dilation: Extent(height: 2, width: 1)), 16)
        #expect(tall.isDirect && tall.isBackwardDirect)
        let dilated = geometry(
            WindowGeometry(input: 14, channels: 16, kernel: 3, padding: 1, dilation: Extent(height: 1, width: 2)), 16)
        #expect(!dilated.isDirect && !dilated.isBackwardDirect)
        #expect(!geometry(WindowGeometry(input: 14, channels: 64, kernel: 3, stride: 2), 64).isDirect)
        #expect(!geometry(WindowGeometry(input: 400, channels: 1, kernel: 3), 8).isDirect)
        #expect(!geometry(WindowGeometry(input: 5, channels: 1, kernel: 3), 8).isDirect)
        // More padding than a window of the turned pass can have.
        #expect(!geometry(WindowGeometry(input: 14, channels: 16, kernel: 3, padding: 3), 24).isBackwardDirect)
    }
}
