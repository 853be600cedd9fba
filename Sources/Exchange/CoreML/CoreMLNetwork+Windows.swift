import LanesGraph
import LanesKernels
import LanesTraining

// Convolutions, pools and sizes.

extension CoreMLNetwork {
    mutating func convolution(
        _ x: String, _ window: WindowGeometry, _ groups: Int, _ hasBias: Bool, _ member: Graph.Member,
        inputChannels: Int
    ) -> String {
        let (weights, biases) = (parameter("weight", member), parameter("bias", member))
        return add(.convolution, [x], name: member.name) { settings in
            settings.add(1, member.shape.channels)
            settings.add(2, inputChannels / groups)
            settings.add(10, groups)
            settings.add(20, packed: [window.kernel.height, window.kernel.width])
            settings.add(30, packed: [window.stride.height, window.stride.width])
            settings.add(40, packed: [window.dilation.height, window.dilation.width])
            settings.add(50, Self.valid(window.padding))
            settings.add(70, hasBias)
            settings.add(90, Self.weights(weights))
            if hasBias { settings.add(91, Self.weights(biases)) }
        }
    }

    /// Core ML's has no dilation, so zeros stand between the taps; and no padding of the output, which takes less of the
    /// full output's end away. Where that is not enough, a row or a column of zeros behind the input makes it longer.
    mutating func transposedConvolution(
        _ x: String, _ window: WindowGeometry, _ groups: Int, _ outputPadding: Extent, _ hasBias: Bool,
        _ member: Graph.Member, inputChannels: Int
    ) -> String {
        var cut = window.padding
        var longer: Padding = 0
        cut.bottom -= outputPadding.height
        cut.right -= outputPadding.width
        if cut.bottom < 0 { (longer.bottom, cut.bottom) = (1, cut.bottom + window.stride.height) }
        if cut.right < 0 { (longer.right, cut.right) = (1, cut.right + window.stride.width) }
        let input = padded(x, longer, name: "\(member.name)/longer")
        let weights = dilated(parameter("weight", member), window)
        let biases = parameter("bias", member)
        return add(.convolution, [input], name: member.name) { settings in
            settings.add(1, member.shape.channels)
            settings.add(2, inputChannels)
            settings.add(10, groups)
            settings.add(20, packed: [window.reach.height, window.reach.width])
            settings.add(30, packed: [window.stride.height, window.stride.width])
            settings.add(50, Self.valid(cut))
            settings.add(60, true)
            settings.add(70, hasBias)
            settings.add(90, Self.weights(weights))
            if hasBias { settings.add(91, Self.weights(biases)) }
        }
    }

    /// Kernels [height][width] with zeros between the taps, each of the window's reach.
    private func dilated(_ weights: [Float], _ window: WindowGeometry) -> [Float] {
        guard window.dilation != 1 else { return weights }
        let (kernel, reach, dilation) = (window.kernel, window.reach, window.dilation)
        let size = reach.height * reach.width
        var wide = [Float](repeating: 0, count: weights.count / window.taps * size)
        for (index, weight) in weights.enumerated() {
            let (tap, filter) = (index % window.taps, index / window.taps)
            let (row, column) = (tap / kernel.width * dilation.height, tap % kernel.width * dilation.width)
            wide[filter * size + row * reach.width + column] = weight
        }
        return wide
    }

    mutating func maxPool(_ x: String, _ window: WindowGeometry, name: String) throws(ModelError) -> String {
        guard window.dilation == 1 else {
            throw ModelError(
                "node \(name)", found: "a max-pool \(window)",
                expected: "one without dilation, which Core ML's have not")
        }
        return pool(x, window, window.ceilMode ? window.paddingToLastWindow : window.padding, isMax: true, name: name)
    }

    mutating func averagePool(
        _ x: String, _ window: WindowGeometry, _ countIncludePad: Bool, name: String
    ) -> String {
        guard countIncludePad, window.paddingBehind != 0 else {
            let padding = window.ceilMode ? window.paddingToLastWindow : window.padding
            return pool(x, window, padding, isMax: false, excludesPadding: !countIncludePad, name: name)
        }
        // Zeros count, and what lies behind them does not.
        let zeros = padded(x, window.padding, name: "\(name)/padded")
        return pool(zeros, window, window.paddingBehind, isMax: false, excludesPadding: true, name: name)
    }

    private mutating func pool(
        _ x: String, _ window: WindowGeometry, _ padding: Padding, isMax: Bool, excludesPadding: Bool = false,
        name: String
    ) -> String {
        add(.pooling, [x], name: name) { settings in
            settings.add(1, isMax ? 0 : 1)
            settings.add(10, packed: [window.kernel.height, window.kernel.width])
            settings.add(20, packed: [window.stride.height, window.stride.width])
            settings.add(30, Self.valid(padding))
            if !isMax { settings.add(50, excludesPadding) }
        }
    }

    mutating func globalPool(_ x: String, isMax: Bool, name: String) -> String {
        add(.pooling, [x], name: name) { settings in
            settings.add(1, isMax ? 0 : 1)
            settings.add(30, ProtobufMessage())
            settings.add(60, true)
        }
    }

    /// Rows and columns of zeros around an image.
    private mutating func padded(_ x: String, _ padding: Padding, name: String) -> String {
        guard padding != 0 else { return x }
        return add(.padding, [x], name: name) { settings in
            settings.add(1, .with { $0.add(1, Float(0)) })
            settings.add(10, Self.borders(padding))
        }
    }

    /// Padding of exactly these sizes.
    private static func valid(_ padding: Padding) -> ProtobufMessage { .with { $0.add(1, borders(padding)) } }

    private static func borders(_ padding: Padding) -> ProtobufMessage {
        .with { borders in
            for (start, end) in [(padding.top, padding.bottom), (padding.left, padding.right)] {
                borders.add(
                    10,
                    .with { sizes in
                        sizes.add(1, start)
                        sizes.add(2, end)
                    })
            }
        }
    }

    /// A whole number of times as large by Core ML's own layer. Otherwise, since none of its ways to place pixels is
    /// PyTorch's, by a product with a matrix for the rows and one for the columns.
    mutating func upsample(
        _ x: String, _ interpolation: Interpolation, from: Shape, to: Shape, name: String
    ) -> String {
        if interpolation == .nearest, to.height % from.height == 0, to.width % from.width == 0 {
            return add(.upsample, [x], name: name) { settings in
                settings.add(1, packed: [to.height / from.height, to.width / from.width])
                settings.add(5, 0)
            }
        }
        let turned = transposed(x, name: "\(name)/turned")
        let rows = product(turned, interpolation, from: from.height, to: to.height, name: "\(name)/rows")
        return product(
            transposed(rows, name: "\(name)/turned back"), interpolation, from: from.width, to: to.width, name: name)
    }

    private mutating func transposed(_ x: String, name: String) -> String {
        add(.transpose, [x], name: name) { $0.add(1, packed: [0, 1, 3, 2]) }
    }

    /// The last dimension at another size.
    private mutating func product(
        _ x: String, _ interpolation: Interpolation, from: Int, to: Int, name: String
    ) -> String {
        // [from, to] column by column.
        var weights = [Float](repeating: 0, count: from * to)
        for (index, source) in sources(from, to, interpolation).enumerated() {
            weights[index * from + source.first] += 1 - source.share
            weights[index * from + source.second] += source.share
        }
        return add(.batchedMatMul, [x], name: name) { settings in
            settings.add(5, from)
            settings.add(6, to)
            settings.add(8, Self.weights(weights))
        }
    }
}
