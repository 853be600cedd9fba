import LanesKernels
import Testing

@testable import LanesGraph

@Suite("Exercises of the chapter Plan")
struct PlanExercises {
    @Test("Groups of a batch")
    func groups() throws {
        let input = Node.input("x", Shape(channels: 2))
        let graph = try Graph(heads: [Head("y", input.linear(2), loss: .crossEntropy)])
        let found = [1, 16, 64, 136, 1000].map {
            PlanBuilder<Float>(graph, isTraining: true, batchSize: $0).groups
        }
        #expect(found == [1, 16, 16, 17, 64])
    }

    @Test("The order of a sum decides its bits")
    func order() {
        let (a, b, c): (Float, Float, Float) = (1e8, -1e8, 1)
        #expect((a + b) + c == 1)
        #expect(a + (b + c) == 0)
    }
}
