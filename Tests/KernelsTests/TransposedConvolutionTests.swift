import LanesKernels
import TestSupport
import Testing

/// A transposed convolution is a convolution's passes with the roles of input and output swapped: its forward pass is the
/// pass back to the input of the convolution that reads its output and has its input as result.
@Suite("Transposed convolution")
struct TransposedConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var size = Extent(height: 4, width: 3)
        var kernel: Extent = 3
        var stride: Extent = 1
        var padding: Padding = 0
        var dilation: Extent = 1
        var outputPadding: Extent = 0

        init(_ description: String) { testDescription = description }

        func with(_ change: (inout Case) -> Void) -> Case {
            var changed = self
            change(&changed)
            return changed
        }

        var output: Extent {
            func size(_ input: Int, _ stride: Int, _ padding: Int, _ reach: Int, _ extra: Int) -> Int {
                (input - 1) * stride - padding + reach + extra
            }
            return Extent(
                height: size(
                    self.size.height, stride.height, padding.top + padding.bottom,
                    dilation.height * (kernel.height - 1) + 1, outputPadding.height),
                width: size(
                    self.size.width, stride.width, padding.left + padding.right,
                    dilation.width * (kernel.width - 1) + 1, outputPadding.width))
        }
    }

    static let cases = [
        Case("kernel 3"),
        Case("kernel 2, stride 2").with { ($0.kernel, $0.stride) = (2, 2) },
        Case("kernel 3, stride 2, padding 1, output padding 1").with {
            ($0.stride, $0.padding, $0.outputPadding) = (2, 1, 1)
        },
        Case("kernel 2×3, stride 3×2, output padding 2×1").with {
            $0.kernel = Extent(height: 2, width: 3)
            $0.stride = Extent(height: 3, width: 2)
            $0.outputPadding = Extent(height: 2, width: 1)
        },
        Case("dilation 2×3, stride 2, padding 1").with {
            ($0.stride, $0.padding, $0.dilation) = (2, 1, Extent(height: 2, width: 3))
        },
        Case("padding 0 1 2 1").with { $0.padding = Padding(top: 0, left: 1, bottom: 2, right: 1) },
        Case("kernel 3, padding 1").with { $0.padding = 1 },
    ]

    @Test("Forward against plain loops", .namingCases)
    static func forwardCases() {
        forEach(cases, [(1, 5), (3, 2), (16, 17), (16, 32)]) { Self().forward($0, channels: $1) }
    }

    func forward(_ shape: Case, channels: (inputs: Int, outputs: Int)) {
        check(shape, channels.inputs, channels.outputs, Float.self)
        check(shape, channels.inputs, channels.outputs, Double.self)
    }

    private func check<Scalar: KernelScalar>(_ shape: Case, _ inputs: Int, _ outputs: Int, _: Scalar.Type) {
        let geometry = ConvolutionGeometry(
            window: WindowGeometry(
                input: shape.output, channels: outputs, kernel: shape.kernel, stride: shape.stride,
                padding: shape.padding, dilation: shape.dilation),
            outputChannels: inputs)
        #expect(geometry.window.output == shape.size)

        let taps = geometry.window.taps
        let input = GuardedBuffer<Scalar>(random: geometry.outputCount, seed: 1)
        let bias = GuardedBuffer<Scalar>(random: outputs, seed: 2)
        // [in][out][kernel height][kernel width], which are the convolution's outputs and inputs.
        let weight = GuardedBuffer<Scalar>(random: inputs * outputs * taps, seed: 3).values
        let plain = (0..<taps * outputs).flatMap { row in
            (0..<inputs).map { weight[($0 * outputs + row % outputs) * taps + row / outputs] }
        }
        let panels = GuardedBuffer<Scalar>(referencePanels(plain, rows: geometry.window.patch, columns: inputs))

        let prepared = GuardedBuffer<Scalar>(poisoned: geometry.backwardWeightCount)
        let room = GuardedBuffer<Scalar>(poisoned: geometry.prepareBackwardWorkspaceCount)
        geometry.prepareBackward(panels.pointer, into: prepared.pointer, workspace: room.pointer)
        let output = GuardedBuffer<Scalar>(poisoned: geometry.window.inputCount)
        let workspace = GuardedBuffer<Scalar>(poisoned: geometry.passWorkspaceCount)
        let positions = shape.output.height * shape.output.width
        repeatRow(bias.pointer, rows: positions, columns: outputs, into: output.pointer)
        geometry.backwardData(
            outputGradient: input.pointer, weight: prepared.pointer, into: output.pointer, accumulating: true,
            workspace: workspace.pointer)

        let expected = referenceTransposedConvolution(
            input: input.values, size: shape.size, channels: inputs, weight: weight, bias: bias.values,
            kernel: shape.kernel, stride: shape.stride, padding: shape.padding, dilation: shape.dilation,
            output: shape.output)
        guard geometry.isWinograd else { return expectClose(output, expected, extra: 1) }
        let bounds = expected.values.map { _ in winogradBound(Scalar.self, channels: inputs) }
        expectClose(output.values, expected.values, within: bounds, "Winograd")
    }
}
