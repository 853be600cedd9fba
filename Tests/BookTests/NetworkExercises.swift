import Lanes
import Testing

/// Answers to the exercises of "What a network is here".
@Suite struct NetworkExercises {
    /// Exercise 1: what the smallest network has to learn, counted by hand and by the graph.
    @Test func parametersAreCounted() throws {
        let scores = Node.input("pixels", Shape(channels: 35)).linear(32).relu().linear(10)
        let parameters = try Parameters<Float>(Graph(heads: [Head("digit", scores, loss: .crossEntropy)]), seed: 1)
        let count = parameters.names.reduce(0) { $0 + (parameters[$1]?.count ?? 0) }
        #expect(count == 35 * 32 + 32 + 32 * 10 + 10)
    }

    /// Exercise 2: without a bend between them two linear layers are one. f(a) + f(b) = f(a + b) + f(0).
    @Test func linearLayersAloneAreOneLinearLayer() throws {
        let x = Node.input("x", Shape(channels: 3))
        let (a, b): ([Float], [Float]) = ([1, -2, 0.5], [-3, 1, 2])
        for (isBent, y) in [(false, x.linear(8).linear(1)), (true, x.linear(8).relu().linear(1))] {
            let graph = try Graph(heads: [Head("y", y, loss: .meanSquaredError)])
            let model = try Model(graph, Parameters(graph, seed: 3), normalization: [.none], classes: [[]])
            func f(_ x: [Float]) throws -> Float { try model.predict(x).output[0] }
            let bend = try f(a) + f(b) - f(zip(a, b).map { $0 + $1 }) - f([0, 0, 0])
            #expect((abs(bend) > 1e-3) == isBent)
        }
    }

    // listing: xor
    /// Trains a network to say whether exactly one of two inputs is 1, and returns how many of the four cases it then knows.
    func casesLearned(_ network: (Node) -> Node) throws -> Int {
        let (rows, labels): ([[Float]], [Int]) = ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
        let graph = try Graph(
            heads: [Head("differ", network(.input("bits", Shape(channels: 2))), loss: .crossEntropy)])
        let trainer = try Trainer(
            graph, training: ArrayDataset(rows, labels: labels),
            settings: TrainingSettings(epochs: 500, batchSize: 4, learningRate: 0.05))
        try trainer.run()
        return try zip(rows, labels).count { try trainer.model.predict($0).label == "\($1)" }
    }
    // listing: end

    /// Exercise 3: a line cannot part the four cases, a bent one can.
    @Test func hiddenLayerLearnsWhatALineCannot() throws {
        #expect(try casesLearned { $0.linear(2) } < 4)
        #expect(try casesLearned { $0.linear(8).relu().linear(2) } == 4)
    }
}
