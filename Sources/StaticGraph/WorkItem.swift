import Kernels

/// Where a value lies: in shared memory, or at an offset in the memory of the worker that asks.
struct Place {
    /// nil for a value that lives only while one sample is worked on.
    var base: UnsafeMutableRawPointer?
    var offset: Int
    /// Bytes from one sample, or one group, to the next.
    var sampleStride: Int
    var groupStride: Int
}

/// What changes from step to step; written between steps only.
struct StepState {
    var step = 0
    /// Samples in this step's batch, at most the batch size.
    var samples = 0
    var learningRate = 0.0
    /// Whether a loss or a gradient was not finite: the rest of the step is left out.
    var isHalted = false
}

/// What an operation sees while it runs: the piece, or the sample, that it works on, and where values lie.
///
/// Pointers are given out by value; that each is as large as the plan says is the plan's business, and nobody else's.
struct WorkItem<Scalar: KernelScalar>: ~Copyable {
    let places: UnsafePointer<Place>
    let state: UnsafeMutablePointer<StepState>
    let worker: UnsafeMutableRawPointer
    /// The operation's scratch memory.
    var workspace: UnsafeMutablePointer<Scalar>
    let seed: UInt64
    let groupSize: Int
    /// Which of the operation's pieces.
    var piece = 0
    var sample = 0
    var group = 0

    /// Samples in this step's batch.
    var samples: Int { state.pointee.samples }
    var step: Int { state.pointee.step }
    /// Whether the sample is the first of its group.
    var isFirstOfGroup: Bool { sample == group * groupSize }
    /// Groups that have samples in this step.
    var activeGroups: Int { (samples + groupSize - 1) / groupSize }

    /// A value of this sample or of this group, or the whole value.
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
