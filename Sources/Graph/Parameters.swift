import LanesKernels
import Synchronization

/// A network's numbers: the trainable ones in one slab, in another the state that layers keep, such as running means.
///
/// It is shared between executors (one that trains, one that evaluates). Runs claim it: any number may read it at a time, or
/// one may change it, and a run that would break this is refused with `TrainingError.busy`. While a run changes it, read it
/// only in that run's reports.
// Sendable because of the claims, and because a run's workers touch disjoint places of it or none at once.
public final class Parameters<Scalar: KernelScalar>: @unchecked Sendable {
    /// A parameter's place.
    package struct Slot {
        package let name: String
        package let parameter: Parameter
        package let offset: Int
    }

    /// What a run does with the numbers.
    enum Use { case reading, changing }

    package let slots: [Slot]
    let weights: UnsafeMutableBufferPointer<Scalar>
    let state: UnsafeMutableBufferPointer<Scalar>
    /// What the two lie in.
    private let memory: [AlignedMemory<Scalar>]
    /// The runs that read the numbers now; -1 while one changes them.
    private let claims = Atomic<Int>(0)

    /// Draws the initial numbers. Those of a parameter depend on the seed and on its place in the graph alone.
    ///
    /// - Throws: `GraphError` where there is not enough memory.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public init(_ graph: Graph, seed: UInt64) throws(GraphError) {
        var slots: [Slot] = []
        var (weightCount, stateCount) = (0, 0)
        for (name, parameter) in graph.parameters {
            slots.append(
                Slot(name: name, parameter: parameter, offset: parameter.isTrainable ? weightCount : stateCount))
            if parameter.isTrainable { weightCount += parameter.slabCount } else { stateCount += parameter.slabCount }
        }
        self.slots = slots
        try Processor.check(for: "parameters")
        memory = try Self.memory([weightCount, stateCount])
        (weights, state) = (memory[0].buffer, memory[1].buffer)
        for (index, slot) in slots.enumerated() {
            var random = RandomStream(seed: seed, purpose: .initialization, index: index)
            let (numbers, parameter) = (slab(slot), slot.parameter)
            for place in 0..<parameter.count {
                numbers[slot.offset + parameter.position(of: place)] =
                    switch parameter.initial {
                    case .constant(let value): Scalar(value)
                    case .uniform(let bound): Scalar(random.uniform(in: -bound...bound))
                    case .normal(let deviation): Scalar(deviation * random.normal())
                    }
            }
        }
    }

    /// The same numbers in memory of their own.
    ///
    /// - Throws: `GraphError` where there is not enough memory.
    package init(tryingToCopy other: Parameters) throws(GraphError) {
        slots = other.slots
        memory = try Self.memory([other.weights.count, other.state.count])
        (weights, state) = (memory[0].buffer, memory[1].buffer)
        copy(from: other)
    }

    /// The same numbers in memory of their own. Where there is not enough the program stops with a message, as it does
    /// where an array finds none.
    package convenience init(copying other: Parameters) {
        do {
            try self.init(tryingToCopy: other)
        } catch {
            fatalError("\(error)")
        }
    }

    private static func memory(_ counts: [Int]) throws(GraphError) -> [AlignedMemory<Scalar>] {
        try counts.map { count throws(GraphError) in
            if let memory = AlignedMemory<Scalar>(count) { return memory }
            throw GraphError(
                node: "parameters", found: "no memory for \(count * MemoryLayout<Scalar>.stride) bytes of numbers",
                expected: "a smaller network, or more memory")
        }
    }

    /// Changes the numbers unless a run uses them.
    ///
    /// - Returns: Whether it did.
    package func changing(_ change: () -> Void) -> Bool {
        guard claim(for: .changing) else { return false }
        change()
        release(from: .changing)
        return true
    }

    /// Whether a run may begin that does this with the numbers; it then releases them at its end.
    func claim(for use: Use) -> Bool {
        var known = claims.load(ordering: .relaxed)
        while use == .changing ? known == 0 : known >= 0 {
            let (exchanged, original) = claims.weakCompareExchange(
                expected: known, desired: use == .changing ? -1 : known + 1, ordering: .acquiringAndReleasing)
            if exchanged { return true }
            known = original
        }
        return false
    }

    func release(from use: Use) { claims.add(use == .changing ? 1 : -1, ordering: .releasing) }

    /// Takes over the numbers of parameters of the same graph.
    package func copy(from other: Parameters) {
        guard other !== self else { return }
        _ = weights.update(fromContentsOf: other.weights)
        _ = state.update(fromContentsOf: other.state)
    }

    /// - Throws: `GraphError` unless these are the parameters of this graph: the same names and shapes in one order.
    package func check(against graph: Graph) throws(GraphError) {
        let expected = graph.parameters
        let isSame =
            slots.count == expected.count
            && zip(slots, expected).allSatisfy { slot, other in
                slot.name == other.name && slot.parameter.shape == other.parameter.shape
                    && slot.parameter.slabCount == other.parameter.slabCount
                    && slot.parameter.isTrainable == other.parameter.isTrainable
            }
        guard !isSame else { return }
        func list(_ parameters: [(String, [Int])]) -> String {
            parameters.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        }
        throw GraphError(
            node: "parameters",
            found: "those of another graph: \(list(slots.map { ($0.name, $0.parameter.shape) }))",
            expected: list(expected.map { ($0.name, $0.parameter.shape) }))
    }

    /// The full names, in the order of the graph.
    public var names: [String] { slots.map(\.name) }

    /// PyTorch's shape of a parameter, or nil if there is none of that name.
    public func shape(of name: String) -> [Int]? { slot(name)?.parameter.shape }

    /// A parameter's numbers in PyTorch's order, or nil if there is none of that name.
    public subscript(name: String) -> [Scalar]? {
        // Specialized, because the unspecialized getter comes out wrong in a release build of Swift 6.3.1: it returned
        // a pointer to no array.
        @specialized(where Scalar == Float)
        @specialized(where Scalar == Double)
        get {
            guard let slot = slot(name) else { return nil }
            return values(slot)
        }
    }

    /// Replaces a parameter's numbers, which are given in PyTorch's order.
    ///
    /// - Throws: `GraphError` if there is no parameter of that name, the count is not that of its shape, or a run is using
    ///   the parameters.
    public func set(_ name: String, to values: [Scalar]) throws(GraphError) {
        guard let slot = slot(name) else {
            throw GraphError(
                node: name, found: "\(values.count) numbers for it",
                expected: "a parameter of this name; there are \(names.joined(separator: ", "))")
        }
        guard values.count == slot.parameter.count else {
            throw GraphError(
                node: name, found: "\(values.count) numbers",
                expected: "\(slot.parameter.count) for shape \(slot.parameter.shape)")
        }
        guard changing({ set(slot, values) }) else {
            throw GraphError(
                node: name, found: "numbers for it while a run uses it", expected: "no run of its parameters")
        }
    }

    /// A parameter's numbers in PyTorch's order.
    package func values(_ slot: Slot) -> [Scalar] { values(slot, in: slab(slot)) }

    /// The numbers of a slab that lies as the trainable ones do (their gradients, Adam's moments), by parameter.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func values(_ slot: Slot, in slab: UnsafeMutableBufferPointer<Scalar>) -> [Scalar] {
        if case .plain = slot.parameter.layout {
            return Array(slab[slot.offset..<slot.offset + slot.parameter.count])
        }
        return (0..<slot.parameter.count).map { slab[slot.offset + slot.parameter.position(of: $0)] }
    }

    package func slot(_ name: String) -> Slot? { slots.first { $0.name == name } }

    private func slab(_ slot: Slot) -> UnsafeMutableBufferPointer<Scalar> {
        slot.parameter.isTrainable ? weights : state
    }

    /// Replaces a parameter's numbers, as many as it has, in PyTorch's order.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package func set(_ slot: Slot, _ values: [Scalar]) {
        for (index, value) in values.enumerated() {
            slab(slot)[slot.offset + slot.parameter.position(of: index)] = value
        }
    }
}
