import LanesKernels

/// Where a value lies: in shared memory, or at an offset in the memory of the worker that asks.
struct Place {
    /// nil for a value that lives only while one sample, or one group of samples, is worked on.
    var base: UnsafeMutableRawPointer?
    var offset: Int
    /// Bytes from one sample, or one group, to the next.
    var sampleStride: Int
    var groupStride: Int
    /// Numbers of a sample, of a group, or of the whole.
    var count: Int
    var scope: Value.Scope
}

/// What changes from step to step; written between steps only.
struct StepState {
    var step = 0
    /// Samples in this step's batch, at most the batch size.
    var samples = 0
    var learningRate = 0.0
    /// Whether a loss or a gradient was not finite: the rest of the step is left out.
    var isHalted = false
    /// Whether all of the step's phases have run, so that its values can be read.
    var isDone = false
}

/// What an operation may touch, as it said when it was added.
final class Access: Sendable {
    let label: String
    let reads: [Value]
    let writes: [Value]

    init(_ label: String, reads: [Value], writes: [Value]) {
        (self.label, self.reads, self.writes) = (label, reads, writes)
    }
}

/// What an operation sees while it runs: the piece, or the sample, that it works on, and its values.
public struct WorkItem<Scalar: KernelScalar>: ~Copyable {
    let places: UnsafePointer<Place>
    let state: UnsafeMutablePointer<StepState>
    let worker: UnsafeMutableRawPointer
    /// The operation's scratch memory.
    var workspace: UnsafeMutablePointer<Scalar>
    let seed: UInt64
    let groupSize: Int
    /// Set before every operation.
    var access: Unmanaged<Access>?
    var workspaceCount = 0
    var isPiece = false
    /// Which of the operation's pieces.
    public internal(set) var piece = 0
    /// Which sample of the batch.
    public internal(set) var sample = 0
    /// How many samples from `sample` on the operation works on: 1 unless it takes several.
    var sampleCount = 1
    var group = 0

    init(
        places: UnsafePointer<Place>, state: UnsafeMutablePointer<StepState>, worker: UnsafeMutableRawPointer,
        workspace: UnsafeMutablePointer<Scalar>, seed: UInt64, groupSize: Int
    ) {
        (self.places, self.state, self.worker, self.workspace) = (places, state, worker, workspace)
        (self.seed, self.groupSize) = (seed, groupSize)
    }

    /// Samples in this step's batch.
    public var samples: Int { state.pointee.samples }
    /// The step's number, as `Executor.run` was given it.
    public var step: Int { state.pointee.step }
    /// Whether the sample is the first of its group: a group's partial sum starts with it.
    public var isFirstOfGroup: Bool { sample == group * groupSize }
    /// Whether a group has so many samples that the sums of each are made separately and then added to the group's: one
    /// chain of additions over all of them would lose digits.
    var isGroupLong: Bool { groupSize > longestGroup }
    /// Groups that have samples in this step.
    public var activeGroups: Int { (samples + groupSize - 1) / groupSize }

    /// The numbers of a value that the operation reads: of the sample, of its group, or the whole value. In an operation of
    /// pieces: those of all samples, or of all groups, one after the other.
    @_lifetime(borrow self)
    public borrowing func read(_ value: Value) -> Span<Scalar> {
        check(value, isWritten: false)
        return unsafe _overrideLifetime(Span(_unsafeStart: self[value], count: count(of: value)), borrowing: self)
    }

    /// The same for a value that the operation writes. What a value holds before its first writer wrote it is left over from
    /// something else.
    @_lifetime(borrow self)
    public borrowing func write(_ value: Value) -> MutableSpan<Scalar> {
        check(value, isWritten: true)
        return unsafe _overrideLifetime(
            MutableSpan(_unsafeStart: self[value], count: count(of: value)), borrowing: self)
    }

    /// The scratch memory that the operation asked for; what it holds is left over from something else.
    @_lifetime(borrow self)
    public borrowing func scratch() -> MutableSpan<Scalar> {
        unsafe _overrideLifetime(MutableSpan(_unsafeStart: workspace, count: workspaceCount), borrowing: self)
    }

    /// Random numbers of this sample and step for a layer: a function of the executor's seed and these alone.
    public borrowing func random(for node: PlannedNode) -> RandomStream { random(node.index) }

    func random(_ node: Int) -> RandomStream {
        RandomStream(seed: seed, purpose: .dropout, epoch: step, index: node << 32 | sample)
    }

    private func count(of value: Value) -> Int {
        let place = places[value.id]
        guard isPiece else { return place.count }
        return switch place.scope {
        case .sample: place.count * samples
        case .group: place.count * activeGroups
        case .whole: place.count
        }
    }

    private func check(_ value: Value, isWritten: Bool) {
        guard let access = access?.takeUnretainedValue() else { return }
        let isKnown = access.writes.contains(value) || (!isWritten && access.reads.contains(value))
        if !isKnown {
            // A fault of the layer's code, like an index out of range: the plan orders operations by what they declare.
            fatalError("\(access.label) \(isWritten ? "writes" : "reads") a value that it does not name")
        }
    }

    /// A value of this sample or of this group, or the whole value. That it is as large as the plan says is up to the caller.
    @inline(__always)
    subscript(value: Value) -> UnsafeMutablePointer<Scalar> {
        raw(value).assumingMemoryBound(to: Scalar.self)
    }

    @inline(__always)
    func bytes(_ value: Value) -> UnsafeMutablePointer<UInt8> { raw(value).assumingMemoryBound(to: UInt8.self) }

    @inline(__always)
    private func raw(_ value: Value) -> UnsafeMutableRawPointer {
        let place = places[value.id]
        return (place.base ?? worker) + (place.offset + sample * place.sampleStride + group * place.groupStride)
    }
}
