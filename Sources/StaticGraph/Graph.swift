import Kernels

/// How a head's output is compared with its labels; losses are averaged over the batch.
public enum Loss: Sendable {
    /// Cross-entropy of the softmax of logits.
    case crossEntropy
    /// Negative log-likelihood of log-probabilities, as `logSoftmax` gives them.
    case negativeLogLikelihood
    /// Σ output·direction, summed over the batch too, for a second input of the same shape: hands the backward pass any
    /// upstream gradient, as checks of gradients need it. It has no labels.
    case projection(direction: Node)
}

/// An output of the network with the loss that trains it.
public struct Head: Sendable {
    public let name: String
    public let output: Node
    public let loss: Loss
    /// What its loss counts in the sum of all heads.
    public let weight: Double

    public init(_ name: String, _ output: Node, loss: Loss, weight: Double = 1) {
        self.name = name
        self.output = output
        self.loss = loss
        self.weight = weight
    }

    var direction: Node? { if case .projection(let node) = loss { node } else { nil } }
}

/// A network whose every shape has been checked: its nodes in an order in which inputs come first.
public struct Graph: Sendable {
    /// A node in its place.
    struct Member {
        let node: Node
        let name: String
        let inputs: [Int]
        let shape: Shape
        let parameters: [Parameter]
        /// How many nodes and losses read it.
        var consumers = 0
    }

    public let heads: [Head]
    let members: [Member]
    /// The members that the heads' outputs, and their directions, are.
    let headOutputs: [Int]
    let headDirections: [Int?]

    /// - Throws: `GraphError` if a shape does not fit, a loss does not fit its head, or two names are the same.
    public init(heads: [Head]) throws(GraphError) {
        guard !heads.isEmpty else {
            throw GraphError(node: "graph", found: "no heads", expected: "at least one")
        }
        self.heads = heads
        var builder = GraphBuilder()
        for head in heads {
            builder.visit(head.output)
            if let direction = head.direction { builder.visit(direction) }
        }
        members = try builder.members()
        var outputs: [Int] = []
        var directions: [Int?] = []
        for head in heads {
            outputs.append(builder.index(of: head.output))
            directions.append(head.direction.map { builder.index(of: $0) })
        }
        (headOutputs, headDirections) = (outputs, directions)
        for (output, direction) in zip(outputs, directions) { try check(output, direction) }
        let names = heads.map(\.name)
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw GraphError(node: "graph", found: "two heads named \(twice)", expected: "different names")
        }
    }

    private func check(_ output: Int, _ direction: Int?) throws(GraphError) {
        let member = members[output]
        if let direction {
            guard members[direction].shape == member.shape, members[direction].node.layer is Input else {
                throw GraphError(
                    node: member.name,
                    found: "a projection on \(members[direction].name) of \(members[direction].shape)",
                    expected: "an input of \(member.shape)")
            }
        } else if !member.shape.isVector {
            throw GraphError(node: member.name, found: "an output of \(member.shape)", expected: "a vector of classes")
        }
    }

    /// The inputs, in the order in which a batch source is asked for them.
    public var inputs: [(name: String, shape: Shape)] {
        members.filter { $0.node.layer is Input }.map { ($0.name, $0.shape) }
    }

    /// The shape of a head's output.
    public func outputShape(ofHead head: Int) -> Shape { members[headOutputs[head]].shape }

    /// All parameters with their full names, in the order of the graph: "conv1.weight", "conv1.bias", ….
    public var parameters: [(name: String, parameter: Parameter)] {
        members.flatMap { member in member.parameters.map { ("\(member.name).\($0.name)", $0) } }
    }

    /// Numbers that training changes.
    public var trainableCount: Int {
        parameters.reduce(0) { $0 + ($1.parameter.isTrainable ? $1.parameter.count : 0) }
    }

    /// Multiply-adds of the matrix products of one sample's forward pass.
    public var multiplyAdds: Int {
        members.reduce(0) { total, member in
            total + member.node.layer.multiplyAdds(member.inputs.map { members[$0].shape })
        }
    }

    /// Multiply-adds of the matrix products of one sample in a training step: forward, the weights' gradients, and the
    /// inputs' gradients where anything before the layer has parameters to train.
    public var trainingMultiplyAdds: Int {
        var isTrained: [Bool] = []
        return members.reduce(0) { total, member in
            let passesBack = member.inputs.contains { isTrained[$0] }
            isTrained.append(passesBack || !member.parameters.isEmpty)
            let forward = member.node.layer.multiplyAdds(member.inputs.map { members[$0].shape })
            return total + forward * (passesBack ? 3 : 2)
        }
    }

    /// The same network with every ReLU that only a max-pool reads moved behind it: the greatest value survives either
    /// way, NaN or not, and there are fewer numbers left to rectify. Values and gradients stay the same to the last bit.
    func withRectifiersAfterPools() throws(GraphError) -> Graph {
        var moved: [Node] = []
        for member in members {
            var node = Node(member.node.layer, member.inputs.map { moved[$0] }, name: member.name)
            if member.node.layer is MaxPool2D, let first = member.inputs.first, members[first].node.layer is ReLU,
                members[first].consumers == 1
            {
                let pool = Node(member.node.layer, moved[first].inputs, name: member.name)
                node = Node(members[first].node.layer, [pool], name: members[first].name)
            }
            moved.append(node)
        }
        var newHeads: [Head] = []
        for (index, head) in heads.enumerated() {
            let loss = headDirections[index].map { Loss.projection(direction: moved[$0]) } ?? head.loss
            newHeads.append(Head(head.name, moved[headOutputs[index]], loss: loss, weight: head.weight))
        }
        return try Graph(heads: newHeads)
    }
}

/// Walks the nodes from the heads back, inputs first.
private struct GraphBuilder {
    private var order: [Node] = []
    private var indices: [ObjectIdentifier: Int] = [:]
    private var reads: [Int] = []

    /// `visit` has given every node an index before it is asked for.
    func index(of node: Node) -> Int { indices[ObjectIdentifier(node), default: 0] }

    /// Without recursion: a deep network must not run out of stack.
    mutating func visit(_ head: Node) {
        var stack = [(node: head, expanded: false)]
        while let (node, expanded) = stack.popLast() {
            if indices[ObjectIdentifier(node)] != nil { continue }
            if expanded {
                indices[ObjectIdentifier(node)] = order.count
                order.append(node)
            } else {
                stack.append((node, true))
                stack.append(contentsOf: node.inputs.reversed().map { ($0, false) })
            }
        }
        reads.append(index(of: head))
    }

    /// Throws if a tensor is so large that counting its bytes could overflow.
    private static func check(_ sizes: [Int], _ found: String) throws(LayerError) {
        var count = 1
        for size in sizes {
            let (product, overflows) = count.multipliedReportingOverflow(by: size)
            guard !overflows, product <= 1 << 31 else {
                throw LayerError(found: found, expected: "a tensor of at most 2³¹ numbers")
            }
            count = product
        }
    }

    func members() throws(GraphError) -> [Graph.Member] {
        var members: [Graph.Member] = []
        var taken: Set<String> = []
        var numbers: [String: Int] = [:]
        for node in order {
            let kind = node.layer.kind
            numbers[kind, default: 0] += 1
            let name = node.givenName ?? "\(kind)\(numbers[kind, default: 1])"
            guard taken.insert(name).inserted else {
                throw GraphError(node: name, found: "two nodes of this name", expected: "different names")
            }
            let inputs = node.inputs.map { index(of: $0) }
            let shapes = inputs.map { members[$0].shape }
            do {
                let shape = try node.layer.outputShape(shapes)
                try Self.check(
                    [shape.channels, shape.height, shape.width],
                    "an output of \(shape.channels)×\(shape.height)×\(shape.width)")
                let parameters = node.layer.parameters(shapes)
                for parameter in parameters {
                    try Self.check(parameter.shape, "\(parameter.name) of \(parameter.shape)")
                }
                members.append(
                    Graph.Member(node: node, name: name, inputs: inputs, shape: shape, parameters: parameters))
            } catch {
                throw GraphError(node: name, found: error.found, expected: error.expected)
            }
            for input in inputs { members[input].consumers += 1 }
        }
        for head in reads { members[head].consumers += 1 }
        return members
    }
}
