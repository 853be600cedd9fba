import LanesKernels

/// A piece of the plan's memory: an output, a gradient, a parameter, or whatever a layer keeps.
public struct Value: Hashable, Sendable {
    /// How many times a value's numbers are there.
    public enum Scope: Sendable {
        /// For each sample of the batch, one sample after the other.
        case sample
        /// For each group of samples, whose sums are combined in the order of the groups.
        case group
        /// Once.
        case whole
    }

    let id: Int
}

/// Memory that lasts from step to step: the trainable parameters, three slabs laid out as they are, and the layers' state.
enum Slab {
    case weights, gradients, firstMoment, secondMoment, average, state
}

/// What `PlanBuilder` knows of a value.
struct ValueDescription: Sendable {
    enum Home: Sendable {
        /// The plan finds room for it.
        case planned
        /// In a slab that outlives the plan, from this number on.
        case slab(Slab, Int)
    }

    let scope: Value.Scope
    let count: Int
    let isBytes: Bool
    let home: Home
    /// Whether it can be read after a step, so that nothing may reuse its memory.
    var isPinned: Bool

    /// The memory of its `count` numbers.
    func bytes<Scalar>(of _: Scalar.Type) -> Int { count * (isBytes ? 1 : MemoryLayout<Scalar>.stride) }
}

/// Something that workers do in a step.
// A class, and all of it constant, so that a worker can call it without counting references to it and to what `run`
// captures: threads would pass the counts back and forth between their caches.
public final class PlannedOperation<Scalar: KernelScalar>: Sendable {
    /// How an operation's work is cut.
    public enum Division: Equatable, Sendable {
        /// Once for every sample. Neighbouring operations of this kind run one after the other on a sample, while it is in
        /// cache, and groups of samples are the work items.
        case samples
        /// A number of independent pieces.
        case pieces(Int)
    }

    let node: Int?
    let division: Division
    let access: Access
    /// Scalars of scratch memory, private to the worker.
    let workspace: Int
    /// Whether an operation of samples is called once for all samples of a group, which lie one after another.
    let takesSeveral: Bool
    /// Whether doing it again costs less than writing its result to memory and reading it back.
    let isCheap: Bool
    private let body: @Sendable (borrowing WorkItem<Scalar>) -> Void

    init(
        node: Int?, division: Division, access: Access, workspace: Int = 0, takesSeveral: Bool = false,
        isCheap: Bool = false, run body: @escaping @Sendable (borrowing WorkItem<Scalar>) -> Void
    ) {
        (self.node, self.division, self.access, self.workspace) = (node, division, access, workspace)
        (self.takesSeveral, self.isCheap, self.body) = (takesSeveral, isCheap, body)
    }

    /// The same, but that it also waits for what writes `condition`.
    func waiting(for condition: Value) -> PlannedOperation {
        PlannedOperation(
            node: node, division: division,
            access: Access(label, reads: reads + [condition], writes: writes), workspace: workspace, run: body)
    }

    /// 0 for an operation of samples.
    var pieces: Int { if case .pieces(let count) = division { count } else { 0 } }

    /// "conv1 forward".
    var label: String { access.label }
    var reads: [Value] { access.reads }
    var writes: [Value] { access.writes }

    /// Runs it on an item whose piece, or whose samples, are set.
    @inline(__always)
    func run(on item: inout WorkItem<Scalar>) {
        item.access = Unmanaged.passUnretained(access)
        item.workspaceCount = workspace
        body(item)
    }
}
