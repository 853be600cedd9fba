import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining

/// A training that is under way or has ended, or an evaluation of a saved network: all that a report tells.
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
    /// The number of the best epoch so far, which `best.safetensors` holds.
    public var bestEpoch: Int?
    /// Why it ended before its end, if it did, and how it goes on.
    public var remark: String?
    /// Whether it goes on: then nothing is known yet of the weights that it will end with.
    public var isRunning = false
    /// The test examples, which mistakes are among.
    public let test: Examples
    /// The SHA-256 of the weights that have these results; empty while it runs.
    public let weightsDigest: String
    /// The filters of the first convolution; nil where they cannot be shown as pictures.
    public let filters: Filters?
    /// The losses between the epochs' ends, and the sizes of the layers' numbers; nil where nothing was trained.
    public var history: TrainingHistory?
    /// The network that has these results; nil while it runs.
    public var model: Model?
    /// Of the training, validation and test samples their number and SHA-256, in words.
    public var sampleDigests: [(name: String, value: String)] = []
    /// What it was computed on.
    public var surroundings: Surroundings = .current
    /// The name of the file beside the report that has the network to draw for; nil where there is none.
    public var drawingPage: String?
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
    ///   - trainer: Of the recipe, after its run, or between two of its steps.
    ///   - command: As it is typed.
    ///   - data: What the trainer was given.
    ///   - isRunning: Whether the training goes on.
    public init(
        _ recipe: Recipe, _ trainer: Trainer, test: Examples, data: DigitData, command: String, isRunning: Bool = false
    ) throws {
        self.recipe = recipe
        (self.command, epochs, threads, origin) = (command, trainer.epochs, trainer.settings.threads, data.origin)
        differences = recipe.differences(on: data)
        (date, seed) = (Date(), trainer.settings.seed)
        (trainingCount, validationCount) = (trainer.training.count, trainer.validation?.count ?? 0)
        self.test = test
        parameterCount = trainer.graph.trainableCount
        (resultEpoch, bestEpoch) = (trainer.resultEpoch, trainer.bestEpoch?.epoch)
        (history, self.isRunning) = (trainer.history, isRunning)
        sampleDigests = try trainer.sampleDigests()
        let nothing = Evaluation(count: 0, loss: 0, metrics: [], confusions: [], mistakes: [])
        result = resultEpoch?.test ?? nothing
        weightsDigest = isRunning ? "" : try trainer.parameters.digest()
        filters = isRunning ? nil : Filters(trainer.parameters)
        model = isRunning ? nil : trainer.model
        peakMemory = peakMemoryBytes()
    }

    /// By what the epoch of the results was chosen, in words that follow its number; nothing where it is the last one.
    public var choice: String {
        guard recipe.settings.keepsBest, resultEpoch != nil else { return "" }
        return ", chosen by the \(recipe.tasks[0].head) accuracy on the \(choosingImages) images"
    }

    /// The images by which the best epoch is chosen.
    public var choosingImages: String { validationCount > 0 ? "validation" : "test" }

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
        (bestEpoch, model) = (nil, saved.model)
        sampleDigests = [("test samples", "\(test.count) of SHA-256 \(test.digest())")]
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
