import LanesKernels

/// What one of Lanes' own layers computes, for those who say it in another format: its settings, without the way in which
/// it is computed here. Numbers that it has learnt are the parameters of its node.
package enum BuiltInLayer: Sendable {
    case input
    case add, multiply, concat
    case relu
    case activation(PointwiseFunction)
    case scale(Double, shift: Double)
    case softmax(isLogarithm: Bool)
    case dropout
    case convolution(WindowGeometry, groups: Int, hasBias: Bool)
    /// The window slides over the output.
    case transposedConvolution(WindowGeometry, groups: Int, outputPadding: Extent, hasBias: Bool)
    case linear(hasBias: Bool)
    case maxPool(WindowGeometry)
    case averagePool(WindowGeometry, countIncludePad: Bool)
    case globalMaxPool, globalAveragePool
    case batchNorm(epsilon: Double)
    case groupNorm(groups: Int, epsilon: Double, isAffine: Bool)
    /// Over all numbers of a sample.
    case layerNorm(epsilon: Double, isAffine: Bool)
    /// The same numbers, in PyTorch's order, in the shape of the node: reshape and flatten.
    case reshape
    /// To the size of the node.
    case upsample(Interpolation)

    /// - Parameter inputs: The shapes of the layer's inputs.
    /// - Returns: nil for a layer of somebody's own.
    package init?(_ layer: any Layer, inputs: [Shape]) {
        switch layer {
        case is Input: self = .input
        case is Add: self = .add
        case is Multiply: self = .multiply
        case is Concat: self = .concat
        case is ReLU: self = .relu
        case let layer as Activation: self = .activation(layer.function)
        case let layer as ScaleAndShift: self = .scale(layer.scale, shift: layer.shift)
        case let layer as Softmax: self = .softmax(isLogarithm: layer.isLogarithm)
        case is Dropout: self = .dropout
        case let layer as Convolution2D:
            self = .convolution(layer.geometry(inputs[0]).window, groups: layer.groups, hasBias: layer.hasBias)
        case let layer as ConvolutionTranspose2D:
            self = .transposedConvolution(
                layer.geometry(inputs[0]).window, groups: layer.groups, outputPadding: layer.outputPadding,
                hasBias: layer.hasBias)
        case let layer as Linear: self = .linear(hasBias: layer.hasBias)
        case let layer as MaxPool2D: self = .maxPool(layer.geometry(inputs[0]))
        case let layer as AveragePool2D:
            self = .averagePool(layer.geometry(inputs[0]), countIncludePad: layer.countIncludePad)
        case is GlobalMaxPool: self = .globalMaxPool
        case is GlobalAveragePool: self = .globalAveragePool
        case let layer as BatchNorm: self = .batchNorm(epsilon: layer.epsilon)
        case let layer as GroupNorm:
            self = .groupNorm(groups: layer.groups, epsilon: layer.epsilon, isAffine: layer.isAffine)
        case let layer as LayerNorm: self = .layerNorm(epsilon: layer.epsilon, isAffine: layer.isAffine)
        case is Flatten, is Reshape: self = .reshape
        case let layer as Upsample: self = .upsample(layer.interpolation)
        default: return nil
        }
    }
}
