import LanesData
import LanesFiles
import LanesGraph
import LanesTraining

/// One of a network's tasks: a head's name, its classes' names, and which of them an example belongs to.
public struct DigitTask: Sendable {
    /// The head's name: "digit".
    public let head: String
    /// In the order of the head's outputs.
    public let classes: [String]
    /// The class of a digit that was turned counter-clockwise by so many quarter turns.
    public let label: @Sendable (_ digit: UInt8, _ quarterTurns: Int) -> Int

    /// - Parameters:
    ///   - head: The head's name.
    ///   - classes: In the order of the head's outputs.
    ///   - label: The class of a digit that was turned counter-clockwise by so many quarter turns.
    public init(
        _ head: String, classes: [String], label: @escaping @Sendable (_ digit: UInt8, _ quarterTurns: Int) -> Int
    ) {
        (self.head, self.classes, self.label) = (head, classes, label)
    }

    /// Which of the ten digits it is.
    public static let digit = DigitTask("digit", classes: (0...9).map(String.init)) { digit, _ in Int(digit) }
}

/// An experiment: everything that decides what comes out of training, but for the data and the seed.
public struct Recipe: Sendable {
    /// What the command line calls it.
    public let name: String
    /// One line about the network and its training.
    public let summary: String
    /// What the source report printed.
    public let published: Published
    /// The digits whose images are taken.
    public let digits: [UInt8]
    /// At how many quarter turns each image is taken: 1 as it is, 4 at 0°, 90°, 180° and 270° counter-clockwise.
    public let quarterTurns: Int
    /// The fraction of the training images that is held out for validation, chosen by the seed.
    public let validationFraction: Double
    /// The tasks, in the order of the heads.
    public let tasks: [DigitTask]
    /// How the network is trained; the criterion of the best epoch is the first task's accuracy.
    public var settings: TrainingSettings
    /// The switches that were given to a recipe that has some, as a saved network's file carries them.
    public let switches: [String: String]
    /// The network; its input is an image of 1×28×28.
    public let heads: @Sendable (_ image: Node) -> [Head]

    /// - Parameters:
    ///   - settings: Their metrics and criterion are set here: the same for all recipes.
    ///   - heads: The network of an image of 1×28×28: one head for each task, in their order.
    public init(
        _ name: String, _ summary: String, published: Published = Published(), digits: [UInt8] = Array(0...9),
        quarterTurns: Int = 1, validationFraction: Double = 0, tasks: [DigitTask] = [.digit],
        settings: TrainingSettings, switches: [String: String] = [:],
        heads: @escaping @Sendable (_ image: Node) -> [Head]
    ) {
        (self.name, self.summary, self.published) = (name, summary, published)
        (self.digits, self.quarterTurns, self.validationFraction) = (digits, quarterTurns, validationFraction)
        (self.tasks, self.settings, self.switches, self.heads) = (tasks, settings, switches, heads)
        self.settings.metrics = Recipe.metrics
        self.settings.criterion = .greatest("\(tasks.first?.head ?? "")_accuracy")
    }

    /// What is measured of every task.
    static let metrics: [any Metric] = [Accuracy(), MacroMean(.precision), MacroMean(.recall), MacroMean(.f1)]

    /// The shape of the images that recipes are for.
    public static let imageShape = Shape(channels: 1, height: 28, width: 28)

    /// The network, checked.
    ///
    /// - Throws: `GraphError`, also where the heads are not those of the tasks, an output for each class.
    public func graph() throws(GraphError) -> Graph {
        let graph = try Graph(heads: heads(.input("image", Recipe.imageShape)))
        let found = graph.heads.indices.map { "\(graph.heads[$0].name) → \(graph.outputShape(ofHead: $0).count)" }
        let expected = tasks.map { "\($0.head) → \($0.classes.count)" }
        guard found == expected else {
            throw GraphError(
                node: "recipe \(name)", found: "heads \(found.joined(separator: ", "))",
                expected: "those of its tasks, \(expected.joined(separator: ", "))")
        }
        return graph
    }

    /// A trainer for the recipe's network on the recipe's examples of some data.
    ///
    /// - Parameter checkpoint: Where to go on with a training of the recipe; nil for a new one.
    /// - Throws: `FileError` where the data has no example for the recipe, `GraphError`, `SettingsError`, and what
    ///   `Trainer` throws for a checkpoint.
    public func trainer(
        on data: DigitData, seed: UInt64, threads: Int, resuming checkpoint: Checkpoint? = nil
    ) throws -> Trainer {
        let examples = try examples(of: data, seed: seed)
        var settings = settings
        (settings.seed, settings.threads) = (seed, threads)
        return try Trainer(
            graph(), training: examples.training, validation: examples.validation, test: examples.test,
            settings: settings, resuming: checkpoint)
    }

    /// The plan of a training step, as a table.
    public func planTable(threads: Int) throws(GraphError) -> String {
        let graph = try graph()
        return try Executor(
            graph, parameters: Parameters<Float>(graph, seed: 0), mode: .training(settings.optimizer),
            batchSize: settings.batchSize, threads: threads
        ).planTable
    }

    /// The examples to train on, to choose by, if the recipe holds some out, and to test on.
    ///
    /// - Throws: `FileError` where there is none for one of these.
    public func examples(
        of data: DigitData, seed: UInt64
    ) throws(FileError) -> (training: Examples, validation: Examples?, test: Examples) {
        let test = try testExamples(of: data)
        guard validationFraction > 0 else { return (try examples(data.train), nil, test) }
        guard data.train.count != 1 else {
            let problem = "found 1 training image, expected at least 2: some are held out"
            throw .badData(file: data.train.name, problem: problem)
        }
        let order = permutation(count: data.train.count, seed: seed, purpose: .split)
        let heldOut = min(max(Int(Double(order.count) * validationFraction), 1), order.count)
        return (try examples(data.train, order[heldOut...]), try examples(data.train, order[..<heldOut]), test)
    }

    /// The examples to test on.
    ///
    /// - Throws: `FileError` where there is none.
    public func testExamples(of data: DigitData) throws(FileError) -> Examples { try examples(data.test) }

    private func examples(
        _ images: LabeledImages, _ indices: ArraySlice<Int>? = nil
    ) throws(FileError) -> Examples {
        let examples = Examples(images, of: indices?.sorted(), digits: digits, quarterTurns: quarterTurns, tasks: tasks)
        guard examples.count > 0 else {
            throw .badData(
                file: images.name,
                problem: "found none of the digits \(digits.map(String.init).joined(separator: ", ")) among "
                    + "\(indices?.count ?? images.count) images, expected at least one")
        }
        return examples
    }
}
