import LanesData
import LanesFiles
import LanesGraph
import Foundation
import LanesTraining
import TestSupport
import Testing

@testable import LanesRecipes
@testable import LanesReport

@Suite("The report")
struct ReportTests {
    /// Every image of a class is taken for it but one, which is taken for the next class.
    private func evaluation(_ recipe: Recipe, loss: Double = 0.25) -> Evaluation {
        let confusions = recipe.tasks.map { task in
            var confusion = ConfusionMatrix(classes: task.classes.count)
            for label in task.classes.indices {
                for _ in 0..<9 { confusion.add(label: label, prediction: label) }
                confusion.add(label: label, prediction: (label + 1) % task.classes.count)
            }
            return confusion
        }
        let mistakes = recipe.tasks.map { task in
            task.classes.indices.map { label in
                Mistake(
                    sample: label * recipe.quarterTurns + label % recipe.quarterTurns, label: label,
                    prediction: (label + 1) % task.classes.count, probability: 0.875)
            }
        }
        return evaluation(recipe, loss: loss, confusions, mistakes)
    }

    private func evaluation(
        _ recipe: Recipe, loss: Double, _ confusions: [ConfusionMatrix], _ mistakes: [[Mistake]]
    ) -> Evaluation {
        let metrics = zip(recipe.tasks, confusions).flatMap { task, confusion in
            [
                ("accuracy", confusion.accuracy), ("macro_precision", confusion.macroPrecision),
                ("macro_recall", confusion.macroRecall), ("macro_f1", confusion.macroF1),
            ].map { Evaluation.Figure(name: "\(task.head)_\($0.0)", value: $0.1) }
        }
        return Evaluation(
            count: confusions[0].total, loss: loss, metrics: metrics, confusions: confusions, mistakes: mistakes)
    }

    private func epoch(
        _ number: Int, _ training: Evaluation, validation: Evaluation? = nil, test: Evaluation
    ) -> EpochResult {
        EpochResult(
            epoch: number, seconds: 1, learningRate: 0.001, training: training, validation: validation, test: test)
    }

    private func run(
        _ recipe: Recipe, epochs: [EpochResult], result: Evaluation? = nil, command: String = "swift run train",
        origin: String = "drawn", differences: [String] = [], resultEpoch: EpochResult? = nil,
        filters: Run.Filters? = nil
    ) throws -> Run {
        let images = SyntheticDigits.images(0..<20, seed: 1)
        return Run(
            recipe: recipe, command: command, date: Date(timeIntervalSince1970: 0), seed: epochs.isEmpty ? nil : 7,
            threads: 2, origin: origin, differences: differences, trainingCount: 1234, validationCount: 0,
            parameterCount: 5750, epochs: epochs,
            resultEpoch: resultEpoch ?? epochs.last, result: result ?? evaluation(recipe),
            test: Examples(
                images,
                (0..<20).flatMap { image in
                    (0..<recipe.quarterTurns).map { Example(image: image, quarterTurns: $0) }
                }, tasks: recipe.tasks), weightsDigest: "abc123",
            filters: filters, peakMemory: 1)
    }

    private func page(_ run: Run) throws -> ParsedElement { try ParsedElement.root(of: HTMLReport(run).html) }

    /// Two classes, 17 of 20 right, beside published figures.
    private func twoClasses(_ names: [String] = ["cat", "dog"], name: String = "pets") -> (Recipe, Evaluation) {
        let recipe = Recipe(
            name, "two classes",
            published: Published(
                report: "Of Pets", metrics: ["pet_accuracy": 0.86, "pet_macro_f1": 0.8], trainLosses: [0.5, 0.4],
                testLoss: 0.3, confusions: ["pet": [[61, 2], [3, 64]]], note: "A note."),
            tasks: [DigitTask("pet", classes: names) { _, _ in 0 }], settings: TrainingSettings(),
            heads: Recipe.mlp.heads)
        let confusion = ConfusionMatrix(counts: [[8, 2], [1, 9]])
        return (recipe, evaluation(recipe, loss: 0.35, [confusion], [[]]))
    }

    @Test("Every page is well-formed, needs no other file, and shows all tasks and classes", .namingCases)
    static func everyRecipeCases() {
        forEach(Recipe.all.map(\.name)) { try Self().everyRecipe(name: $0) }
    }

    func everyRecipe(name: String) throws {
        let recipe = try Recipe.named(name)
        let evaluation = evaluation(recipe)
        let epochs = (1...3).map { epoch($0, evaluation, validation: evaluation, test: evaluation) }
        let page = try page(try run(recipe, epochs: epochs))
        #expect(page.all("h1").map(\.text) == [recipe.name])
        let titles = page.all("h2").map(\.text)
        for task in recipe.tasks {
            #expect(titles.contains("Task: \(task.head)"))
            // The header of the confusion matrix, and the first cells of the rows of both tables.
            #expect(page.rows.contains([""] + task.classes))
            for name in task.classes { #expect(page.rows.count { $0.first == name } >= 2) }
        }
        #expect(page.all("figure").count == recipe.tasks.count + 2)
        #expect(page.all("img").count == recipe.tasks.reduce(0) { $0 + $1.classes.count })
        for element in page.descendants {
            #expect(!["script", "link", "iframe", "object"].contains(element.name))
            for name in ["src", "href", "data", "srcset"] {
                #expect(element.attributes[name]?.hasPrefix("data:image/png;base64,") != false)
            }
            // Content without a scope or a name cannot be found by those who hear the page.
            if element.name == "th" { #expect(element.attributes["scope"] != nil) }
            if element.name == "img" { #expect(element.attributes["alt"]?.isEmpty == false) }
        }
        let style = try #require(page.all("style").first).text
        #expect(!style.contains("url(") && !style.contains("@import"))
    }

    @Test("The figures of a small run")
    func figures() throws {
        let (recipe, result) = twoClasses()
        let epochs = [epoch(1, evaluation(recipe, loss: 0.9), test: result), epoch(2, result, test: result)]
        let page = try page(try run(recipe, epochs: epochs, result: result))
        // Wilson's interval of 17 in 20, computed by hand.
        let interval = "63.96 to 94.76 %"
        let figures = try #require(page.all("dl").first).all("dd").map(\.text)
        #expect(figures == ["85.00 %", "95 % interval \(interval)", "3 of 20 wrong", "published 86.00 %"])
        for row in [
            ["figure", "here", "95 % interval", "published", "difference"],
            ["pet accuracy", "85.00 %", interval, "86.00 %", "−1.00 points"],
            ["pet macro F1", "84.96 %", "–", "80.00 %", "+4.96 points"],
            ["training loss, epoch 2", "0.3500", "–", "0.4000", "−0.0500"],
            ["test loss", "0.3500", "–", "0.3000", "+0.0500"],
            ["1", "0.9000", "0.3500", "85.00 %", "0.001", "1.0"],
            ["cat", "8", "2"], ["dog", "1", "9"], ["cat", "61", "2"], ["dog", "3", "64"],
            ["cat", "8", "1", "2", "0.8889", "0.8000", "0.8421"],
            ["dog", "9", "2", "1", "0.8182", "0.9000", "0.8571"],
            ["macro mean", "", "", "", "0.8535", "0.8500", "0.8496"],
        ] { #expect(page.rows.contains(row), "\(row)") }
        let facts = try #require(page.all("dl").last).text
        for fact in ["swift run train", "7", "1,234", "drawn", "5,750", "abc123", "1970-01-01T00:00:00Z"] {
            #expect(facts.contains(fact))
        }
    }

    @Test("A run that is not the published experiment says so, and has no published figure in its headline")
    func differences() throws {
        let (recipe, result) = twoClasses()
        let differences = ["1 epoch instead of 2", "no augmentation"]
        let page = try page(
            try run(recipe, epochs: [epoch(1, result, test: result)], result: result, differences: differences))
        #expect(try !#require(page.all("dl").first).text.contains("published"))
        #expect(page.rows.contains(["figure", "here", "95 % interval", "published"]))
        #expect(page.rows.contains(["pet accuracy", "85.00 %", "63.96 to 94.76 %", "86.00 %"]))
        #expect(
            page.all("p").contains {
                $0.text == "This run is not that experiment: 1 epoch instead of 2, no augmentation."
            })
    }

    @Test("Names, commands and origins stay text")
    func escaping() throws {
        let (name, classes) = ("<script>&\"'", ["</td><b>", "'\"&amp;"])
        let (recipe, result) = twoClasses(classes, name: name)
        let command = "swift run train --data '</code><img src=x>'"
        let run = try run(
            recipe, epochs: [epoch(1, result, test: result)], result: result, command: command, origin: "a\u{1}b")
        let page = try page(run)
        #expect(page.all("h1").map(\.text) == [name])
        #expect(page.all("code").map(\.text) == [command, "abc123"])
        #expect(page.rows.contains([""] + classes))
        #expect(page.all("dd").contains { $0.text == "a\u{fffd}b" })
        #expect(page.all("script").isEmpty && page.all("b").isEmpty && page.all("img").isEmpty)
    }

    @Test("An evaluation of a saved network has no curves and says what it is")
    func withoutEpochs() throws {
        let page = try page(try run(.threehead, epochs: []))
        #expect(page.all("figure").isEmpty)
        #expect(page.all("p").contains { $0.text.hasPrefix("An evaluation of saved weights on 20 test images") })
        #expect(!page.all("dt").contains { ["seed", "epochs", "batch size"].contains($0.text) })
        #expect(page.all("h2").count { $0.text.hasPrefix("Task: ") } == 3)
    }

    @Test("Mistakes are shown as the network saw them: turned, with what was answered")
    func mistakes() throws {
        let recipe = Recipe.rotation
        let run = try run(recipe, epochs: [])
        let lists = try page(run).all("ul")
        #expect(lists.count == 2)
        for (list, (task, mistakes)) in zip(lists, zip(recipe.tasks, run.result.mistakes)) {
            let items = list.all("li")
            #expect(items.count == mistakes.count)
            for (item, mistake) in zip(items, mistakes) {
                let answer = "\(task.classes[mistake.label]) → \(task.classes[mistake.prediction])"
                #expect(item.text.contains(answer) && item.text.contains("87.5 %"))
                let picture = try #require(try item.all("img").first?.picture("src"))
                #expect(picture.pixels == turned(run.test.images, run.test.list[mistake.sample]))
            }
        }
    }

    @Test("A recipe whose best epoch counts says which one that is and what chose it", arguments: [true, false])
    func bestEpoch(hasValidation: Bool) throws {
        var recipe = Recipe.mlp
        recipe.settings.keepsBest = true
        let good = evaluation(recipe)
        let bad = evaluation(recipe, loss: 3, [ConfusionMatrix(classes: 10)], [[]])
        let epochs = [bad, good, bad].enumerated().map { index, result in
            epoch(index + 1, bad, validation: hasValidation ? result : nil, test: result)
        }
        let remarks = try page(try run(recipe, epochs: epochs, resultEpoch: epochs[1])).all("p").map(\.text)
        let images = hasValidation ? "validation" : "test"
        let choice = "those of epoch 2, chosen as the one with the best digit accuracy on the \(images) images"
        #expect(remarks.contains { $0.contains(choice) })
    }

    @Test("Filters: a square a weight, blue below 0, orange above, the deepest at the greatest")
    func filters() throws {
        let filters = Run.Filters(height: 1, width: 2, values: [[-0.5, 0.25], [0, 0.125]])
        let page = try page(try run(.compact, epochs: [], filters: filters))
        let pictures = page.all("svg").filter { $0.all("title").contains { $0.text.hasPrefix("filter") } }
        let titles = pictures.flatMap { $0.all("title").map(\.text) }
        #expect(titles == ["filter 1: −0.50 to +0.25", "filter 2: +0.00 to +0.12"])
        let squares = pictures.flatMap { $0.all("rect") }
        #expect(squares.map { $0.attributes["class"] } == ["negative", "positive", "positive", "positive"])
        #expect(squares.map { $0.attributes["fill-opacity"] } == ["1.00", "0.50", "0.00", "0.25"])
        #expect(squares.map { $0.attributes["x"] } == ["0", "1", "0", "1"])
    }

    /// A training of a recipe on a few drawn digits, as it stands after some steps and at its end.
    private func trained(_ recipe: Recipe) throws -> (running: Run, ended: Run) {
        var recipe = recipe
        (recipe.settings.epochs, recipe.settings.batchSize) = (2, 4)
        let data = try drawnDigits(220, test: 40)
        let (trainer, test) = (try recipe.trainer(on: data, seed: 1, threads: 2), try recipe.testExamples(of: data))
        var running: Run?
        try trainer.run(onEpoch: { _ in
            let now = try Run(recipe, trainer, test: test, data: data, command: "", isRunning: true)
            running = running ?? now
        })
        return (try #require(running), try Run(recipe, trainer, test: test, data: data, command: ""))
    }

    @Test(
        "The page of a run that goes on loads itself again and says how far it has come; that of its end does neither")
    func live() throws {
        let (running, ended) = try trained(.threehead)
        let steps = try #require(running.history?.steps)
        let page = try page(running)
        #expect(page.all("script").count == 1 && page.all("noscript").count == 1)
        let progress = try #require(page.all("progress").first).attributes
        #expect(progress["max"] == "\(steps)" && progress["value"] == "\(steps / 2)")
        #expect(page.all("p").contains { $0.text.contains("1 epoch of 2 done, step \(steps / 2) of \(steps)") })
        #expect(page.all("h2").map(\.text).contains("Network"))
        let last = try self.page(ended)
        #expect(last.all("script").isEmpty && last.all("progress").isEmpty)
    }

    @Test("A whole report: network, layers, curves by step, reliability, certainty, maps, and whence it comes")
    func wholeReport() throws {
        for recipe in [Recipe.threehead, .compact, .rotation, .mlp, .best] {
            let run = try trained(recipe).ended
            let page = try page(run)
            let (graph, history) = (try recipe.graph(), try #require(run.history))
            for title in ["Network", "Layers in the course of the training", "One image through the network"] {
                #expect(page.all("h2").map(\.text).contains(title), "\(recipe.name)")
            }
            // A row of each node, and the sums.
            for member in graph.members {
                #expect(page.rows.contains { $0.first == member.name && $0.contains("\(member.shape)") })
            }
            #expect(page.rows.contains { $0.first == "all" && $0.contains(grouped(graph.trainableCount)) })
            let sparks = page.all("svg").filter { $0.attributes["class"] == "spark" }
            #expect(sparks.count == 3 * history.layers.count && history.measuredSteps.count > 1)
            let loss = try #require(
                page.all("figure").first { $0.all("figcaption").first?.text.hasPrefix("Loss") == true })
            let points = loss.all("polyline").first?.attributes["points"]?.split(separator: " ")
            #expect(points?.count == history.losses.count && history.losses.count == history.steps)
            for (index, task) in recipe.tasks.enumerated() {
                let confidence = try #require(run.result.confidences?[index])
                #expect(confidence.bins.reduce(0) { $0 + $1.count } == run.test.count)
                #expect(page.all("strong").map(\.text).contains(percent(confidence.expectedCalibrationError)))
                #expect(page.all("figcaption").contains { $0.text == "Reliability, \(task.head)" })
                #expect(page.all("caption").contains { $0.text == task.head })
            }
            #expect(page.all("img").allSatisfy { $0.attributes["alt"]?.isEmpty == false })
            let facts = try #require(page.all("dl").last).text
            for fact in run.sampleDigests.map({ String($0.value.suffix(64)) }) + [run.surroundings.processor, "Swift"] {
                #expect(facts.contains(fact))
            }
            #expect(run.sampleDigests.map(\.name).contains("training samples"))
        }
    }

    @Test("Charts of any figures hold numbers alone", .namingCases)
    static func chartsCases() {
        forEach([(0.0, 1.0), (1.0, 0.5), (Double.infinity, 0.5), (Double.nan, 0.0), (1e30, 0.999), (1e-30, 0.1)]) {
            try Self().charts(loss: $0, accuracy: $1)
        }
    }

    func charts(loss: Double, accuracy: Double) throws {
        var confusion = ConfusionMatrix(classes: 10)
        for index in 0..<1000 {
            confusion.add(label: 0, prediction: Double(index) < accuracy * 1000 ? 0 : 1)
        }
        let result = evaluation(.compact, loss: loss, [confusion], [[]])
        for count in [1, 2, 30] {
            let epochs = (1...count).map { epoch($0, result, validation: evaluation(.compact), test: result) }
            for figure in try page(try run(.compact, epochs: epochs)).all("figure") {
                let shapes = figure.all("path") + figure.all("polyline") + figure.all("circle")
                #expect(!shapes.isEmpty)
                for place in shapes.flatMap({ [$0.attributes["d"], $0.attributes["points"], $0.attributes["cx"]] }) {
                    #expect(place.map { $0.contains("nan") || $0.contains("inf") } != true)
                }
            }
        }
    }
}
