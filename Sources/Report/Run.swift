import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining

/// A training that has ended, or an evaluation of a saved network: all that a report tells.
public struct Run: Sendable {
    /// The recipe of the network.
    public let recipe: Recipe
    /// The command that does it again, as it is typed.
    public let command: String
    /// When it ended.
    public let date: Date
    /// nil for an evaluation of a saved network.
    public let seed: UInt64?
    /// How many threads worked on it.
    public let threads: Int
    /// Where the images came from, in a line.
    public let origin: String
    /// How it differs from the published experiment: "1 epoch instead of 10".
    public let differences: [String]
    /// Training examples; 0 for an evaluation of a saved network.
    public let trainingCount: Int
    /// Examples held out of the training ones.
    public let validationCount: Int
    /// Numbers that training changes.
    public let parameterCount: Int
    /// None for an evaluation of a saved network.
    public let epochs: [EpochResult]
    /// The epoch that the results are those of.
    public let resultEpoch: EpochResult?
    /// The results: those of that epoch or of the saved network; of no samples where no epoch has ended.
    public let result: Evaluation
    /// Why it ended before its end, if it did, and how it goes on.
    public var remark: String?
    /// The test examples, which mistakes are among.
    public let test: Examples
    /// The SHA-256 of the weights that have these results.
    public let weightsDigest: String
    /// The filters of the first convolution; nil where they cannot be shown as pictures.
    public let filters: Filters?
    /// The most memory that the process had resident until then.
    public let peakMemory: Int

    /// The filters of the first convolution, which can be looked at as pictures.
    public struct Filters: Sendable, Equatable {
        /// Rows of a filter.
        public let height: Int
        /// Columns of a filter.
        public let width: Int
        /// [filters][height × width].
        public let values: [[Float]]
    }
}

extension Run {
    /// A training that has ended, or was ended.
    ///
    /// - Parameters:
    ///   - trainer: Of the recipe, after its run.
    ///   - command: As it is typed.
    ///   - data: What the trainer was given.
    public init(_ recipe: Recipe, _ trainer: Trainer, test: Examples, data: DigitData, command: String) throws {
        self.recipe = recipe
        (self.command, epochs, threads, origin) = (command, trainer.epochs, trainer.settings.threads, data.origin)
        differences = recipe.differences(on: data)
        (date, seed) = (Date(), trainer.settings.seed)
        (trainingCount, validationCount) = (trainer.training.count, trainer.validation?.count ?? 0)
        self.test = test
        parameterCount = trainer.graph.trainableCount
        resultEpoch = trainer.resultEpoch
        let nothing = Evaluation(count: 0, loss: 0, metrics: [], confusions: [], mistakes: [])
        result = resultEpoch?.test ?? nothing
        weightsDigest = try trainer.parameters.digest()
        filters = Filters(trainer.parameters)
        peakMemory = peakMemoryBytes()
    }

    /// An evaluation of a saved network of a recipe on the test images of the data.
    public init(_ saved: SavedModel, recipe: Recipe, data: DigitData, command: String, threads: Int) throws {
        self.recipe = recipe
        (self.command, epochs, self.threads, origin) = (command, [], threads, data.origin)
        differences = saved.differences + (data.isMNIST ? [] : ["tested on other images than MNIST's"])
        (date, seed, resultEpoch) = (Date(), nil, nil)
        (trainingCount, validationCount) = (0, 0)
        test = try recipe.testExamples(of: data)
        parameterCount = saved.model.graph.trainableCount
        result = try saved.model.evaluate(test, metrics: recipe.settings.metrics, threads: threads)
        let parameters = saved.model.parameters
        weightsDigest = try parameters.digest()
        filters = Filters(parameters)
        peakMemory = peakMemoryBytes()
    }
}

extension Run.Filters {
    /// - Returns: nil where the first layer with weights is no convolution of one channel.
    init?(_ parameters: Parameters<Float>) {
        guard let name = parameters.names.first, let weights = parameters[name],
            let shape = parameters.shape(of: name), shape.count == 4, shape[1] == 1
        else { return nil }
        let area = shape[2] * shape[3]
        self.init(
            height: shape[2], width: shape[3],
            values: (0..<shape[0]).map { Array(weights[$0 * area..<($0 + 1) * area]) })
    }
}
