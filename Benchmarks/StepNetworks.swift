import LanesGraph
import LanesRecipes

/// A network whose training step is timed.
struct StepNetwork: Sendable {
    let name: String
    let batchSize: Int
    let optimizer: Optimizer
    let learningRate: Double
    let graph: @Sendable () throws -> Graph

    /// The recipes', and some that are in no recipe, as they are written elsewhere.
    static let all: [StepNetwork] =
        Recipe.all.map { recipe in
            StepNetwork(
                name: recipe.name, batchSize: recipe.settings.batchSize, optimizer: recipe.settings.optimizer,
                learningRate: recipe.settings.learningRate, graph: { try recipe.graph() })
        } + [
            StepNetwork(name: "lenet", batchSize: 64, optimizer: .adam(), learningRate: 1e-3, graph: lenet),
            StepNetwork(name: "vgg", batchSize: 32, optimizer: .adam(), learningRate: 1e-3, graph: vgg),
        ]

    /// LeNet-5 (LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998) with ReLU, padded as in its
    /// 32×32 input.
    private static func lenet() throws -> Graph {
        let image = Node.input("image", Shape(channels: 1, height: 28, width: 28))
        let features = image.conv2d(6, kernel: 5, padding: 2).relu().averagePool(2)
            .conv2d(16, kernel: 5, padding: 2).relu().averagePool(2).flatten()
        let logits = features.linear(120).relu().linear(84).relu().linear(10)
        return try Graph(heads: [Head("digit", logits, loss: .crossEntropy)])
    }

    /// Five 3×3 convolutions on colour images, in the manner of VGG (Simonyan and Zisserman, 2015).
    private static func vgg() throws -> Graph {
        var features = Node.input("image", Shape(channels: 3, height: 32, width: 32))
        for (index, channels) in [64, 64, 128, 128, 256].enumerated() {
            features = features.conv2d(channels, kernel: 3, padding: 1).relu()
            if index == 1 || index == 3 { features = features.maxPool(2) }
        }
        return try Graph(heads: [Head("class", features.globalAveragePool().linear(10), loss: .crossEntropy)])
    }
}
