import Foundation
import LanesGraph
import LanesKernels
import LanesTraining

/// A network with every layer that Lanes has, on windows of every kind, and every kind of answer. Names are such as could
/// do harm in a page.
func everyLayer() throws -> Model {
    let image = Node.input("image", Shape(channels: 1, height: 28, width: 28))
    let stem =
        image.conv2d(
            8, kernel: Extent(height: 3, width: 5), stride: 2, padding: Padding(top: 1, left: 2, bottom: 0, right: 1),
            name: "</script><script>throw 1</script>"
        )  // 8×14×14
        .batchNorm(name: "constructor").leakyReLU(slope: 0.1, name: "__proto__")
    let grouped =
        stem.conv2d(12, kernel: 3, padding: 2, dilation: 2, groups: 4, bias: false)  // 12×14×14
        .groupNorm(3).gelu()
    let depthwise = grouped.conv2d(12, kernel: 3, padding: 1, groups: 12, name: "]]> \"'&amp;").silu()
    let sum = grouped.add(depthwise).elu(alpha: 1.3)
    let greatest = sum.maxPool(3, stride: 2, padding: 1, ceilMode: true)  // 12×8×8
    let inside = sum.averagePool(3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false)
    let padded = sum.averagePool(3, stride: 2, padding: 1, ceilMode: true)
    let product = greatest.multiply(inside).add(
        padded.maxPool(2, stride: 1, padding: Padding(0), dilation: 1).upsample(to: 8))
    let transposed = product.convTranspose2d(
        6, kernel: Extent(height: 3, width: 2), stride: Extent(height: 2, width: 3),
        padding: Padding(top: 1, left: 0, bottom: 0, right: 1), outputPadding: Extent(height: 1, width: 2),
        dilation: Extent(height: 1, width: 2), groups: 2)
    let picture = transposed.upsample(to: Extent(height: 7, width: 13)).upsample(by: 2, interpolation: .bilinear)
        .upsample(to: Extent(height: 5, width: 9), interpolation: .bilinear)
    let features = greatest.concat(inside, padded).reshape(Shape(channels: 6, height: 12, width: 32))
    let heads = [
        Head("digit", product.layerNorm().flatten().dropout(0.3).relu().linear(10), loss: .crossEntropy),
        Head(
            "logarithm",
            features.softmax().tanh().globalMaxPool().layerNorm(affine: false).linear(4, bias: false).logSoftmax(),
            loss: .negativeLogLikelihood),
        Head("one", picture.sigmoid().globalAveragePool().linear(1), loss: .binaryCrossEntropy),
        Head("several", greatest.flatten().layerNorm().linear(13), loss: .binaryCrossEntropy),
        Head(
            "numbers", transposed.scaled(by: 0.3, plus: -1).groupNorm(2, affine: false).globalAveragePool(),
            loss: .huber()),
        Head("<b>picture</b>", picture.conv2d(1, kernel: 1), loss: .meanSquaredError),
    ]
    let graph = try Graph(heads: heads)
    let parameters = try Parameters<Float>(graph, seed: 5)
    // Scales, shifts and running averages that do something.
    var random = RandomStream(seed: 6, purpose: .gradientCheck)
    for (name, parameter) in graph.parameters where parameter.shape.count != 0 {
        guard case .constant = parameter.initial, let values = parameters[name] else { continue }
        try parameters.set(name, to: values.map { $0 + Float(random.uniform(in: -0.4...0.6)) })
    }
    let classes = [
        (0...9).map(String.init), ["a", "</b>", "]]>", "<script>throw 2</script>"], ["no", "yes"],
        (0..<13).map { "class \($0)" }, [], [],
    ]
    return try Model(
        graph, parameters, normalization: [Normalization(mean: 0.1307, deviation: 0.3081)], classes: classes)
}
