import Foundation
import Lanes
import TestSupport
import Testing

/// Programs as users write them.
@Suite struct ProgramTests {
    @Test func learnsAFolderOfColourPicturesAndPredictsByTheSavedNetwork() throws {
        try withTemporaryFolder { folder in
            let (pictures, file) = (
                folder.appendingPathComponent("shapes"), folder.appendingPathComponent("shapes.safetensors")
            )
            try drawPictures(in: pictures, ofEachClass: 64)
            let accuracies = try learnPictures(in: pictures, writingTo: file, epochs: 12)
            #expect(accuracies.count == 12)
            #expect(try #require(accuracies.last) >= 0.9)

            let names = ["cross", "disc", "frame", "ring", "stripes"]
            let answers = try names.map {
                try predictPicture(pictures.appendingPathComponent("\($0)/0.png").path, with: file)
            }
            #expect(zip(answers, names).count { $0.label == $1 } >= 4)
            #expect(answers.allSatisfy { (0.2...1).contains($0.probability) })
        }
    }

    @Test(.needsMNIST) func readsADigitAfterTwentyLines() throws {
        try withTemporaryFolder { folder in
            let directory = try #require(mnistDirectory)
            let test = try MNIST(directory: directory).test
            let seven = folder.appendingPathComponent("seven.png")
            let size = test.height * test.width
            try Picture(height: test.height, width: test.width, color: .gray, pixels: Array(test.pixels[..<size]))
                .write(to: seven)
            let file = folder.appendingPathComponent("digits.safetensors")
            #expect(try readDigit(in: seven.path, havingLearnt: directory, savingTo: file) == "7")
            #expect(try Model(contentsOf: file).evaluate(test)["digit_accuracy"] ?? 0 > 0.97)
        }
    }

    @Test(.needsTables, .namingCases)
    func linearNetworkReachesLeastSquares() {
        forEach(1...5 as ClosedRange<UInt64>) { seed in
            let file = try Tables.file("diabetes.csv")
            let (training, test) = try Table(contentsOf: file, target: "target").split(holdingOut: 0.2, seed: seed)
            let (numbers, testNumbers) = try (training.numbers(), test.numbers())
            let expected = LeastSquares(numbers.rows, numbers.targets).r2(testNumbers.rows, testNumbers.targets)
            let found = try regressDiabetes(file, seed: seed)
            print("diabetes, seed \(seed): R² \(found), least squares \(expected)")
            #expect(abs(found - expected) < 0.01)
        }
    }

    @Test(.needsTables) func networkPredictsDiabetes() throws {
        let results = try (1...5).map { try learnDiabetes(Tables.file("diabetes.csv"), seed: $0) }
        report("diabetes, R²", results)
        #expect(mean(results.map(\.test)) >= 0.38)
    }

    @Test(.needsTables) func tellsTumoursApart() throws {
        let results = try (1...5).map { try learnBreastCancer(Tables.file("breast_cancer.csv"), seed: $0) }
        report("breast cancer, accuracy", results)
        #expect(mean(results.map(\.test)) >= 0.96)
    }

    @Test(.needsTables) func readsSmallDigits() throws {
        let results = try (1...5).map { try learnSmallDigits(Tables.file("digits.csv"), seed: $0) }
        report("digits of 8×8, accuracy", results)
        #expect(mean(results.map(\.test)) >= 0.975)
    }

    @Test func squeezesDigitsAndDrawsThem() throws {
        try withTemporaryFolder { folder in
            let (training, test) = try digits(training: 1000, test: 200)
            let file = folder.appendingPathComponent("digits.png")
            let error = try encodeDigits(training, test: test, epochs: 8, drawingTo: file)
            // A picture that is the mean of all, everywhere the same, is off by the pixels' variance.
            let variance = pow(try Normalization.learned(from: test).deviation[0], 2)
            print("autoencoder: mean squared error \(error), of the mean \(variance)")
            #expect(error < 0.5 * Double(variance))

            let sheet = try Picture.load(file.path, color: .gray)
            #expect((sheet.height, sheet.width) == (56, 280))
            let first = (0..<784).map { sheet.pixels[$0 / 28 * 280 + $0 % 28] }
            #expect(first == Array(test.pixels[..<784]))
        }
    }

    @Test func learnsOtherClassesByFrozenConvolutions() throws {
        try withTemporaryFolder { folder in
            let (training, test) = try digits(training: 1000, test: 300)
            let file = folder.appendingPathComponent("early.safetensors")
            try learnDigits(training.only(0...4), writingTo: file)
            let result = try learnOtherDigits(training.only(5...9), test: test.only(5...9), from: file)
            print("new head: accuracy \(result.accuracy)")
            #expect(result.accuracy >= 0.85)
            #expect(result.changed == 0)
        }
    }

    @Test func goesOnWhereItWasPaused() throws {
        try withTemporaryFolder { folder in
            let data = try Table(contentsOf: Tables.file("diabetes.csv"), target: "target")
            let network = Node.input("measurements", data.inputs[0]).linear(8).tanh().dropout(0.2).linear(1)
            let graph = try Graph(heads: [Head("progression", network, loss: .huber())])
            let (whole, pieces) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("pieces"))
            let expected = try trainFurther(data, graph: graph, checkpoint: whole, steps: .max)
            var (runs, isFinished, digest) = (0, false, "")
            while !isFinished {
                let trainer = try trainFurther(data, graph: graph, checkpoint: pieces, steps: 77)
                (runs, isFinished, digest) = (runs + 1, trainer.isFinished, try trainer.parameters.digest())
            }
            #expect(runs == 4)  // 280 steps.
            #expect(try digest == expected.parameters.digest())
        }
    }

    private func report(_ what: String, _ results: [(validation: Double, test: Double)]) {
        print("\(what): validation \(mean(results.map(\.validation))), test \(mean(results.map(\.test)))", results)
    }
}
