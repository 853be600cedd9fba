import Datasets
import StaticGraph

/// What a network answers to one of its tasks.
public struct Prediction: Sendable, Equatable {
    public let head: String
    /// The names of the classes.
    public let classes: [String]
    /// Of each class, 0…1; they sum to 1.
    public let probabilities: [Double]
}

extension SavedModel {
    /// The network's answers to one image, a prediction for each head.
    ///
    /// - Parameters:
    ///   - image: 28×28, light ink on dark ground, as `GrayImage.preparedDigit` makes it.
    ///   - name: What errors call the image.
    /// - Throws: `DatasetError` for an image of another size.
    public func predict(_ image: GrayImage, name: String) throws -> [Prediction] {
        let shape = Recipe.imageShape
        guard image.height == shape.height, image.width == shape.width else {
            throw DatasetError.badData(
                file: name,
                problem: "found \(image.height)×\(image.width) pixels, expected \(shape.height)×\(shape.width)")
        }
        // Any digit that the recipe takes: nothing is done with the label.
        let images = try LabeledImages(
            name: name, height: image.height, width: image.width, pixels: image.pixels, labels: [recipe.digits[0]])
        let batches = ImageBatches(
            Examples(images, digits: recipe.digits), order: [0], batchSize: 1, firstStep: 0, recipe: recipe)
        let executor = try Executor(graph, parameters: parameters, mode: .inference, batchSize: 1, threads: 1)
        try executor.run(steps: 0..<1, from: batches)
        return recipe.tasks.enumerated().map { head, task in
            Prediction(
                head: task.head, classes: task.classes, probabilities: probabilities(executor.output(ofHead: head)))
        }
    }
}
