import Kernels

/// A piece of the plan's memory.
struct Value: Hashable {
    let id: Int
}

/// Memory that lasts from step to step: the trainable parameters, three slabs laid out as they are, and the layers' state.
enum Slab {
    case weights, gradients, firstMoment, secondMoment, state
}

/// What `PlanBuilder` knows of a value.
struct ValueDescription {
    enum Extent {
        /// `count` numbers for each sample of the batch, one sample after the other.
        case sample
        /// `count` numbers for each group of samples, whose sums are combined in the order of the groups.
        case group
        /// `count` numbers.
        case whole
    }

    enum Home {
        /// The plan finds room for it.
        case planned
        /// In a slab that outlives the plan, from this number on.
        case slab(Slab, Int)
    }

    let extent: Extent
    let count: Int
    let isBytes: Bool
    let home: Home
    /// Whether it can be read after a step, so that nothing may reuse its memory.
    var isPinned: Bool

    /// The memory of its `count` numbers.
    func bytes<Scalar>(of _: Scalar.Type) -> Int { count * (isBytes ? 1 : MemoryLayout<Scalar>.stride) }
}

/// Something that workers do in a step.
struct Operation<Scalar: KernelScalar> {
    enum Division: Equatable {
        /// Once for every sample. Neighbouring operations of this kind run one after the other on a sample, while it is in
        /// cache, and groups of samples are the work items.
        case samples
        /// A number of independent pieces.
        case pieces(Int)
    }

    /// "conv1 forward".
    let label: String
    let node: Int?
    let division: Division
    let reads: [Value]
    let writes: [Value]
    /// Scalars of scratch memory, private to the worker.
    let workspace: Int
    let run: @Sendable (borrowing WorkItem<Scalar>) -> Void
}

/// A node while its operations are planned.
final class PlannedNode {
    let index: Int
    let member: Graph.Member
    let inputs: [Value]
    let inputShapes: [Shape]
    let output: Value
    /// The trainable parameters and their gradients, and the state, by PyTorch's names.
    let parameters: [String: Value]
    let parameterGradients: [String: Value]
    /// What the forward pass keeps for the backward pass.
    var kept: [String: Value] = [:]
    /// The gradient of the output, once the backward pass has come so far.
    var outputGradient: Value?

    init(
        index: Int, member: Graph.Member, inputs: [Value], inputShapes: [Shape], output: Value,
        parameters: [String: Value], parameterGradients: [String: Value]
    ) {
        self.index = index
        self.member = member
        self.inputs = inputs
        self.inputShapes = inputShapes
        self.output = output
        self.parameters = parameters
        self.parameterGradients = parameterGradients
    }
}

/// Collects the values and operations of a plan from the layers.
final class PlanBuilder<Scalar: KernelScalar> {
    let graph: Graph
    let isTraining: Bool
    let batchSize: Int
    /// Samples are worked on in at most 16 groups, whatever the number of threads.
    let groups: Int
    private(set) var values: [ValueDescription] = []
    private(set) var operations: [Operation<Scalar>] = []
    private(set) var nodes: [PlannedNode] = []
    private let wantsInputGradients: Bool
    /// Whether every node's output and gradient keeps memory of its own, so that it can be read after a step.
    private let keepsEverything: Bool
    private var needsGradient: [Bool] = []
    private var gradients: [Int: Value] = [:]
    private var updates: [Operation<Scalar>] = []

    init(
        _ graph: Graph, isTraining: Bool, batchSize: Int, inputGradients: Bool = false, keepsEverything: Bool = false
    ) {
        self.graph = graph
        self.isTraining = isTraining
        self.batchSize = batchSize
        groups = min(batchSize, 16)
        wantsInputGradients = inputGradients
        self.keepsEverything = keepsEverything
        makeNodes()
    }

    /// The numbers in the slab of trainable parameters.
    var trainableSlabCount: Int {
        nodes.flatMap(\.member.parameters).reduce(0) { $0 + ($1.isTrainable ? $1.slabCount : 0) }
    }

    // MARK: What layers ask for

    /// Room for a value of the plan.
    func value(
        _ extent: ValueDescription.Extent, _ count: Int, bytes: Bool = false, pinned: Bool = false,
        home: ValueDescription.Home = .planned
    ) -> Value {
        values.append(
            ValueDescription(extent: extent, count: count, isBytes: bytes, home: home, isPinned: pinned))
        return Value(id: values.count - 1)
    }

    /// Adds an operation; it runs after those before it that write what it reads or touch what it writes.
    func add(
        _ label: String, of node: PlannedNode? = nil, _ division: Operation<Scalar>.Division, reads: [Value],
        writes: [Value], workspace: Int = 0, run: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        let name = node.map { "\($0.member.name) \(label)" } ?? label
        operations.append(
            Operation(
                label: name, node: node?.index, division: division, reads: reads, writes: writes,
                workspace: workspace, run: run))
    }

    /// Adds up the groups' partial sums, in order, into a parameter's gradient.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addSumOfGroups(_ partials: Value, into gradient: Value, _ label: String, _ node: PlannedNode) {
        let count = values[partials.id].count
        let piece = 4096
        add(label, of: node, .pieces((count + piece - 1) / piece), reads: [partials], writes: [gradient]) { item in
            let first = item.piece * piece
            sumPartials(
                item[partials] + first, partialCount: item.activeGroups, stride: count,
                count: min(piece, count - first), into: item[gradient] + first)
        }
    }

    /// Adds an operation that runs only after the step has proved finite, like the optimizer: it changes lasting state.
    func addUpdate(
        _ label: String, of node: PlannedNode, reads: [Value], writes: [Value],
        run: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        updates.append(
            Operation(
                label: "\(node.member.name) \(label)", node: node.index, division: .pieces(1), reads: reads,
                writes: writes, workspace: 0, run: run))
    }

    /// Where the gradient of a node's input goes, and whether another consumer's is there already and it must be added;
    /// nil if nobody needs it.
    func gradient(ofInput input: Int, of node: PlannedNode) -> (value: Value, accumulates: Bool)? {
        gradient(of: node.member.inputs[input], inPlaceOf: node)
    }

    /// The same for any node, as losses need it.
    func gradient(of index: Int, inPlaceOf consumer: PlannedNode? = nil) -> (value: Value, accumulates: Bool)? {
        guard needsGradient[index] else { return nil }
        if let value = gradients[index] { return (value, true) }
        var value: Value?
        // A gradient that is read after the step keeps its own memory.
        let isPinned = keepsEverything || graph.members[index].node.layer is Input
        if let consumer, consumer.member.node.layer.worksInPlace, graph.members[index].consumers == 1, !isPinned {
            value = consumer.outputGradient
        }
        let made = value ?? self.value(.sample, graph.members[index].shape.count, pinned: isPinned)
        gradients[index] = made
        return (made, false)
    }

    // MARK: Both passes

    /// Adds the operations of all nodes' forward passes.
    func addForward() {
        for node in nodes { node.member.node.layer.forward(node, self) }
    }

    /// Adds the operations of the backward passes of all nodes that need one, outputs first.
    func addBackward() {
        for node in nodes.reversed() where needsGradient[node.index] && !(node.member.node.layer is Input) {
            guard let gradient = gradients[node.index] else { continue }
            node.outputGradient = gradient
            node.member.node.layer.backward(node, self)
        }
    }

    /// Adds what waited for the step to prove finite, after the operations that write `condition`.
    func addUpdates(after condition: Value) {
        for update in updates {
            operations.append(
                Operation(
                    label: update.label, node: update.node, division: update.division,
                    reads: update.reads + [condition], writes: update.writes, workspace: 0, run: update.run))
        }
    }

    /// The gradient of a node's output, once the backward pass has been added.
    func gradientValue(of index: Int) -> Value? { gradients[index] }

    private func makeNodes() {
        var (weightCount, stateCount) = (0, 0)
        let outputs = Set(graph.headOutputs)
        for (index, member) in graph.members.enumerated() {
            var (parameters, parameterGradients): ([String: Value], [String: Value]) = ([:], [:])
            for parameter in member.parameters {
                if parameter.isTrainable {
                    parameters[parameter.name] = value(.whole, parameter.slabCount, home: .slab(.weights, weightCount))
                    parameterGradients[parameter.name] =
                        value(.whole, parameter.slabCount, home: .slab(.gradients, weightCount))
                    weightCount += parameter.slabCount
                } else {
                    parameters[parameter.name] = value(.whole, parameter.slabCount, home: .slab(.state, stateCount))
                    stateCount += parameter.slabCount
                }
            }
            let isInput = member.node.layer is Input
            needsGradient.append(
                isInput
                    ? wantsInputGradients : !parameterGradients.isEmpty || member.inputs.contains { needsGradient[$0] })
            nodes.append(
                PlannedNode(
                    index: index, member: member, inputs: member.inputs.map { nodes[$0].output },
                    inputShapes: member.inputs.map { graph.members[$0].shape },
                    output: inPlaceOutput(of: member, isHeadOutput: outputs.contains(index))
                        ?? value(.sample, member.shape.count, pinned: keepsEverything || outputs.contains(index)),
                    parameters: parameters, parameterGradients: parameterGradients))
        }
    }

    /// The input's memory, if the layer may overwrite it and nobody else wants to see it.
    private func inPlaceOutput(of member: Graph.Member, isHeadOutput: Bool) -> Value? {
        guard !keepsEverything, member.node.layer.worksInPlace, let input = member.inputs.first,
            member.node.layer.isView || mayOverwrite(input)
        else { return nil }
        let value = nodes[input].output
        if isHeadOutput { values[value.id].isPinned = true }
        return value
    }

    private func mayOverwrite(_ index: Int) -> Bool {
        let member = graph.members[index]
        let layer = member.node.layer
        guard member.consumers == 1, !layer.keepsOutput, !(layer is Input) else { return false }
        return layer.isView ? mayOverwrite(member.inputs[0]) : true
    }
}
