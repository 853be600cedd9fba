import LanesKernels
import TestSupport
import Testing

/// Input channels, output channels, groups: depthwise with one filter and with several, and groups of each size, on either
/// side of a vector.
private let groupings = [
    (6, 6, 6), (17, 17, 17), (33, 33, 33), (3, 6, 3), (6, 18, 6), (17, 34, 17), (6, 4, 2), (6, 9, 3), (34, 36, 2),
    (4, 2, 2), (3, 5, 1), (1, 3, 1),
]

/// A convolution's operands, random, with the weight both plain, [taps][C/groups][N], and as the kernels want it.
private struct Operands<Scalar: KernelScalar> {
    let geometry: ConvolutionGeometry
    let input: GuardedBuffer<Scalar>
    let outputGradient: GuardedBuffer<Scalar>
    let plainWeight: [Double]
    let bias: GuardedBuffer<Scalar>
    let workspace: GuardedBuffer<Scalar>

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        input = GuardedBuffer(random: geometry.window.inputCount, seed: 1)
        outputGradient = GuardedBuffer(random: geometry.outputCount, seed: 2)
        plainWeight =
            GuardedBuffer<Scalar>(
                random: geometry.window.patch / geometry.groups * geometry.outputChannels, seed: 3
            ).values
        bias = GuardedBuffer(random: geometry.outputChannels, seed: 4)
        workspace = GuardedBuffer(poisoned: geometry.passWorkspaceCount)
    }

    func forward(biased: Bool, addingTo initial: [Double]? = nil) -> GuardedBuffer<Scalar> {
        let weight = GuardedBuffer<Scalar>(kernelWeight(plainWeight, geometry))
        let prepared = GuardedBuffer<Scalar>(poisoned: geometry.forwardWeightCount)
        if prepared.count > 0 { geometry.prepareForward(weight.pointer, into: prepared.pointer) }
        let output = initial.map { GuardedBuffer<Scalar>($0) } ?? GuardedBuffer(poisoned: geometry.outputCount)
        workspace.poison()
        geometry.forward(
            input: input.pointer, weight: prepared.count > 0 ? prepared.pointer : weight.pointer,
            bias: biased ? bias.pointer : nil, into: output.pointer, accumulating: initial != nil,
            workspace: workspace.pointer)
        return output
    }

    /// - Parameter initial: nil overwrites what is poisoned.
    func backwardData(addingTo initial: [Double]?) -> GuardedBuffer<Scalar> {
        let weight = GuardedBuffer<Scalar>(kernelWeight(plainWeight, geometry))
        let prepared = GuardedBuffer<Scalar>(poisoned: geometry.backwardWeightCount)
        let room = GuardedBuffer<Scalar>(poisoned: geometry.prepareBackwardWorkspaceCount)
        if prepared.count > 0 {
            geometry.prepareBackward(weight.pointer, into: prepared.pointer, workspace: room.pointer)
        }
        let gradient =
            initial.map { GuardedBuffer<Scalar>($0) } ?? GuardedBuffer(poisoned: geometry.window.inputCount)
        workspace.poison()
        geometry.backwardData(
            outputGradient: outputGradient.pointer, weight: prepared.count > 0 ? prepared.pointer : weight.pointer,
            into: gradient.pointer, accumulating: initial != nil, workspace: workspace.pointer)
        return gradient
    }

    /// Two times the same, once written and once added; [taps][C/groups][N].
    func twiceBackwardWeights() -> [Double] {
        let gradient = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
        for accumulating in [false, true] {
            workspace.poison()
            geometry.backwardWeights(
                input: input.pointer, outputGradient: outputGradient.pointer, into: gradient.pointer,
                accumulating: accumulating, workspace: workspace.pointer)
        }
        return plain(gradient.values, geometry)
    }
}

/// The columns of group `index` of a row-major matrix.
private func columns(_ matrix: [Double], of index: Int, outOf groups: Int, columns: Int) -> [Double] {
    let width = columns / groups
    return (0..<matrix.count / columns).flatMap { row in
        (0..<width).map { matrix[row * columns + index * width + $0] }
    }
}

/// A weight [taps][C/groups][N] as it lies in the kernels' memory.
private func kernelWeight(_ weight: [Double], _ geometry: ConvolutionGeometry) -> [Double] {
    if geometry.isDepthwise { return weight }
    let (groups, outputs) = (geometry.groups, geometry.outputChannels)
    return (0..<groups).flatMap {
        referencePanels(
            columns(weight, of: $0, outOf: groups, columns: outputs), rows: geometry.window.patch / groups,
            columns: outputs / groups)
    }
}

/// The weight [taps][C/groups][N] that lies in the kernels' memory.
private func plain(_ weight: [Double], _ geometry: ConvolutionGeometry) -> [Double] {
    if geometry.isDepthwise { return weight }
    let (groups, patch) = (geometry.groups, geometry.window.patch / geometry.groups)
    let width = geometry.outputChannels / groups
    let parts = (0..<groups).map { index in
        let count = weight.count / groups
        return unpacked(Array(weight[index * count..<(index + 1) * count]), rows: patch, columns: width)
    }
    return (0..<patch).flatMap { row in parts.flatMap { $0[row * width..<(row + 1) * width] } }
}

@Suite("Convolution in groups")
struct GroupedConvolutionTests {
    @Test("All three passes against plain loops", .namingCases)
    static func passesCases() {
        forEach(windowGeometries) { Self().passes(window: $0) }
    }

    func passes(window: WindowGeometry) {
        for (inputs, outputs, groups) in groupings {
            let geometry = ConvolutionGeometry(
                window: window.withChannels(inputs), outputChannels: outputs, groups: groups)
            #expect(geometry.isDepthwise == (groups > 1 && groups == inputs))
            check(geometry, Float.self)
            check(geometry, Double.self)
        }
    }

    private func check<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, _: Scalar.Type) {
        let operands = Operands<Scalar>(geometry)
        let (x, dy, w) = (operands.input.values, operands.outputGradient.values, operands.plainWeight)
        let name =
            "\(geometry.window) \(geometry.window.channels)→\(geometry.outputChannels) in \(geometry.groups) groups"

        let product = referenceConvolution(geometry, input: x, weight: w, bias: nil)
        expectClose(operands.forward(biased: false), product, "forward \(name)")
        expectClose(
            operands.forward(biased: true),
            referenceConvolution(geometry, input: x, weight: w, bias: operands.bias.values),
            "forward with a bias \(name)")
        var sums = Sums(startingWith: dy)
        sums.add(product)
        expectClose(operands.forward(biased: false, addingTo: dy), sums, "forward, accumulating \(name)")

        let image = GuardedBuffer<Scalar>(random: x.count, seed: 5).values
        for start in [nil, image] {
            expectClose(
                operands.backwardData(addingTo: start),
                referenceConvolutionInputGradient(
                    geometry, outputGradient: dy, weight: w, addingTo: start ?? x.map { _ in 0 }), extra: 1,
                "backward data \(name), accumulating: \(start != nil)")
        }

        var twice = Sums(count: w.count)
        for _ in 0..<2 {
            twice.add(
                referenceConvolutionWeightGradient(
                    geometry, input: x, outputGradient: dy, addingTo: w.map { _ in 0 }))
        }
        expectClose(GuardedBuffer<Scalar>(operands.twiceBackwardWeights()), twice, "backward weights \(name)")
    }

    @Test("⟨conv x, y⟩ = ⟨x, backward data y⟩ = ⟨w, backward weights y⟩", .namingCases)
    static func adjointCases() {
        forEach(windowGeometries) { Self().adjoint(window: $0) }
    }

    func adjoint(window: WindowGeometry) {
        for (inputs, outputs, groups) in groupings {
            let geometry = ConvolutionGeometry(
                window: window.withChannels(inputs), outputChannels: outputs, groups: groups)
            let operands = Operands<Double>(geometry)
            let output = operands.forward(biased: false).values
            let (x, dy) = (operands.input.values, operands.outputGradient.values)
            expectAdjoint(output, dy, x, operands.backwardData(addingTo: nil).values)
            expectAdjoint(output.map { 2 * $0 }, dy, operands.plainWeight, operands.twiceBackwardWeights())
        }
    }

    /// Bit by bit, by im2col and by Winograd.
    @Test("Groups are convolutions by themselves", .namingCases)
    static func groupsCases() {
        forEach([(32, 32), (48, 64), (10, 6)], [1, 2]) { Self().groups(channels: $0, groups: $1) }
    }

    func groups(channels: (inputs: Int, outputs: Int), groups: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            let window = WindowGeometry(
                input: Extent(height: 5, width: 6), channels: channels.inputs, kernel: 3,
                padding: Padding(top: 1, left: 1, bottom: 0, right: 2))
            let geometry = ConvolutionGeometry(window: window, outputChannels: channels.outputs, groups: groups)
            let operands = Operands<Scalar>(geometry)
            let (inputs, outputs) = (channels.inputs, channels.outputs)
            let output = operands.forward(biased: true).values
            let inputGradient = operands.backwardData(addingTo: nil).values
            let weightGradient = operands.twiceBackwardWeights()
            for index in 0..<groups {
                let group = Operands<Scalar>(geometry.group)
                let alone = Alone(geometry.group)
                group.input.fill(with: columns(operands.input.values, of: index, outOf: groups, columns: inputs))
                group.outputGradient.fill(
                    with: columns(operands.outputGradient.values, of: index, outOf: groups, columns: outputs))
                group.bias.fill(with: columns(operands.bias.values, of: index, outOf: groups, columns: outputs))
                let weight = columns(operands.plainWeight, of: index, outOf: groups, columns: outputs)
                let (y, dx, dw) = alone.passes(group, weight: weight)
                expectSame(columns(output, of: index, outOf: groups, columns: outputs), y, "forward")
                expectSame(columns(inputGradient, of: index, outOf: groups, columns: inputs), dx, "backward data")
                expectSame(columns(weightGradient, of: index, outOf: groups, columns: outputs), dw, "backward weights")
            }
        }
        check(Float.self)
        check(Double.self)
    }

    /// The kernels of one group called by name.
    private struct Alone {
        let geometry: ConvolutionGeometry

        init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

        func passes<Scalar: KernelScalar>(
            _ operands: Operands<Scalar>, weight plain: [Double]
        ) -> (output: [Double], inputGradient: [Double], weightGradient: [Double]) {
            let (patch, outputs) = (geometry.window.patch, geometry.outputChannels)
            let weight = GuardedBuffer<Scalar>(referencePanels(plain, rows: patch, columns: outputs))
            let turned = GuardedBuffer<Scalar>(poisoned: geometry.transposedWeightCount)
            transposePanels(
                weight.pointer, rows: patch, columns: outputs, panels: 0..<roundedToVectors(patch) / vectorWidth,
                into: turned.pointer)
            let output = GuardedBuffer<Scalar>(poisoned: geometry.outputCount)
            let inputGradient = GuardedBuffer<Scalar>(poisoned: geometry.window.inputCount)
            let gradient = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
            let (x, dy) = (operands.input.pointer, operands.outputGradient.pointer)
            guard geometry.isWinograd else {
                let workspace = GuardedBuffer<Scalar>(poisoned: geometry.workspaceCount)
                convolutionForward(
                    geometry, input: x, weight: weight.pointer, bias: operands.bias.pointer, into: output.pointer,
                    workspace: workspace.pointer)
                if geometry.isBackwardDirect {
                    let room = GuardedBuffer<Scalar>(poisoned: geometry.turned.directWorkspaceCount)
                    let turned = GuardedBuffer<Scalar>(poisoned: geometry.turned.weightCount)
                    turnedWeights(geometry, weight.pointer, into: turned.pointer)
                    directForward(
                        geometry.turned, input: dy, weight: turned.pointer, bias: nil, into: inputGradient.pointer,
                        workspace: room.pointer)
                } else {
                    convolutionBackwardData(
                        geometry, outputGradient: dy, transposedWeight: turned.pointer, into: inputGradient.pointer,
                        accumulating: false, workspace: workspace.pointer)
                }
                for accumulating in [false, true] {
                    convolutionBackwardWeights(
                        geometry, input: x, outputGradient: dy, into: gradient.pointer, accumulating: accumulating,
                        workspace: workspace.pointer)
                }
                return (
                    output.values, inputGradient.values, unpacked(gradient.values, rows: patch, columns: outputs)
                )
            }
            let workspace = GuardedBuffer<Scalar>(poisoned: geometry.winogradWorkspaceCount)
            let transformed = GuardedBuffer<Scalar>(poisoned: geometry.winogradWeightCount)
            winogradWeights(geometry, weight.pointer, into: transformed.pointer)
            winogradForward(
                geometry, input: x, weight: transformed.pointer, bias: operands.bias.pointer, into: output.pointer,
                workspace: workspace.pointer)
            winogradTurnedWeights(geometry, turned.pointer, into: transformed.pointer)
            winogradBackwardData(
                geometry, outputGradient: dy, weight: transformed.pointer, into: inputGradient.pointer,
                accumulating: false, workspace: workspace.pointer)
            for accumulating in [false, true] {
                winogradBackwardWeights(
                    geometry, input: x, outputGradient: dy, into: gradient.pointer, accumulating: accumulating,
                    workspace: workspace.pointer)
            }
            return (output.values, inputGradient.values, unpacked(gradient.values, rows: patch, columns: outputs))
        }
    }
}
