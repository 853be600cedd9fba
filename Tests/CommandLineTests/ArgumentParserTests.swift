import LanesRecipes
import LanesCommandLine
import TestSupport
import Testing

struct ArgumentParserTests {
    struct Options: Equatable {
        var recipe = "default"
        var epochs: Int?
        var seed = 1
        var learningRate = 0.1
        var data: String?
        var json = false
    }

    let parser = ArgumentParser<Options>(
        command: "tool", summary: "Does something.",
        arguments: [.argument("RECIPE", "what to train") { $0.recipe = $1 }],
        options: [
            .integer("epochs", "N", atMost: 1000, "passes over the data") { $0.epochs = $1 },
            .integer("seed", "N", atLeast: 0, "where chance starts") { $0.seed = $1 },
            .positiveNumber("learning-rate", "X", "the step's size") { $0.learningRate = $1 },
            .text("data", "DIR", "where the data lies") { $0.data = $1 },
            .flag("json", "print JSON") { $0.json = true },
        ])

    /// A page written over a network would be the end of it.
    @Test func aPageHasAPagesName() throws {
        let parser = ArgumentParser<Options>(
            command: "draw", summary: "", arguments: [], options: [.page("page", "the page") { $0.data = $1 }])
        #expect(try parser.parse(["--page", "a.HTML"], into: Options())?.data == "a.HTML")
        let error = #expect(throws: UsageError.self) { try parser.parse(["--page", "m.safetensors"], into: Options()) }
        #expect(
            error.map { "\($0)" }?.contains("found 'm.safetensors', expected a FILE whose name ends in .html") == true)
    }

    @Test func defaultsStayWhereNothingIsSaid() throws {
        #expect(try parser.parse([], into: Options()) == Options())
    }

    @Test(.namingCases)
    func everyKindOfValueIsReadInBothSpellings() {
        forEach(
            [
                ["mlp", "--epochs", "3", "--seed", "0", "--learning-rate", "1e-3", "--data", "-a=b", "--json"],
                ["--json", "--data=-a=b", "--learning-rate=0.001", "--seed=0", "--epochs=3", "mlp"],
                ["--epochs=3", "--seed=0", "--learning-rate=0.001", "--data", "-a=b", "--json", "--", "mlp"],
            ] as [[String]]
        ) { words throws in
            let expected = Options(recipe: "mlp", epochs: 3, seed: 0, learningRate: 0.001, data: "-a=b", json: true)
            #expect(try parser.parse(words, into: Options()) == expected)
        }
    }

    @Test(.namingCases)
    func wordsAfterTwoDashesAreArguments() {
        forEach([["--", "--json"], ["--json", "--", "--json"], ["--", "--help"]]) { words throws in
            #expect(try parser.parse(words, into: Options())?.recipe == words.last)
        }
    }

    private static let cases: [(words: [String], message: String)] = [
        (["--epoch", "3"], "unknown option --epoch, did you mean --epochs?"),
        (["--epoch=3"], "unknown option --epoch, did you mean --epochs?"),
        (["-epochs", "3"], "unknown option -epochs, did you mean --epochs?"),
        (["--learn", "3"], "unknown option --learn, did you mean --learning-rate?"),
        (["--halp"], "unknown option --halp, did you mean --help?"),
        (["--verbosity"], "unknown option --verbosity, see --help"),
        (["--epochs", "x"], "--epochs: found 'x', expected a whole number of 1 to 1000"),
        (["--epochs=0"], "--epochs: found '0', expected a whole number of 1 to 1000"),
        (["--epochs", "-1"], "--epochs: found '-1', expected a whole number of 1 to 1000"),
        (["--epochs", "1.5"], "--epochs: found '1.5', expected a whole number of 1 to 1000"),
        (
            ["--epochs", "99999999999999999999"],
            "--epochs: found '99999999999999999999', expected a whole number of 1 to 1000"
        ),
        (["--epochs", "1001"], "--epochs: found '1001', expected a whole number of 1 to 1000"),
        (["--seed", "-1"], "--seed: found '-1', expected a whole number of 0 or more"),
        (["--learning-rate", "nan"], "--learning-rate: found 'nan', expected a number above 0"),
        (["--learning-rate", "inf"], "--learning-rate: found 'inf', expected a number above 0"),
        (["--learning-rate", "0"], "--learning-rate: found '0', expected a number above 0"),
        (["--epochs"], "--epochs: found no value, expected a whole number of 1 to 1000"),
        (["--epochs", "--json"], "--epochs: found no value, expected a whole number of 1 to 1000"),
        (["--data", "--"], "--data: found no value, expected DIR"),
        (["--data="], "--data: found '', expected DIR"),
        (["--json=yes"], "--json: found 'yes', expected no value"),
        (["--json", "--json"], "--json: given twice"),
        (["--epochs=1", "--epochs", "2"], "--epochs: given twice"),
        (["mlp", "more"], "unexpected argument 'more'"),
    ]

    @Test func mistakesAreNamed() {
        for (words, message) in Self.cases {
            #expect(throws: UsageError(message), "\(words)") { try parser.parse(words, into: Options()) }
        }
    }

    @Test(.namingCases)
    func helpIsAskedForBesideAnything() {
        forEach([["--help"], ["-h"], ["mlp", "--epochs", "x", "--help"]]) { words throws in
            #expect(try parser.parse(words, into: Options()) == nil)
        }
    }

    @Test func helpListsWhatIsDeclared() {
        #expect(
            parser.help == """
                Usage: tool [RECIPE] [options]

                Does something.

                  RECIPE             what to train
                  --epochs N         passes over the data
                  --seed N           where chance starts
                  --learning-rate X  the step's size
                  --data DIR         where the data lies
                  --json             print JSON
                  --help             print this text
                """)
    }

    @Test(.namingCases)
    func theNearestWordIsSuggested() {
        forEach(
            [
                ("augmentd", "augmented"), ("MLP", nil), ("mpl", "mlp"), ("aug", "augmented"), ("xyz", nil), ("", nil),
            ] as [(String, String?)]
        ) { word, suggestion in
            #expect(closest(to: word, among: ["mlp", "augmented", "rotation"]) == suggestion)
        }
    }

    /// A first argument that must be there, and any number of further ones, of which one must.
    private let filesParser = ArgumentParser<[String]>(
        command: "tool", summary: "Does something.",
        arguments: [.argument("MODEL", "a network", isRequired: true) { $0.append("model " + $1) }],
        remaining: .argument("IMAGE…", "pictures", isRequired: true) { $0.append("image " + $1) }, options: [])

    @Test func furtherArgumentsAreTakenInOrder() throws {
        #expect(try filesParser.parse(["a", "b", "c"], into: []) == ["model a", "image b", "image c"])
        #expect(filesParser.help.hasPrefix("Usage: tool MODEL IMAGE… [options]\n"))
    }

    @Test(.namingCases)
    func missingArgumentsAreNamed() {
        forEach(
            [
                ([], "found no MODEL, expected a network"), (["a"], "found no IMAGE…, expected pictures"),
            ] as [([String], String)]
        ) { words, message in
            #expect(throws: UsageError(message)) { try filesParser.parse(words, into: []) }
        }
    }
}
