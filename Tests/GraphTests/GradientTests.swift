import LanesKernels
import Synchronization
import TestSupport
import Testing

@testable import LanesGraph

/// Every gradient of a graph against differences of its loss, in Double.
func expectCorrectGradients(
    _ heads: [Head], samples: Int = 3, seed: UInt64 = 1, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let report = try gradientCheck(Graph(heads: heads), samples: samples, seed: seed)
    #expect(!report.tensors.isEmpty, sourceLocation: sourceLocation)
    #expect(report.worstRelativeError < 1e-6, "\n\(report)", sourceLocation: sourceLocation)
    #expect(report.undecided == 0, "\n\(report)", sourceLocation: sourceLocation)
}

extension Node {
    /// A head that hands the backward pass a random upstream gradient.
    func projected(_ name: String = "projection", weight: Double = 1) -> Head {
        Head(name, self, loss: .projection, weight: weight)
    }
}

@Suite struct GradientCheckTests {
    private static let x = Node.input("x", Shape(channels: 4))

    @Test func aTableNamesEveryTensor() throws {
        let graph = try Graph(heads: [Self.x.linear(3, name: "fc").relu().projected()])
        let report = try gradientCheck(graph, samples: 2)
        #expect(report.tensors.map(\.name) == ["fc.weight", "fc.bias", "x"])
        #expect(report.tensors.map(\.shape) == [[3, 4], [3], [2, 1, 1, 4]])
        let lines = report.description.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("tensor     shape    worst error"))
        #expect(lines[1].hasPrefix("fc.weight  3×4 "))
    }

    @Test func noSamplesAreAnError() throws {
        let graph = try Graph(heads: [Self.x.projected()])
        let error = #expect(throws: GraphError.self) { try gradientCheck(graph, samples: 0) }
        #expect(error?.description == "gradient check: got 0 samples, needs 1 or more")
    }

    /// An input whose gradient stands still against a loss that does not: wrong by 100 %, wherever it is.
    @Test(.namingCases)
    func aMissingGradientIsFound() {
        forEach([1.0, 1e-3, 1e-6, 1e3]) { weight in
            let head = Self.x.apply(WrongScale(factor: 0)).projected(weight: weight)
            let report = try gradientCheck(Graph(heads: [head]))
            #expect(report.worstRelativeError > 0.9)
            let worst = try #require(report.tensors.first)
            #expect(worst.gradient == 0 && worst.difference != 0)
        }
    }

    @Test(.namingCases)
    func aWrongGradientIsFound() {
        forEach([-1, 1 + 1e-5, 1 - 1e-5, 2]) { factor in
            let report = try gradientCheck(Graph(heads: [Self.x.apply(WrongScale(factor: factor)).projected()]))
            #expect(report.worstRelativeError > 5e-6)
        }
    }

    /// A bias whose gradient is that of a group's last sample alone, or of the last group alone.
    @Test(arguments: Forgetful.Scope.allCases) private func aForgottenSampleIsFound(scope: Forgetful.Scope) throws {
        let report = try gradientCheck(Graph(heads: [Self.x.apply(Forgetful(scope: scope)).projected()]))
        #expect(report.worstRelativeError > 0.1)
    }

    @Test func aGradientOfNaNIsFound() throws {
        let report = try gradientCheck(Graph(heads: [Self.x.apply(WrongScale(factor: .nan)).projected()]))
        #expect(report.worstRelativeError == .infinity)
    }

    @Test func aKinkThatNoStepAvoidsIsReported() throws {
        let report = try gradientCheck(Graph(heads: [Self.x.apply(Kink()).projected()]))
        #expect(report.undecided == 12)
    }

    /// Which elements are compared, and with what, depends on the seed alone.
    @Test func aCheckCanBeRepeated() throws {
        let graph = try Graph(heads: [Self.x.linear(3).projected()])
        #expect(try gradientCheck(graph).description == gradientCheck(graph).description)
        #expect(try gradientCheck(graph).description != gradientCheck(graph, seed: 2).description)
    }
}

/// y = x with a backward pass that is off by a factor.
private struct WrongScale: Layer {
    let factor: Double
    var kind: String { "wrong" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count) = (node.inputs[0], node.output, node.member.shape.count)
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            for index in 0..<count { item[y][index] = item[x][index] }
        }
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, _) = plan.gradient(ofInput: 0, of: node) else { return }
        let (count, factor) = (node.member.shape.count, Scalar(factor))
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            for index in 0..<count { item[dx][index] = factor * item[dy][index] }
        }
    }
}

/// y = x + b with a backward pass that overwrites what it should add to.
private struct Forgetful: Layer {
    enum Scope: String, Codable, CaseIterable { case sample, group }
    let scope: Scope

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func parameters(_ inputs: [Shape]) -> [Parameter] {
        [Parameter("bias", shape: [inputs[0].channels], initial: .constant(0))]
    }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, bias, count) = (node.inputs[0], node.output, node.parameter("bias"), node.shape.count)
        plan.add("forward", of: node, .samples, reads: [x, bias], writes: [y]) { item in
            for index in 0..<count { item[y][index] = item[x][index] + item[bias][index] }
        }
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let gradient = node.parameterGradient("bias") else { return }
        let (count, scope, partial) = (node.shape.count, scope, plan.value(.group, node.shape.count))
        plan.add("backward", of: node, .samples, reads: [dy], writes: [partial]) { item in
            let adds = scope == .group && !item.isFirstOfGroup
            for index in 0..<count { item[partial][index] = item[dy][index] + (adds ? item[partial][index] : 0) }
        }
        plan.add("sum", of: node, .pieces(1), reads: [partial], writes: [gradient]) { item in
            for group in 0..<item.activeGroups {
                for index in 0..<count {
                    let adds = scope == .sample && group > 0
                    item[gradient][index] = item[partial][group * count + index] + (adds ? item[gradient][index] : 0)
                }
            }
        }
        guard let (dx, _) = plan.gradient(ofInput: 0, of: node) else { return }
        plan.add("backward data", of: node, .samples, reads: [dy], writes: [dx]) { item in
            for index in 0..<count { item[dx][index] = item[dy][index] }
        }
    }
}

/// y = |x − x₀| where x₀ is the first x of each place: the kink is right where the check stands.
private struct Kink: Layer {
    var kind: String { "kink" }

    func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }

    func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        let (x, y, count, origins) = (node.inputs[0], node.output, node.member.shape.count, Origins())
        plan.add("forward", of: node, .samples, reads: [x], writes: [y]) { item in
            for index in 0..<count {
                let value = Double(item[x][index])
                item[y][index] = Scalar(abs(value - origins.first(value, at: item.sample * count + index)))
            }
        }
    }

    func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {
        guard let dy = node.outputGradient, let (dx, _) = plan.gradient(ofInput: 0, of: node) else { return }
        let count = node.member.shape.count
        plan.add("backward", of: node, .samples, reads: [dy], writes: [dx]) { item in
            for index in 0..<count { item[dx][index] = item[dy][index] }
        }
    }
}

private final class Origins: Sendable {
    private let values = Mutex<[Int: Double]>([:])

    func first(_ value: Double, at place: Int) -> Double {
        values.withLock { values in
            defer { values[place] = values[place] ?? value }
            return values[place] ?? value
        }
    }
}
