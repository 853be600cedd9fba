import Foundation
import Lanes
import TestSupport
import Testing

/// Losses, metrics, datasets and transforms that a user writes.
@Suite struct PartTests {
    @Test func ownLossMetricAndDatasetTrainTogether() throws {
        let output = Node.input("x", Shape(channels: 1)).linear(16).tanh().linear(1)
        let graph = try Graph(heads: [Head("wave", output, loss: QuantileLoss(q: 0.9))])
        let settings = TrainingSettings(
            epochs: 120, batchSize: 32, learningRate: 1e-2, schedule: .cosine(),
            metrics: [Coverage(), ValueError(.r2)],
            criterion: .least("loss"), threads: 1)
        let trainer = try Trainer(graph, training: NoisyWaves(count: 512), settings: settings)
        try trainer.run()
        let result = try trainer.evaluate(NoisyWaves(count: 1000))
        // A tenth of 1000 independent targets is above, give or take three standard deviations, and what was not learned.
        #expect(abs(try #require(result["wave_coverage"]) - 0.9) < 0.06, "\(result)")
        #expect(try #require(result["wave_r2"]) > 0.5, "\(result)")
    }

    @Test(.namingCases)
    func ownLossHasRightGradients() {
        forEach([0.1, 0.5, 0.9]) { q in
            let output = Node.input("x", Shape(channels: 4)).linear(6).tanh().linear(3)
            let report = try gradientCheck(Graph(heads: [Head("y", output, loss: QuantileLoss(q: q), weight: 0.7)]))
            #expect(report.worstRelativeError < 1e-6, "\(report)")
            #expect(report.undecided == 0)
        }
    }

    @Test func networkWithOwnLossAnswersWithoutItAndTrainsWithIt() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("waves.safetensors")
            let output = Node.input("x", Shape(channels: 1)).linear(4).tanh().linear(1)
            let graph = try Graph(heads: [Head("wave", output, loss: QuantileLoss(q: 0.8))])
            let trainer = try Trainer(graph, training: NoisyWaves(count: 64), settings: TrainingSettings(epochs: 1))
            try trainer.run()
            try trainer.model.write(to: file)

            let stranger = try Model(contentsOf: file)
            #expect(try stranger.predict([0.5]) == trainer.model.predict([0.5]))
            let data = NoisyWaves(count: 64)
            let error = try #require(throws: SettingsError.self) {
                try Trainer(stranger.graph, training: data, settings: TrainingSettings(epochs: 1))
            }
            #expect(error.description.contains("the loss QuantileLoss, which is not known here"))

            let model = try Model(contentsOf: file, losses: [QuantileLoss.self])
            let loss = try #require(model.graph.heads[0].loss as? QuantileLoss)
            #expect(loss.q == 0.8)
            let more = try Trainer(
                model.graph, training: data, settings: TrainingSettings(epochs: 1), parameters: model.parameters)
            try more.run()
            #expect(more.epochs[0].training.loss < 1)
        }
    }

    @Test func ownTransformsChangeTrainingSamplesAlone() throws {
        let data = try ArrayDataset(
            (0..<32).map { [Float($0) / 32, 1] }, values: (0..<32).map { [Float($0) / 32] })
        func digest(_ transforms: [any Transform], threads: Int) throws -> (String, Double) {
            let output = Node.input("x", Shape(channels: 2)).linear(1)
            let graph = try Graph(heads: [Head("y", output, loss: .meanSquaredError)])
            let settings = TrainingSettings(epochs: 3, batchSize: 8, transforms: transforms, threads: threads)
            let trainer = try Trainer(graph, training: data, settings: settings)
            try trainer.run()
            return (try trainer.parameters.digest(), try trainer.evaluate(data).loss)
        }
        let noise = CustomTransform("noise") { values, _, random in
            for i in 0..<values.count { values[i] += Float(random.uniform(in: -0.1...0.1)) }
        }
        let plain = try digest([], threads: 1)
        for transforms in [[noise], [Rescaling(range: 0.5...2)], [noise, Rescaling(range: 0.9...1.1)]]
            as [[any Transform]]
        {
            let (one, three) = try (digest(transforms, threads: 1), digest(transforms, threads: 3))
            #expect(one == three)
            #expect(one.0 != plain.0)
        }
        #expect(try digest([Rescaling(range: 1...1)], threads: 1) == plain)
    }
}
