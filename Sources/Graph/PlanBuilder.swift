import LanesKernels

/// Collects the values and operations of a plan from the layers.
public final class PlanBuilder<Scalar: KernelScalar> {
    let graph: Graph
    /// Whether the step trains, so that layers which differ then (dropout, batch normalization) know.
    public let isTraining: Bool
    /// The most samples of a step.
    public let batchSize: Int
    /// Samples are worked on in so many groups, whatever the number of threads.
    let groups: Int
    /// Into how many pieces a layer may cut the forward pass of a single sample, of which each makes the very numbers that the
    /// whole pass does: it alone may depend on the number of threads. On one thread it is 1, since bands take 4 to 9 % longer.
    let mostBands: Int
    private(set) var values: [ValueDescription] = []
    private(set) var operations: [PlannedOperation<Scalar>] = []
    private(set) var nodes: [PlannedNode] = []
    private let wantsInputGradients: Bool
    /// Whether every node's output and gradient keeps memory of its own, so that it can be read after a step.
    private let keepsEverything: Bool
    /// The nodes whose outputs can be read after a step.
    private let readNodes: Set<String>
    /// The parameters that get no gradient.
    private let frozen: Set<String>
    private var needsGradient: [Bool] = []
    private var gradients: [Int: Value] = [:]
    private var updates: [PlannedOperation<Scalar>] = []
    private(set) var proofs: Set<Value> = []
    /// The nodes whose passes others do (PlanBuilder+Rectifier.swift).
    var takenOver: Set<Int> = []
    var takenOverBackward: Set<Int> = []

    init(
        _ graph: Graph, isTraining: Bool, batchSize: Int, inputGradients: Bool = false, keepsEverything: Bool = false,
        readNodes: Set<String> = [], frozen: Set<String> = [], mostGroups: Int? = nil, mostBands: Int = 1
    ) {
        self.graph = graph
        self.isTraining = isTraining
        self.batchSize = batchSize
        // Each sums its own gradients. Large batches have more groups, for more threads.
        groups = min(batchSize, mostGroups ?? max(16, min(64, batchSize / 8)))
        self.mostBands = mostBands
        wantsInputGradients = inputGradients
        self.keepsEverything = keepsEverything
        (self.readNodes, self.frozen) = (readNodes, frozen)
        makeNodes()
    }

    /// The numbers in the slab of trainable parameters.
    var trainableSlabCount: Int {
        nodes.flatMap(\.member.parameters).reduce(0) { $0 + ($1.isTrainable ? $1.slabCount : 0) }
    }

    // MARK: What layers ask for

    /// Room for a value of the plan: `count` numbers, 0 or more, for each sample, for each group of samples, or once.
    public func value(_ scope: Value.Scope, _ count: Int) -> Value {
        require(count >= 0, "a value of \(count) numbers")
        return value(scope, count, bytes: false)
    }

    func value(
        _ scope: Value.Scope, _ count: Int, bytes: Bool = false, pinned: Bool = false,
        home: ValueDescription.Home = .planned
    ) -> Value {
        values.append(
            ValueDescription(scope: scope, count: count, isBytes: bytes, home: home, isPinned: pinned))
        return Value(id: values.count - 1)
    }

    /// Adds an operation; it runs after those before it that write what it reads or touch what it writes.
    ///
    /// - Parameters:
    ///   - label: What it does, for the plan's table: "forward".
    ///   - node: The node whose operation it is.
    ///   - division: Whether it is called for every sample, or for a number of pieces that may run at the same time;
    ///     pieces must depend on the sizes of the problem alone, never on the number of threads. At least 1.
    ///   - reads: What it reads; the item gives out nothing else.
    ///   - writes: What it writes. An operation for every sample writes values of the sample, or a value of the group
    ///     that it starts where `isFirstOfGroup` and adds to afterwards; pieces write different parts of a value.
    ///   - workspace: Numbers of scratch memory that it needs while it runs; 0 or more.
    ///   - run: Does it, on the sample or piece that the item says. Called by several threads at once.
    public func add(
        _ label: String, of node: PlannedNode, _ division: PlannedOperation<Scalar>.Division, reads: [Value],
        writes: [Value], workspace: Int = 0, run: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        if case .pieces(let count) = division { require(count > 0, "\(node.name) \(label): \(count) pieces") }
        require(workspace >= 0, "\(node.name) \(label): a workspace of \(workspace)")
        addOperation(
            "\(node.name) \(label)", node: node.index, division, reads: reads, writes: writes, workspace: workspace,
            run: run)
    }

    /// The same for an operation that may want all samples of a group at once (`WorkItem.sampleCount`), or that is cheap: it
    /// may run again, on the same numbers, in every phase that reads what it wrote.
    func add(
        _ label: String, of node: PlannedNode, _ division: PlannedOperation<Scalar>.Division, reads: [Value],
        writes: [Value], workspace: Int = 0, takesSeveral: Bool = false, isCheap: Bool,
        run: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        addOperation(
            "\(node.name) \(label)", node: node.index, division, reads: reads, writes: writes, workspace: workspace,
            takesSeveral: takesSeveral, isCheap: isCheap, run: run)
    }

    func addOperation(
        _ label: String, node: Int? = nil, _ division: PlannedOperation<Scalar>.Division, reads: [Value],
        writes: [Value], workspace: Int = 0, takesSeveral: Bool = false, isCheap: Bool = false,
        run: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        // A fault of the layer's code: workers would wait for the end of a phase of no work.
        if case .pieces(let count) = division { require(count > 0, "\(label): \(count) pieces") }
        operations.append(
            PlannedOperation(
                node: node, division: division, access: Access(label, reads: reads, writes: writes),
                workspace: workspace, takesSeveral: takesSeveral, isCheap: isCheap, run: run))
    }

    /// Adds up the groups' partial sums, in order, into a parameter's gradient.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func addSumOfGroups(_ partials: Value, into gradient: Value, _ label: String, _ node: PlannedNode) {
        let count = values[partials.id].count
        let piece = 4096
        let pieces = (count + piece - 1) / piece
        // What is no parameter's gradient need not be finite.
        let proof: Value? = if case .slab = values[gradient.id].home { addProof(pieces: pieces) } else { nil }
        let writes = [gradient, proof].compactMap(\.self)
        add(label, of: node, .pieces(pieces), reads: [partials], writes: writes) { item in
            let first = item.piece * piece
            let (sum, length) = (item[gradient] + first, min(piece, count - first))
            sumPartials(
                item[partials] + first, partialCount: item.activeGroups, stride: count, count: length, into: sum)
            if let proof { item[proof][item.piece] = allFinite(sum, count: length) ? 0 : .nan }
        }
    }

    /// A value in which each of an operation's pieces says whether the gradients that it wrote are finite: 0, or NaN where not.
    /// They are in cache then, and need not be fetched again for the proof that the step is: 0.98 of one of `mlp` or `rotation`.
    func addProof(pieces: Int) -> Value {
        let proof = value(.whole, pieces)
        proofs.insert(proof)
        return proof
    }

    /// Whether all that writes a gradient also says whether it is finite.
    func isProven(_ gradient: Value) -> Bool {
        let writers = operations.filter { $0.writes.contains(gradient) }
        return !writers.isEmpty && writers.allSatisfy { $0.writes.contains(where: proofs.contains) }
    }

    /// Adds an operation that runs only after the step has proved finite, like the optimizer: it changes lasting state.
    public func addUpdate(
        _ label: String, of node: PlannedNode, reads: [Value], writes: [Value],
        run: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        updates.append(
            PlannedOperation(
                node: node.index, division: .pieces(1),
                access: Access("\(node.name) \(label)", reads: reads, writes: writes), run: run))
    }

    /// Where the gradient of a node's input goes, and whether another consumer's is there already and it must be added;
    /// nil if it is not needed. Ask in the backward pass, once for each input.
    public func gradient(ofInput input: Int, of node: PlannedNode) -> (value: Value, accumulates: Bool)? {
        gradient(of: node.member.inputs[input], inPlaceOf: input == 0 ? node : nil)
    }

    /// The same for any node, as losses need it.
    func gradient(of index: Int, inPlaceOf consumer: PlannedNode? = nil) -> (value: Value, accumulates: Bool)? {
        guard needsGradient[index] else { return nil }
        if let value = gradients[index] { return (value, true) }
        var value: Value?
        if let consumer, consumer.member.layer.worksInPlace, keepsGradientsInPlace(of: index) {
            value = consumer.outputGradient
        }
        let isPinned = isGradientPinned(of: index)
        let made = value ?? self.value(.sample, graph.members[index].shape.count, pinned: isPinned)
        gradients[index] = made
        return (made, false)
    }

    /// Whether a node's gradient is read after the step, so that it keeps its own memory.
    private func isGradientPinned(of index: Int) -> Bool {
        keepsEverything || graph.members[index].layer is Input
    }

    /// Whether a node's gradient may lie where that of its reader's output lay, if the reader works in place.
    func keepsGradientsInPlace(of index: Int) -> Bool {
        graph.members[index].consumers == 1 && !isGradientPinned(of: index)
    }

    // MARK: Both passes

    /// Adds the operations of all nodes' forward passes.
    func addForward() {
        for node in nodes { node.member.layer.forward(node, self) }
    }

    /// Adds the operations of the backward passes of all nodes that need one, outputs first.
    ///
    /// - Throws: `GraphError` for a layer that reads there what it has allowed others to overwrite.
    func addBackward() throws(GraphError) {
        for node in nodes.reversed() where needsGradient[node.index] && !(node.member.layer is Input) {
            guard let gradient = gradients[node.index] else { continue }
            node.outputGradient = gradient
            let (layer, before) = (node.member.layer, operations.count)
            layer.backward(node, self)
            let reads = operations[before...].flatMap(\.reads)
            let isOverwritten = layer.worksInPlace && node.inputs.first.map(reads.contains) == true
            if isOverwritten, node.inputs.first != node.output || !layer.keepsOutput {
                throw GraphError(
                    node: node.name, found: "a backward pass that reads the input, which its layer may overwrite",
                    expected: "no worksInPlace (or, if it is the output that it reads, keepsOutput)")
            }
            if !layer.keepsOutput, reads.contains(node.output) {
                throw GraphError(
                    node: node.name, found: "a backward pass that reads the output, which others may overwrite",
                    expected: "keepsOutput")
            }
        }
    }

    /// Adds what waited for the step to prove finite, after the operations that write `condition`.
    func addUpdates(after condition: Value) {
        operations += updates.map { $0.waiting(for: condition) }
    }

    /// Takes the operations out whose results depend on parameters and state alone, in their order, and keeps what they write
    /// where nothing else comes.
    func takeConstantOperations() -> [PlannedOperation<Scalar>] {
        var known: Set<Value> = []
        for (id, value) in values.enumerated() {
            if case .slab = value.home { known.insert(Value(id: id)) }
        }
        var constants: [PlannedOperation<Scalar>] = []
        var others: [PlannedOperation<Scalar>] = []
        for operation in operations {
            let isConstant = operation.division != .samples && operation.reads.allSatisfy(known.contains)
            if isConstant {
                constants.append(operation)
                known.formUnion(operation.writes)
                for value in operation.writes { values[value.id].isPinned = true }
            } else {
                others.append(operation)
            }
        }
        operations = others
        return constants
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
                    parameters[parameter.name] = value(
                        .whole, parameter.visibleCount, home: .slab(.weights, weightCount))
                    if !frozen.contains("\(member.name).\(parameter.name)") {
                        parameterGradients[parameter.name] =
                            value(.whole, parameter.visibleCount, home: .slab(.gradients, weightCount))
                    }
                    weightCount += parameter.slabCount
                } else {
                    parameters[parameter.name] = value(.whole, parameter.visibleCount, home: .slab(.state, stateCount))
                    stateCount += parameter.slabCount
                }
            }
            let isInput = member.layer is Input
            let isRead = keepsEverything || outputs.contains(index) || readNodes.contains(member.name)
            needsGradient.append(
                isInput
                    ? wantsInputGradients : !parameterGradients.isEmpty || member.inputs.contains { needsGradient[$0] })
            nodes.append(
                PlannedNode(
                    index: index, member: member, inputs: member.inputs.map { nodes[$0].output },
                    inputShapes: member.inputs.map { graph.members[$0].shape },
                    output: inPlaceOutput(of: member, isRead: isRead)
                        ?? value(.sample, member.shape.count, pinned: isRead),
                    parameters: parameters, parameterGradients: parameterGradients))
        }
    }

    /// The input's memory, if the layer may overwrite it and nothing else reads it.
    private func inPlaceOutput(of member: Graph.Member, isRead: Bool) -> Value? {
        guard !keepsEverything, member.layer.worksInPlace, let input = member.inputs.first,
            member.layer.isView || mayOverwrite(input)
        else { return nil }
        let value = nodes[input].output
        if isRead { values[value.id].isPinned = true }
        return value
    }

    private func mayOverwrite(_ index: Int) -> Bool {
        let member = graph.members[index]
        let layer = member.layer
        guard member.consumers == 1, !layer.keepsOutput, !(layer is Input), !readNodes.contains(member.name) else {
            return false
        }
        return layer.isView ? mayOverwrite(member.inputs[0]) : true
    }
}
