import LanesKernels

/// A phase as workers read it, without counting references. The counts would go back and forth between the caches of
/// threads that begin an item every few microseconds, which takes 2 % of a step of `mlp` and 6 % of its predictions.
struct PhaseTable<Scalar: KernelScalar> {
    /// The plan keeps it alive.
    typealias Operation = Unmanaged<PlannedOperation<Scalar>>

    /// A work item that is a piece.
    struct Piece {
        let operation: Operation
        let number: Int
    }

    /// What a sample is taken through in one go.
    struct Run {
        let operations: UnsafeMutableBufferPointer<Operation>
        /// Whether it is one operation, for all samples of the group at once.
        let takesSeveral: Bool
    }

    /// The first work items.
    let pieces: UnsafeMutableBufferPointer<Piece>
    /// What the other items, groups of samples, go through.
    let runs: UnsafeMutableBufferPointer<Run>
}

/// The tables of a plan's phases, and their memory.
final class PhaseTables<Scalar: KernelScalar> {
    let phases: UnsafeMutablePointer<PhaseTable<Scalar>>
    private let memory: [AnyObject]

    /// - Returns: nil where there is no memory.
    init?(_ plan: Plan<Scalar>) {
        var memory: [AnyObject] = []
        func table<Element>(_ elements: [Element]) -> UnsafeMutableBufferPointer<Element>? {
            guard let table = AlignedMemory<Element>(elements.count, isZeroed: false) else { return nil }
            memory.append(table)
            _ = table.buffer.initialize(fromContentsOf: elements)
            return UnsafeMutableBufferPointer(rebasing: table.buffer[..<elements.count])
        }
        var phases: [PhaseTable<Scalar>] = []
        for phase in plan.phases {
            let pieces = phase.pieced.flatMap { operation in
                (0..<operation.pieces).map {
                    PhaseTable<Scalar>.Piece(operation: .passUnretained(operation), number: $0)
                }
            }
            var runs: [PhaseTable<Scalar>.Run] = []
            for run in phase.runs {
                guard let operations = table(phase.perSample[run].map { Unmanaged.passUnretained($0) })
                else { return nil }
                runs.append(
                    PhaseTable.Run(operations: operations, takesSeveral: phase.perSample[run.lowerBound].takesSeveral))
            }
            guard let pieces = table(pieces), let runs = table(runs) else { return nil }
            phases.append(PhaseTable(pieces: pieces, runs: runs))
        }
        guard let start = table(phases)?.baseAddress else { return nil }
        (self.phases, self.memory) = (start, memory)
    }
}
