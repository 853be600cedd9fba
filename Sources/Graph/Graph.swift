import LanesKernels

/// A network whose every shape has been checked: its nodes in an order in which inputs come first.
public struct Graph: Sendable {
    /// A node in its place.
    package struct Member: Sendable {
        package let node: Node
        /// The node's, but for what the graph decides (`Rearrangement`).
        package let layer: any Layer
        package let name: String
        package let inputs: [Int]
        package let shape: Shape
        package let parameters: [Parameter]
        /// How many nodes and losses read it.
        var consumers = 0
    }

    /// The outputs with their losses, in the order in which they were given.
    public let heads: [Head]
    package let members: [Member]
    /// The members that the heads' outputs are.
    package let headOutputs: [Int]
    /// What each head's output is compared with.
    public let targets: [LossTarget]

    /// Collects all nodes that the heads depend on, and checks every shape.
    ///
    /// - Throws: `GraphError` if a shape does not fit, a loss does not fit its head, or two names are the same.
    public init(heads: [Head]) throws(GraphError) {
        guard !heads.isEmpty else {
            throw GraphError(node: "graph", found: "no heads", expected: "at least one")
        }
        self.heads = heads
        var builder = GraphBuilder()
        for head in heads { builder.visit(head.output) }
        members = try builder.members()
        headOutputs = heads.map { builder.index(of: $0.output) }
        var total = 0
        for member in members {
            // Of one layer at most 2⁶²: weights × positions.
            total += member.layer.multiplyAdds(member.inputs.map { [members] in members[$0].shape })
            guard total <= 1 << 40 else {
                throw GraphError(
                    node: member.name, found: "a network of more multiply-adds than anybody waits for",
                    expected: "at most 2⁴⁰ for a sample")
            }
        }
        var targets: [LossTarget] = []
        for (head, output) in zip(heads, headOutputs) {
            do throws(LayerError) {
                targets.append(try head.loss.target(forOutput: members[output].shape, of: members[output].layer))
            } catch {
                throw GraphError(node: members[output].name, found: error.found, expected: error.expected)
            }
            try Self.check(targets[targets.count - 1], of: head, outputs: members[output].shape.count)
            guard head.weight.isFinite, head.weight >= 0 else {
                throw GraphError(
                    node: "head \(head.name)", found: "a weight of \(head.weight)",
                    expected: "a finite one of 0 or more")
            }
        }
        self.targets = targets
        let names = heads.map(\.name)
        if names.contains("") || members.contains(where: { $0.name.isEmpty }) {
            throw GraphError(node: "graph", found: "a node or a head without a name", expected: "a name for each")
        }
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw GraphError(node: "graph", found: "two heads named \(twice)", expected: "different names")
        }
    }

    /// Throws where a loss asks for targets that its output cannot be compared with.
    private static func check(_ target: LossTarget, of head: Head, outputs: Int) throws(GraphError) {
        switch target {
        case .label(let classes) where classes < outputs:
            throw GraphError(
                node: "head \(head.name)", found: "a loss of \(classes) classes", expected: "one of \(outputs) or more")
        case .values(let shape, _) where shape.count != outputs:
            throw GraphError(
                node: "head \(head.name)", found: "a loss whose targets are \(shape) numbers",
                expected: "as many as the output has: \(outputs)")
        case .label, .values: return
        }
    }

    /// The inputs, in the order in which a batch source is asked for them.
    public var inputs: [(name: String, shape: Shape)] {
        members.filter { $0.layer is Input }.map { ($0.name, $0.shape) }
    }

    /// The shape of a head's output.
    public func outputShape(ofHead head: Int) -> Shape { members[headOutputs[head]].shape }

    /// All parameters with their full names, in the order of the graph: "conv1.weight", "conv1.bias", ….
    package var parameters: [(name: String, parameter: Parameter)] {
        members.flatMap { member in member.parameters.map { ("\(member.name).\($0.name)", $0) } }
    }

    /// How many numbers training changes.
    public var trainableCount: Int {
        parameters.reduce(0) { $0 + ($1.parameter.isTrainable ? $1.parameter.count : 0) }
    }

    /// Multiply-adds of the matrix products of one sample's forward pass.
    public var multiplyAdds: Int {
        members.reduce(0) { total, member in
            total + member.layer.multiplyAdds(member.inputs.map { members[$0].shape })
        }
    }

    /// Multiply-adds of the matrix products of one sample in a training step: forward, the weights' gradients, and the
    /// inputs' gradients where anything before the layer has parameters to train.
    public var trainingMultiplyAdds: Int {
        var isTrained: [Bool] = []
        return members.reduce(0) { total, member in
            let passesBack = member.inputs.contains { isTrained[$0] }
            isTrained.append(passesBack || !member.parameters.isEmpty)
            let forward = member.layer.multiplyAdds(member.inputs.map { members[$0].shape })
            return total + forward * (passesBack ? 3 : 2)
        }
    }

    /// The same network with every ReLU that only a max-pool reads moved behind it: the greatest value survives either
    /// way, NaN or not, and there are fewer numbers left to rectify. Values and gradients stay the same, but for a
    /// zero's sign.
    ///
    /// - Parameter readNodes: Names of nodes whose values are read after a step, besides the heads'.
    func withRectifiersAfterPools(readNodes: Set<String>) throws(GraphError) -> Graph {
        var moved: [Node] = []
        for member in members {
            var node = Node(member.node.layer, member.inputs.map { moved[$0] }, name: member.name)
            if member.layer is MaxPool2D, let first = member.inputs.first, members[first].layer is ReLU,
                members[first].consumers == 1, readNodes.isDisjoint(with: [member.name, members[first].name])
            {
                let pool = Node(member.node.layer, moved[first].inputs, name: member.name)
                node = Node(members[first].node.layer, [pool], name: members[first].name)
            }
            moved.append(node)
        }
        let newHeads = zip(heads, headOutputs).map {
            Head($0.name, moved[$1], anyLoss: $0.loss, weight: $0.weight)
        }
        return try Graph(heads: newHeads)
    }
}

/// Walks the nodes from the heads back, inputs first.
private struct GraphBuilder {
    private var order: [Node] = []
    private var indices: [ObjectIdentifier: Int] = [:]
    private var heads: [Int] = []

    /// `visit` has given every node an index before it is asked for.
    func index(of node: Node) -> Int { indices[ObjectIdentifier(node), default: 0] }

    /// Without recursion, which would overflow the stack in a deep network.
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
        heads.append(index(of: head))
    }

    /// Throws if there is no such distribution.
    private static func check(_ initial: Parameter.Initial, of name: String) throws(LayerError) {
        let isPossible =
            switch initial {
            case .constant(let value): value.isFinite
            case .uniform(let bound): bound.isFinite && bound >= 0
            case .normal(let deviation): deviation.isFinite && deviation >= 0
            }
        guard isPossible else {
            throw LayerError(
                found: "\(name) that begins \(initial)", expected: "finite numbers, of 0 or more for a range")
        }
    }

    /// The nodes' names: those that were given, and kinds with numbers.
    private func names() throws(GraphError) -> [String] {
        var names: [String] = []
        var taken: Set<String> = []
        var numbers: [String: Int] = [:]
        for node in order {
            let kind = node.layer.kind
            numbers[kind, default: 0] += 1
            let name = node.givenName ?? "\(kind)\(numbers[kind, default: 1])"
            guard taken.insert(name).inserted else {
                throw GraphError(node: name, found: "two nodes of this name", expected: "different names")
            }
            names.append(name)
        }
        return names
    }

    /// Whether no layer depends on the order of a node's numbers: only pointwise layers read it, and linear ones, whose
    /// weights can lie in any order.
    private func isOfAnyOrder() -> [Bool] {
        var isFree = order.map { _ in true }
        for head in heads { isFree[head] = false }
        for (index, node) in order.enumerated().reversed() {
            let isPointwise = node.layer.isPointwise && node.inputs.count == 1
            if node.layer is Linear || (isPointwise && isFree[index]) { continue }
            for input in node.inputs { isFree[self.index(of: input)] = false }
        }
        return isFree
    }

    func members() throws(GraphError) -> [Graph.Member] {
        let names = try names()
        let isOfAnyOrder = isOfAnyOrder()
        var members: [Graph.Member] = []
        for (index, node) in order.enumerated() {
            let name = names[index]
            let inputs = node.inputs.map { self.index(of: $0) }
            let shapes = inputs.map { members[$0].shape }
            do throws(LayerError) {
                guard node.layer.inputCount.contains(shapes.count) else {
                    let range = node.layer.inputCount
                    let (least, most) = (range.lowerBound, range.upperBound)
                    let expected = least == most ? "\(least)" : most == .max ? "\(least) or more" : "\(least)…\(most)"
                    throw LayerError(found: "\(shapes.count) inputs", expected: expected)
                }
                var layer = node.layer
                if let rearrangement = layer as? any Rearrangement {
                    layer = rearrangement.keepingOrder(of: shapes[0], isOfAnyOrder: isOfAnyOrder[index])
                }
                var shape = try layer.outputShape(shapes)
                if layer.isPointwise, shapes.count == 1 { shape.flattenedPositions = shapes[0].flattenedPositions }
                try checkTensor(
                    [shape.channels, shape.height, shape.width],
                    "an output of \(shape.channels)×\(shape.height)×\(shape.width)")
                let parameters = layer.parameters(shapes)
                for parameter in parameters {
                    try checkTensor(parameter.shape, "\(parameter.name) of \(parameter.shape)")
                    try Self.check(parameter.initial, of: parameter.name)
                }
                guard Set(parameters.map(\.name)).count == parameters.count else {
                    let names = parameters.map(\.name).joined(separator: ", ")
                    throw LayerError(found: "the parameters \(names)", expected: "different names")
                }
                members.append(
                    Graph.Member(
                        node: node, layer: layer, name: name, inputs: inputs, shape: shape, parameters: parameters))
            } catch {
                throw GraphError(node: name, found: error.found, expected: error.expected)
            }
            for input in inputs { members[input].consumers += 1 }
        }
        for head in heads { members[head].consumers += 1 }
        return members
    }
}
