import LanesKernels
import TestSupport
import Testing

/// Every count of input channels once and every count of output channels once, on either side of a vector.
private let channelPairs = [(1, 8), (3, 5), (8, 16), (16, 3), (17, 33), (33, 17), (5, 1)]

/// One convolution's operands, random, with the weight both plain and as the kernels want it.
private struct Operands<Scalar: KernelScalar> {
    let geometry: ConvolutionGeometry
    let input: GuardedBuffer<Scalar>
    let outputGradient: GuardedBuffer<Scalar>
    let plainWeight: [Double]
    let weight: GuardedBuffer<Scalar>
    let bias: GuardedBuffer<Scalar>
    let workspace: GuardedBuffer<Scalar>

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        let (patch, outputs) = (geometry.window.patch, geometry.outputChannels)
        input = GuardedBuffer(random: geometry.window.inputCount, seed: 1)
        outputGradient = GuardedBuffer(random: geometry.outputCount, seed: 2)
        plainWeight = GuardedBuffer<Scalar>(random: patch * outputs, seed: 3).values
        weight = GuardedBuffer(referencePanels(plainWeight, rows: patch, columns: outputs))
        bias = GuardedBuffer(
            randomValues(outputs, seed: 4)
                + [Double](repeating: 0, count: roundedToVectors(outputs) - outputs))
        workspace = GuardedBuffer(poisoned: geometry.workspaceCount)
    }

    /// - Parameter initial: nil overwrites what is poisoned.
    func forward(biased: Bool, addingTo initial: [Double]? = nil) -> GuardedBuffer<Scalar> {
        let output = initial.map { GuardedBuffer<Scalar>($0) } ?? GuardedBuffer(poisoned: geometry.outputCount)
        workspace.poison()
        convolutionForward(
            geometry, input: input.pointer, weight: weight.pointer, bias: biased ? bias.pointer : nil,
            into: output.pointer, accumulating: initial != nil, workspace: workspace.pointer)
        return output
    }

    /// - Parameter initial: nil overwrites what is poisoned.
    func backwardData(addingTo initial: [Double]?) -> GuardedBuffer<Scalar> {
        let panels = roundedToVectors(geometry.window.patch) / vectorWidth
        let turned = GuardedBuffer<Scalar>(poisoned: geometry.transposedWeightCount)
        transposePanels(
            weight.pointer, rows: geometry.window.patch, columns: geometry.outputChannels, panels: 0..<panels,
            into: turned.pointer)
        let gradient =
            initial.map { GuardedBuffer<Scalar>($0) } ?? GuardedBuffer(poisoned: geometry.window.inputCount)
        workspace.poison()
        convolutionBackwardData(
            geometry, outputGradient: outputGradient.pointer, transposedWeight: turned.pointer,
            into: gradient.pointer, accumulating: initial != nil, workspace: workspace.pointer)
        return gradient
    }

    /// - Parameter initial: Plain; nil overwrites what is poisoned.
    func backwardWeights(addingTo initial: [Double]?) -> GuardedBuffer<Scalar> {
        let gradient = GuardedBuffer<Scalar>(poisoned: geometry.weightCount)
        if let initial {
            gradient.fill(
                with: referencePanels(initial, rows: geometry.window.patch, columns: geometry.outputChannels))
        }
        workspace.poison()
        convolutionBackwardWeights(
            geometry, input: input.pointer, outputGradient: outputGradient.pointer, into: gradient.pointer,
            accumulating: initial != nil, workspace: workspace.pointer)
        return gradient
    }
}

@Suite("Convolution")
struct ConvolutionTests {
    @Test("All three products against plain loops", .namingCases)
    static func productsCases() {
        forEach(windowGeometries) { Self().products(window: $0) }
    }

    func products(window: WindowGeometry) {
        for (inputs, outputs) in channelPairs {
            let geometry = ConvolutionGeometry(window: window.withChannels(inputs), outputChannels: outputs)
            check(geometry, Float.self)
            check(geometry, Double.self)
        }
    }

    @Test("An image of several blocks of rows, the last of them smaller")
    func blocks() {
        let window = WindowGeometry(
            input: Extent(height: 15, width: 13), channels: 65, kernel: 3, padding: 1)
        let geometry = ConvolutionGeometry(window: window, outputChannels: 17)
        // Without room for all rows there are several blocks.
        #expect(geometry.workspaceCount < geometry.window.outputPositions * geometry.window.patch)
        check(geometry, Float.self)
        check(geometry, Double.self)
    }

    private func check<Scalar: KernelScalar>(_ geometry: ConvolutionGeometry, _: Scalar.Type) {
        let operands = Operands<Scalar>(geometry)
        let (x, dy, w) = (operands.input.values, operands.outputGradient.values, operands.plainWeight)
        let name = "\(geometry.window) \(geometry.window.channels)→\(geometry.outputChannels)"

        let bias = Array(operands.bias.values.prefix(geometry.outputChannels))
        expectClose(
            operands.forward(biased: false), referenceConvolution(geometry, input: x, weight: w, bias: nil),
            "forward \(name)")
        expectClose(
            operands.forward(biased: true), referenceConvolution(geometry, input: x, weight: w, bias: bias),
            "forward with a bias \(name)")
        var sums = Sums(startingWith: dy)
        sums.add(referenceConvolution(geometry, input: x, weight: w, bias: nil))
        expectClose(operands.forward(biased: false, addingTo: dy), sums, "forward, accumulating \(name)")

        // A channel's products are summed before they are added to the image: one more addition.
        let image = GuardedBuffer<Scalar>(random: x.count, seed: 5).values
        let noImage = [Double](repeating: 0, count: x.count)
        for start in [nil, image] {
            expectClose(
                operands.backwardData(addingTo: start),
                referenceConvolutionInputGradient(
                    geometry, outputGradient: dy, weight: w, addingTo: start ?? noImage), extra: 1,
                "backward data \(name)")
        }

        let initial = GuardedBuffer<Scalar>(random: w.count, seed: 6).values
        let zero = [Double](repeating: 0, count: w.count)
        for start in [nil, initial] {
            let gradient = operands.backwardWeights(addingTo: start)
            let (patch, outputs) = (geometry.window.patch, geometry.outputChannels)
            let plain = unpacked(gradient.values, rows: patch, columns: outputs)
            expectClose(
                GuardedBuffer<Scalar>(plain),
                referenceConvolutionWeightGradient(
                    geometry, input: x, outputGradient: dy, addingTo: start ?? zero),
                "backward weights \(name), accumulating: \(start != nil)")
            expectSame(
                gradient.values, referencePanels(plain, rows: patch, columns: outputs),
                "the weight gradient's padding is zero: \(name)")
        }
    }

    @Test("⟨conv x, y⟩ = ⟨x, backward data y⟩ = ⟨w, backward weights y⟩", .namingCases)
    static func adjointCases() {
        forEach(windowGeometries) { Self().adjoint(window: $0) }
    }

    func adjoint(window: WindowGeometry) {
        for (inputs, outputs) in [(3, 5), (17, 16)] {
            let geometry = ConvolutionGeometry(window: window.withChannels(inputs), outputChannels: outputs)
            let operands = Operands<Double>(geometry)
            let output = operands.forward(biased: false).values
            let (x, dy) = (operands.input.values, operands.outputGradient.values)
            expectAdjoint(output, dy, x, operands.backwardData(addingTo: nil).values)
            expectAdjoint(output, dy, operands.weight.values, operands.backwardWeights(addingTo: nil).values)
        }
    }

    @Test("The columns of a matrix summed", .namingCases)
    static func sumsOfRowsCases() {
        forEach([1, 2, 15, 16, 17, 40]) { Self().sumsOfRows(columns: $0) }
    }

    func sumsOfRows(columns: Int) {
        func check<Scalar: KernelScalar>(_: Scalar.Type) {
            for rows in [0, 1, 7, 100] {
                let matrix = GuardedBuffer<Scalar>(random: rows * columns, seed: 1)
                let initial = GuardedBuffer<Scalar>(random: columns, seed: 2).values
                for accumulating in [false, true] {
                    var expected = accumulating ? Sums(startingWith: initial) : Sums(count: columns)
                    for (i, value) in matrix.values.enumerated() { expected.add(value, to: i % columns) }
                    let sums = GuardedBuffer<Scalar>(poisoned: columns)
                    if accumulating { sums.fill(with: initial) }
                    sumRows(
                        matrix.pointer, rows: rows, columns: columns, into: sums.pointer, accumulating: accumulating)
                    expectClose(sums, expected, "\(rows) rows, accumulating: \(accumulating)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("A row repeated", .namingCases)
    func repeatedRow() {
        forEach([1, 5, 16, 17]) { columns in
            let row = GuardedBuffer<Float>(random: columns)
            let matrix = GuardedBuffer<Float>(poisoned: 3 * columns)
            repeatRow(row.pointer, rows: 3, columns: columns, into: matrix.pointer)
            expectSame(matrix.values, row.values + row.values + row.values)
        }
    }
}
