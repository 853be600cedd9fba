import Foundation
import LanesGraph
import LanesTraining
import LanesFiles
import TestSupport
import Testing

@testable import LanesRecipes

@Suite("Switches of the three-headed network")
struct ThreeHeadSwitchTests {
    private static let convolutions = ["conv1", "conv2", "conv3"]

    /// What a graph is made of, but for the dropout, which has no parameters.
    private func shapes(_ recipe: Recipe) throws -> [String: [Int]] {
        let parameters = try recipe.graph().parameters.map { ($0.name, $0.parameter.shape) }
        return Dictionary(uniqueKeysWithValues: parameters)
    }

    private func plan(_ recipe: Recipe) throws -> String { try recipe.planTable(threads: 1) }

    private func weights(_ recipe: Recipe) throws -> [Double] { try recipe.graph().heads.map(\.weight) }

    @Test("--batch-norm alone adds a BatchNorm after each convolution")
    func batchNorm() throws {
        let recipe = try Recipe.named("threehead", switches: ["batch-norm": "true"])
        let added = try shapes(recipe).filter { try shapes(.threehead)[$0.key] == nil }
        #expect(Set(added.keys.map { String($0.prefix { $0 != "." }) }) == ["bn1", "bn2", "bn3"])
        #expect(added["bn1.weight"] == [32] && added["bn2.weight"] == [64] && added["bn3.weight"] == [128])
        #expect(try recipe.graph().trainableCount == 242_062 + 2 * (32 + 64 + 128))
        #expect(try weights(recipe) == [1, 1, 1] && !plan(recipe).contains("dropout"))
    }

    @Test("What was changed is told, and only that")
    func changes() throws {
        #expect(Recipe.all.allSatisfy { $0.changes.isEmpty })
        #expect(try Recipe.named("threehead-improved", switches: ["dropout": "0.3"]).changes.isEmpty)
        var recipe = try Recipe.named("threehead", switches: ["dropout": "0.25", "loss-weights": "2,1,1"])
        #expect(recipe.changes == ["dropout 0.25", "loss-weights 2.0,1.0,1.0"])
        (recipe.settings.epochs, recipe.settings.batchSize, recipe.settings.learningRate) = (1, 32, 0.01)
        #expect(
            recipe.changes[2...] == [
                "1 epoch instead of 10", "batch size 32 instead of 64", "learning rate 0.01 instead of 0.001",
            ])
        recipe = .augmented
        recipe.settings.transforms = []
        #expect(recipe.changes == ["no augmentation"])
    }

    @Test("--dropout alone adds it before the heads")
    func dropout() throws {
        let recipe = try Recipe.named("threehead", switches: ["dropout": "0.25"])
        #expect(try shapes(recipe) == shapes(.threehead) && weights(recipe) == [1, 1, 1])
        #expect(try plan(recipe).contains("dropout p = 0.25") && !plan(.threehead).contains("dropout"))
    }

    @Test("--global-average-pool alone takes the place of the third pool and the flatten")
    func globalAveragePool() throws {
        let recipe = try Recipe.named("threehead", switches: ["global-average-pool": "true"])
        var expected = try shapes(.threehead)
        #expect(expected.updateValue([128, 128], forKey: "fc1.weight") == [128, 1152])
        #expect(try shapes(recipe) == expected && weights(recipe) == [1, 1, 1])
        let plan = try plan(recipe)
        #expect(plan.contains("maxPool2") && !plan.contains("maxPool3") && !plan.contains("flatten"))
    }

    @Test("--loss-weights alone changes what the losses count")
    func lossWeights() throws {
        let recipe = try Recipe.named("threehead", switches: ["loss-weights": "2,0.5,0"])
        #expect(try shapes(recipe) == shapes(.threehead) && weights(recipe) == [2, 0.5, 0])
        #expect(try !plan(recipe).contains("dropout"))
    }

    @Test("All four make the improved network, which keeps its own epochs; each can be taken back")
    func all() throws {
        let switches = [
            "batch-norm": "true", "dropout": "0.3", "global-average-pool": "true", "loss-weights": "2,1,1",
        ]
        let recipe = try Recipe.named("threehead", switches: switches)
        #expect(try shapes(recipe) == shapes(.threeheadImproved))
        #expect(try plan(recipe) == plan(.threeheadImproved))
        #expect(try weights(recipe) == weights(.threeheadImproved) && weights(recipe) == [2, 1, 1])
        #expect(
            recipe.name == "threehead" && recipe.settings.epochs == 10 && Recipe.threeheadImproved.settings.epochs == 20
        )
        let without = try Recipe.named(
            "threehead-improved",
            switches: [
                "batch-norm": "false", "dropout": "0", "global-average-pool": "false", "loss-weights": "1,1,1",
            ])
        #expect(try plan(without) == plan(.threehead) && weights(without) == [1, 1, 1])
        #expect(without.settings.epochs == 20)
    }

    @Test("A saved network has the switches that it was trained with", .namingCases)
    static func savedCases() {
        forEach([
            ("threehead", [:]), ("threehead", ["batch-norm": "true"]), ("threehead", ["dropout": "0.125"]),
            ("threehead", ["global-average-pool": "true", "loss-weights": "3,1,0.5"]),
            ("threehead-improved", [:]), ("threehead-improved", ["batch-norm": "false", "loss-weights": "0,1,0"]),
            ("threehead-improved", ["global-average-pool": "false", "dropout": "0"]),
        ]) { try Self().saved(name: $0, switches: $1) }
    }

    func saved(name: String, switches: [String: String]) throws {
        let recipe = try Recipe.named(name, switches: switches)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/model.safetensors"
        let parameters = try Parameters<Float>(recipe.graph(), seed: 3)
        try parameters.stateDictionary(metadata: SavedModel.metadata(of: recipe, seed: 3))
            .write(to: URL(fileURLWithPath: path))
        let saved = try SavedModel(contentsOf: path)
        let read = try #require(saved.recipe)
        #expect(read.name == name && read.switches == recipe.switches)
        #expect(try plan(read) == plan(recipe) && weights(read) == weights(recipe))
        #expect(saved.model.parameters["fc1.weight"] == parameters["fc1.weight"])
    }

    private static let cases: [(switches: [String: String], message: String)] = [
        (["dropout": "1"], "--dropout: found '1', expected a number of 0 to below 1"),
        (["dropout": "-0.1"], "--dropout: found '-0.1', expected a number of 0 to below 1"),
        (["dropout": "nan"], "--dropout: found 'nan', expected a number of 0 to below 1"),
        (["dropout": "much"], "--dropout: found 'much', expected a number of 0 to below 1"),
        (["batch-norm": "yes"], "--batch-norm: found 'yes', expected true or false"),
        (["global-average-pool": ""], "--global-average-pool: found '', expected true or false"),
        (
            ["loss-weights": "2,1"],
            "--loss-weights: found '2,1', expected three numbers of 0 or more, not all 0, as in 2,1,1"
        ),
        (
            ["loss-weights": "2,1,1,"],
            "--loss-weights: found '2,1,1,', expected three numbers of 0 or more, not all 0, as in 2,1,1"
        ),
        (
            ["loss-weights": "2,,1"],
            "--loss-weights: found '2,,1', expected three numbers of 0 or more, not all 0, as in 2,1,1"
        ),
        (
            ["loss-weights": "2,-1,1"],
            "--loss-weights: found '2,-1,1', expected three numbers of 0 or more, not all 0, as in 2,1,1"
        ),
        (
            ["loss-weights": "2,inf,1"],
            "--loss-weights: found '2,inf,1', expected three numbers of 0 or more, not all 0, as in 2,1,1"
        ),
        (["colour": "red"], "unknown switch 'colour'"),
        // Of several mistakes the first by name.
        (
            ["dropout": "x", "loss-weights": "x", "batch-norm": "x"],
            "--batch-norm: found 'x', expected true or false"
        ),
    ]

    @Test("Wrong switches are told", .namingCases)
    static func wrongCases() {
        forEach(cases.indices) { Self().wrong(index: $0) }
    }

    func wrong(index: Int) {
        let (switches, message) = Self.cases[index]
        for name in ["threehead", "threehead-improved"] {
            #expect(throws: RecipeError(message)) { try Recipe.named(name, switches: switches) }
        }
    }

    @Test("Other recipes have none", .namingCases)
    static func othersCases() {
        forEach(Recipe.all.map(\.name).filter { !$0.hasPrefix("threehead") }) { try Self().others(name: $0) }
    }

    func others(name: String) throws {
        let recipe = try Recipe.named(name)
        let message = "recipe \(recipe.name) has no such switch, only threehead and threehead-improved have"
        for switched in ["batch-norm", "dropout", "global-average-pool", "loss-weights"] {
            #expect(throws: RecipeError("--\(switched): \(message)")) {
                try Recipe.named(recipe.name, switches: [switched: "0.5"])
            }
        }
        #expect(recipe.switches.isEmpty)
    }
}
