import LanesData
import LanesGraph
import LanesKernels
import LanesRecipes
import LanesTraining
import TestSupport

/// Networks to export, with random numbers: every recipe's, one with a head for each layer and many of its settings, and some
/// that no recipe is like.
enum ExportedNetworks {
    static let names =
        Recipe.all.map(\.name) + ["layers", "windows", "dilated", "normalized", "deep", "color", "table", "mixed"]

    static func named(_ name: String) throws -> Model {
        switch name {
        case "layers":
            return try values(layers(image(6, 13, 11), .input("table", Shape(channels: 5))))
        case "windows": return try values(windows(image(6, 13, 11)))
        case "dilated": return try values(dilated(image(6, 13, 11)))
        case "normalized": return try values(normalized(image(6, 5, 7), .input("table", Shape(channels: 12))))
        case "deep": return try values(deep(image(3, 21, 18)))
        case "color": return try color()
        case "table": return try table()
        case "mixed": return try mixed()
        default:
            let recipe = try Recipe.named(name)
            return try model(
                recipe.graph(), normalization: recipe.settings.normalization, classes: recipe.tasks.map(\.classes),
                metadata: SavedModel.metadata(of: recipe, seed: 1))
        }
    }

    /// A model with random parameters, running statistics included.
    static func model(
        _ graph: Graph, normalization: [Normalization] = [.none], classes: [[String]], metadata: [String: String] = [:]
    ) throws -> Model {
        let parameters = try Parameters<Float>(graph, seed: 3)
        var random = RandomStream(seed: 5, purpose: .shuffle)
        for name in parameters.names {
            let shape = parameters.shape(of: name) ?? []
            let range: ClosedRange<Double>?
            switch name.split(separator: ".").last {
            case "running_mean", "bias": range = -0.5...0.5
            case "running_var": range = 0.3...3
            case "weight" where shape.count == 1 || shape.count == 3: range = 0.5...1.5
            default: range = nil
            }
            guard let range else { continue }
            try parameters.set(name, to: (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(in: range)) })
        }
        return try Model(graph, parameters, normalization: normalization, classes: classes, metadata: metadata)
    }

    private static func image(_ channels: Int, _ height: Int, _ width: Int) -> Node {
        .input("image", Shape(channels: channels, height: height, width: width))
    }

    /// A model whose heads give numbers.
    private static func values(_ outputs: [(String, Node)]) throws -> Model {
        let graph = try Graph(heads: outputs.map { Head($0, $1, loss: MeanSquaredError()) })
        return try model(graph, classes: outputs.map { _ in [] })
    }

    private static func layers(_ image: Node, _ table: Node) -> [(String, Node)] {
        let wide = image.scaled(by: 8, plus: -4)
        let vector = table.linear(9, name: "fc").scaled(by: 5)
        let branch = image.conv2d(6, kernel: 3, padding: 1, name: "conv")
        return [
            ("relu", wide.relu()), ("leaky", wide.leakyReLU(slope: 0.2)), ("sigmoid", wide.sigmoid()),
            ("tanh", wide.tanh()), ("gelu", wide.gelu()), ("silu", wide.silu()), ("elu", wide.elu(alpha: 0.7)),
            ("relu of vector", vector.relu()), ("gelu of vector", vector.gelu()), ("silu of vector", vector.silu()),
            ("sum", image.add(branch)), ("product", image.multiply(branch)),
            ("concat", image.concat(branch, image.relu())), ("concat of vectors", vector.concat(table, vector.tanh())),
            ("sum of vectors", vector.add(vector.sigmoid())),
            ("product with 1×1 image", image.globalAveragePool().multiply(image.globalMaxPool())),
            ("sum with 1×1 image", image.conv2d(9, kernel: Extent(height: 13, width: 11)).add(vector)),
            ("concat with 1×1 image", image.conv2d(2, kernel: Extent(height: 13, width: 11)).concat(vector)),
            ("softmax", vector.softmax()), ("logSoftmax", vector.logSoftmax()),
            ("softmax of image", wide.softmax()), ("logSoftmax of image", wide.logSoftmax()),
            ("dropout", branch.dropout(0.5)), ("twice", branch), ("twice again", branch),
            ("flatten", branch.flatten()), ("flatten and linear", branch.relu().flatten().tanh().linear(4)),
            ("flat 1×1", image.conv2d(4, kernel: Extent(height: 13, width: 11)).flatten().linear(3, bias: false)),
            ("reshape", image.reshape(Shape(channels: 11, height: 6, width: 13))),
            ("reshape to vector", image.reshape(Shape(channels: 858))),
            ("reshape of vector", vector.reshape(Shape(channels: 1, height: 3, width: 3)).conv2d(2, kernel: 2)),
            ("convolution of vector", vector.conv2d(3, kernel: 1).upsample(by: 3).conv2d(2, kernel: 2)),
            ("global average", image.globalAveragePool()), ("global max", image.globalMaxPool()),
            ("nearest", image.upsample(by: Extent(height: 2, width: 3))),
            ("nearest to", image.upsample(to: Extent(height: 17, width: 7))),
            ("nearest down", image.upsample(to: Extent(height: 6, width: 25))),
            ("bilinear", image.upsample(by: Extent(height: 2, width: 3), interpolation: .bilinear)),
            ("bilinear to", image.upsample(to: Extent(height: 17, width: 31), interpolation: .bilinear)),
            ("bilinear down", image.upsample(to: Extent(height: 4, width: 6), interpolation: .bilinear)),
        ]
    }

    /// Everything that slides a window.
    private static func windows(_ image: Node) -> [(String, Node)] {
        let (tall, uneven) = (Extent(height: 3, width: 2), Padding(top: 1, left: 0, bottom: 2, right: 1))
        let sides = Padding(top: 1, left: 0, bottom: 1, right: 1)
        return [
            ("conv", image.conv2d(5, kernel: 3)),
            ("conv stride", image.conv2d(5, kernel: tall, stride: Extent(height: 2, width: 3), padding: uneven)),
            ("conv dilation", image.conv2d(5, kernel: tall, padding: uneven, dilation: Extent(height: 2, width: 3))),
            ("conv groups", image.conv2d(9, kernel: 3, groups: 3, bias: false)),
            ("conv depthwise", image.conv2d(12, kernel: 3, stride: 2, padding: 1, groups: 6)),
            ("same", image.conv2d(4, kernel: 4, padding: .same(kernel: 4))),
            ("transposed", image.convTranspose2d(4, kernel: 3)),
            (
                "transposed stride",
                image.convTranspose2d(
                    4, kernel: tall, stride: Extent(height: 2, width: 3), padding: sides,
                    outputPadding: Extent(height: 1, width: 2))
            ),
            (
                "transposed dilation",
                image.convTranspose2d(4, kernel: 2, stride: 2, padding: 1, dilation: 3, bias: false)
            ),
            ("transposed groups", image.convTranspose2d(4, kernel: 3, stride: 2, padding: 1, groups: 2)),
            ("transposed depthwise", image.convTranspose2d(6, kernel: 3, stride: 2, padding: 1, groups: 6)),
            ("max", image.maxPool(2)), ("max stride", image.maxPool(3, stride: 2, padding: 1)),
            ("max ceil", image.scaled(by: 1, plus: -2).maxPool(4, stride: 3, padding: sides, ceilMode: true)),
            ("max ceil wide", image.maxPool(2, stride: 3, ceilMode: true)),
            ("max uneven", image.scaled(by: 1, plus: -2).maxPool(tall, stride: 1, padding: sides)),
            ("average", image.averagePool(2)), ("average padded", image.averagePool(3, stride: 2, padding: 1)),
            ("average uneven", image.averagePool(tall, stride: 1, padding: sides)),
            (
                "average uneven without pad",
                image.averagePool(tall, stride: 1, padding: sides, countIncludePad: false)
            ),
            ("average ceil", image.averagePool(4, stride: 3, padding: 2, ceilMode: true)),
            ("average ceil wide", image.averagePool(4, stride: 3, padding: sides, ceilMode: true)),
            ("average ceil only", image.averagePool(4, stride: 3, ceilMode: true)),
            (
                "average ceil without pad",
                image.averagePool(4, stride: 3, padding: sides, ceilMode: true, countIncludePad: false)
            ),
        ]
    }

    /// What Core ML does not have.
    private static func dilated(_ image: Node) -> [(String, Node)] {
        [
            ("max dilation", image.maxPool(3, stride: 2, padding: 2, dilation: 2)),
            ("max far", image.scaled(by: 1, plus: -2).maxPool(2, stride: 3, padding: 2, dilation: 4, ceilMode: true)),
        ]
    }

    private static func normalized(_ image: Node, _ table: Node) -> [(String, Node)] {
        let wide = image.scaled(by: 6, plus: -1)
        return [
            ("batch", wide.batchNorm()), ("batch of vector", table.batchNorm(epsilon: 0.01)),
            ("group", wide.groupNorm(3)), ("group plain", wide.groupNorm(2, epsilon: 0.01, affine: false)),
            ("group of vector", table.groupNorm(4)), ("instance", wide.groupNorm(6)),
            ("layer", wide.layerNorm()), ("layer plain", wide.layerNorm(epsilon: 0.1, affine: false)),
            ("layer of vector", table.layerNorm()), ("layer plain of vector", table.layerNorm(affine: false)),
            ("layer after flatten", wide.flatten().layerNorm().linear(5)),
            ("batch after flatten", wide.flatten().batchNorm().relu().linear(5)),
        ]
    }

    /// A network with all kinds of layers one after another.
    private static func deep(_ image: Node) -> [(String, Node)] {
        let stem = image.conv2d(8, kernel: 3, stride: 2, padding: 1, name: "stem").batchNorm(name: "bn").silu()
        let block = stem.conv2d(8, kernel: 3, padding: 1, groups: 8).groupNorm(4).gelu().conv2d(8, kernel: 1).add(stem)
        let small = block.maxPool(3, stride: 2, padding: 1, ceilMode: true).elu().layerNorm()
        let large = small.convTranspose2d(6, kernel: 2, stride: 2, dilation: 1).leakyReLU()
            .upsample(to: Extent(height: 11, width: 9), interpolation: .bilinear)
        let joined = large.concat(block).averagePool(2, ceilMode: true).dropout(0.3)
        let gate = joined.globalAveragePool().linear(14).sigmoid()
        let gated = joined.multiply(joined.globalMaxPool().multiply(gate).upsample(to: Extent(height: 6, width: 5)))
        let features = gated.reshape(Shape(channels: 30, height: 14)).tanh().flatten().linear(16, name: "fc").relu()
        return [("numbers", features.linear(4).scaled(by: 0.5, plus: 1)), ("picture", gated.softmax())]
    }

    /// Color images with a normalization for each channel, and one head of classes.
    private static func color() throws -> Model {
        let image = Node.input("photo", Shape(channels: 3, height: 19, width: 23))
        let features = image.conv2d(8, kernel: 3, padding: 1).batchNorm().relu().maxPool(2).flatten()
        let graph = try Graph(heads: [Head("animal", features.linear(4), loss: CrossEntropy())])
        return try model(
            graph, normalization: [Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])],
            classes: [["cat", "dog, old", "\"fish\"", "Vögel"]], metadata: ["author": "nobody"])
    }

    /// Tables: one head of numbers, one of a single logit, one of logits of their own, one of log-probabilities.
    private static func table() throws -> Model {
        let features = Node.input("row", Shape(channels: 7)).linear(20, name: "fc1").tanh()
        let logits = features.linear(1, name: "yes")
        let graph = try Graph(heads: [
            Head("price", features.linear(2), loss: Huber()), Head("answer", logits, loss: BinaryCrossEntropy()),
            Head("tags", features.linear(3), loss: BinaryCrossEntropy()),
            Head("kind", features.linear(3).logSoftmax(), loss: NegativeLogLikelihood()),
        ])
        return try model(
            graph,
            normalization: [Normalization(mean: (0..<7).map { Float($0) / 3 }, deviation: (1...7).map { Float($0) })],
            classes: [[], ["no", "yes"], ["a", "b", "c"], ["x", "y", "z"]])
    }

    /// An image and a row, and one head: a single logit of two classes.
    private static func mixed() throws -> Model {
        let image = Node.input("image", Shape(channels: 1, height: 9, width: 8))
        let row = Node.input("row", Shape(channels: 4))
        let joined = image.conv2d(6, kernel: 3).relu().flatten().linear(5).concat(row)
        let graph = try Graph(heads: [Head("answer", joined.relu().linear(1), loss: BinaryCrossEntropy())])
        return try model(
            graph, normalization: [Normalization(mean: 0.5, deviation: 0.25), .none], classes: [["no", "yes"]])
    }
}
