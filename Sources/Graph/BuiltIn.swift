/// The types of layers that a saved network may name without being told of them.
package let builtInLayers: [any Layer.Type] = [
    Activation.self, Add.self, AveragePool2D.self, BatchNorm.self, Concat.self, Convolution2D.self,
    ConvolutionTranspose2D.self, Dropout.self, Flatten.self, GlobalAveragePool.self, GlobalMaxPool.self, GroupNorm.self,
    Input.self, LayerNorm.self, Linear.self, MaxPool2D.self, Multiply.self, ReLU.self, Reshape.self, ScaleAndShift.self,
    Softmax.self, Upsample.self,
]

/// The types of losses.
package let builtInLosses: [any Loss.Type] = [
    BinaryCrossEntropy.self, CrossEntropy.self, Huber.self, MeanAbsoluteError.self, MeanSquaredError.self,
    NegativeLogLikelihood.self, Projection.self,
]
