"""What a Core ML neural network computes, by NumPy, from what NeuralNetwork.proto says of each kind of layer. Values are
float64 and have four dimensions, [batch, channels, height, width], but for inputs and outputs that are vectors.
"""
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def weights(params):
    assert not params.float16Value and not params.rawValue and not params.HasField("quantization")
    return np.array(params.floatValue, dtype=np.float64)


def borders(amounts):
    """Top, bottom, left, right."""
    if not amounts.borderAmounts:
        return 0, 0, 0, 0
    height, width = amounts.borderAmounts
    return height.startEdgeSize, height.endEdgeSize, width.startEdgeSize, width.endEdgeSize


def padded(x, sides, value=0.0):
    top, bottom, left, right = sides
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def windows(x, kernel, stride, dilation=(1, 1)):
    """[batch, channels, rows, columns, kernel height, kernel width]."""
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    view = sliding_window_view(x, reach, axis=(2, 3))
    return view[:, :, ::stride[0], ::stride[1], ::dilation[0], ::dilation[1]]


def convolution(p, x):
    kernel, stride = list(p.kernelSize), list(p.stride)
    groups, sides = p.nGroups, borders(p.valid.paddingAmounts)
    assert p.WhichOneof("ConvolutionPaddingType") == "valid" and not p.outputShape
    if p.isDeconvolution:
        shape = (p.kernelChannels, p.outputChannels // groups, *kernel)
        y = deconvolution(weights(p.weights).reshape(shape), x, stride, groups)
        top, bottom, left, right = sides
        y = y[:, :, top:y.shape[2] - bottom, left:y.shape[3] - right]
    else:
        dilation = list(p.dilationFactor)
        w = weights(p.weights).reshape(p.outputChannels, p.kernelChannels, *kernel)
        assert p.kernelChannels * groups == x.shape[1]
        parts = zip(np.split(padded(x, sides), groups, axis=1), np.split(w, groups))
        y = np.concatenate([
            np.einsum("bcyxhw,ochw->boyx", windows(part, kernel, stride, dilation), filters, optimize=True)
            for part, filters in parts], axis=1)
    return y + weights(p.bias)[:, None, None] if p.hasBias else y


def deconvolution(w, x, stride, groups):
    """Each number of the input times its channel's kernels, added where they lie in the output; nothing is cut off."""
    batch, _, height, width = x.shape
    kernel = w.shape[2:]
    y = np.zeros((batch, w.shape[1] * groups, *((n - 1) * s + k for n, s, k in zip((height, width), stride, kernel))))
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(y, groups, axis=1))
    for part, filters, output in parts:
        for row in range(kernel[0]):
            for column in range(kernel[1]):
                output[:, :, row:row + (height - 1) * stride[0] + 1:stride[0],
                       column:column + (width - 1) * stride[1] + 1:stride[1]] += np.einsum(
                    "bihw,io->bohw", part, filters[:, :, row, column])
    return y


def pooling(p, x):
    is_max = p.type == p.MAX
    assert p.type in (p.MAX, p.AVERAGE) and p.WhichOneof("PoolingPaddingType") == "valid"
    if p.globalPooling:
        return (np.max if is_max else np.mean)(x, axis=(2, 3), keepdims=True)
    kernel, stride, sides = list(p.kernelSize), list(p.stride), borders(p.valid.paddingAmounts)
    if is_max:
        return windows(padded(x, sides, -np.inf), kernel, stride).max(axis=(4, 5))
    total = windows(padded(x, sides), kernel, stride).sum(axis=(4, 5))
    if not p.avgPoolExcludePadding:
        return total / (kernel[0] * kernel[1])
    return total / windows(padded(np.ones_like(x), sides), kernel, stride).sum(axis=(4, 5))


def activation(p, x):
    kind = p.WhichOneof("NonlinearityType")
    own = getattr(p, kind)
    with np.errstate(over="ignore"):
        return {
            "linear": lambda: own.alpha * x + own.beta,
            "ReLU": lambda: np.maximum(x, 0),
            "leakyReLU": lambda: np.where(x >= 0, x, own.alpha * x),
            "tanh": lambda: np.tanh(x),
            "sigmoid": lambda: 1 / (1 + np.exp(-x)),
            "ELU": lambda: np.where(x >= 0, x, own.alpha * np.expm1(np.minimum(x, 0))),
        }[kind]()


def batchnorm(p, x):
    assert x.shape[1] == p.channels
    gamma, beta, mean, variance = (weights(values)[:, None, None] for values in (p.gamma, p.beta, p.mean, p.variance))
    if p.computeMeanVar:
        assert p.instanceNormalization
        mean, variance = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + (p.epsilon or 1e-5)) + beta


def inner_product(p, x):
    flat = x.reshape(len(x), -1)
    y = flat @ weights(p.weights).reshape(p.outputChannels, p.inputChannels).T
    return (y + weights(p.bias) if p.hasBias else y)[:, :, None, None]


def scale(p, x):
    def along(shape, values):
        return weights(values).reshape({1: (*shape, 1, 1), 3: shape}[len(shape)])

    y = x * along(tuple(p.shapeScale), p.scale)
    return y + along(tuple(p.shapeBias), p.bias) if p.hasBias else y


def softmax(p, x):
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


def gelu(p, x):
    assert p.mode == p.EXACT
    return x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2


def batched_matmul(p, x):
    assert not p.hasBias
    # Column by column.
    return x @ weights(p.weights).reshape(p.weightMatrixSecondDimension, p.weightMatrixFirstDimension).T


def upsample(p, x):
    assert p.mode == p.NN
    return x.repeat(p.scalingFactor[0], axis=2).repeat(p.scalingFactor[1], axis=3)


def reshape(p, x):
    assert len(p.targetShape) == x.ndim
    return x.reshape([size or x.shape[axis] for axis, size in enumerate(p.targetShape)])


def reduced(operation):
    return lambda p, x: operation(x, tuple(p.axes), p.keepDims)


def padding(p, x):
    assert p.WhichOneof("PaddingType") == "constant"
    return padded(x, borders(p.paddingAmounts), p.constant.value)


LAYERS = {
    "convolution": convolution,
    "pooling": pooling,
    "activation": activation,
    "innerProduct": inner_product,
    "batchnorm": batchnorm,
    "softmax": softmax,
    "padding": padding,
    "upsample": upsample,
    "add": lambda p, x, y: x + y,
    "multiply": lambda p, x, y: x * y,
    "scale": scale,
    "flatten": lambda p, x: x.reshape(len(x), -1, 1, 1),
    "concat": lambda p, *values: np.concatenate(values, axis=-3),
    "gelu": gelu,
    "subtractBroadcastable": lambda p, x, y: x - y,
    "transpose": lambda p, x: x.transpose(list(p.axes)),
    "batchedMatmul": batched_matmul,
    "squeeze": lambda p, x: np.squeeze(x, axis=tuple(p.axes)),
    "expandDims": lambda p, x: np.expand_dims(x, tuple(p.axes)),
    "rankPreservingReshape": reshape,
    "reduceMax": reduced(lambda x, axes, keep: np.max(x, axis=axes, keepdims=keep)),
    "reduceLogSumExp": reduced(lambda x, axes, keep: np.log(np.sum(np.exp(x), axis=axes, keepdims=keep))),
}


def evaluate(network, inputs):
    """All values of the network by their names."""
    values = {name: value.astype(np.float64) for name, value in inputs.items()}
    for layer in network.layers:
        kind = layer.WhichOneof("layer")
        (output,) = layer.output
        assert output not in values, f"{output} twice"
        y = LAYERS[kind](getattr(layer, kind), *(values[name] for name in layer.input))
        values[output] = y
    return values
