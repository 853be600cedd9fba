import LanesKernels

/// A compiled graph: phases of independent work items, and a place for every value.
///
/// Operations that work sample by sample and follow one another share a phase: its work items are groups of samples, and
/// a worker takes a sample through all of them while it is in cache, but for those that take all samples of a group at once.
/// All other operations bring work items of their own.
struct Plan<Scalar: KernelScalar> {
    /// What workers do between two meetings; its items are independent of each other.
    struct Phase {
        var perSample: [PlannedOperation<Scalar>] = []
        var pieced: [PlannedOperation<Scalar>] = []
        /// Work items: the pieces first, then the groups of samples.
        var items = 0

        /// What cheap operations of earlier phases made and make here again.
        var repeated: Set<Value> = []
        /// What a sample is taken through in one go: an operation that takes several is a run of its own.
        var runs: [Range<Int>] = []
    }

    let phases: [Phase]
    let places: [Place]
    /// Bytes of the memory that all workers share, and of what each has for itself: values, then scratch.
    let arenaBytes: Int
    let workerBytes: Int
    let workspaceOffset: Int
    let values: [ValueDescription]
    let groups: Int
    let batchSize: Int

    /// - Parameters:
    ///   - workspace: Scalars of scratch memory that a worker needs at least.
    ///   - slabs: Where each slab lies.
    init(_ builder: PlanBuilder<Scalar>, workspace: Int, slabs: [Slab: UnsafeMutableRawPointer]) {
        values = builder.values
        (groups, batchSize) = (builder.groups, builder.batchSize)
        let levels = Self.levels(of: builder.operations)
        let repetitions = Self.repetitions(in: builder, levels)
        var phases = [Phase](repeating: Phase(), count: (levels.max() ?? -1) + 1)
        for (index, operation) in builder.operations.enumerated() {
            let level = levels[index]
            switch operation.division {
            case .samples:
                if phases[level].perSample.isEmpty { phases[level].items += groups }
                for cheap in repetitions[index, default: []] {
                    phases[level].perSample.append(builder.operations[cheap])
                    phases[level].repeated.formUnion(builder.operations[cheap].writes)
                }
                phases[level].perSample.append(operation)
            case .pieces(let count):
                phases[level].items += count
                phases[level].pieced.append(operation)
            }
        }
        for index in phases.indices { phases[index].runs = Self.runs(of: phases[index].perSample) }
        self.phases = phases
        let layout = MemoryLayoutPlan(values: values, phases: phases, groups: groups, batchSize: batchSize)
        (arenaBytes, workspaceOffset) = (layout.arenaBytes, layout.workerBytes)
        let workspace = max(workspace, builder.operations.map(\.workspace).max() ?? 0)
        workerBytes = layout.workerBytes + (workspace + 2 * vectorWidth) * MemoryLayout<Scalar>.stride
        places = zip(values, layout.offsets).map { value, offset in
            let bytes = value.bytes(of: Scalar.self)
            var place = Place(
                base: nil, offset: offset.bytes, sampleStride: 0, groupStride: 0, count: value.count, scope: value.scope
            )
            if !offset.isPrivate {
                if case .sample = value.scope { place.sampleStride = bytes }
                if case .group = value.scope { place.groupStride = bytes }
            } else if offset.isOfGroup {
                // The worker has room for one group, whichever it is.
                (place.sampleStride, place.groupStride) = (bytes, -layout.groupSize * bytes)
            }
            if case .slab(let slab, let start) = value.home {
                place.base = slabs[slab]
                place.offset = start * MemoryLayout<Scalar>.stride
            }
            return place
        }
        isPrivate = layout.offsets.map(\.isPrivate)
        privateSamples = layout.offsets.map { $0.isOfGroup ? layout.groupSize : 1 }
    }

    /// The cheap operations that run again in a later phase that reads what they wrote, instead of having it go through
    /// memory (for the idea: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
    ///
    /// - Returns: For each operation that reads it, the cheap operations to run before.
    private static func repetitions(in builder: PlanBuilder<Scalar>, _ levels: [Int]) -> [Int: [Int]] {
        let operations = builder.operations
        var users: [Value: [Int]] = [:]
        for (index, operation) in operations.enumerated() {
            for value in operation.reads + operation.writes { users[value, default: []].append(index) }
        }
        var repetitions: [Int: [Int]] = [:]
        func isCheap(_ value: Value) -> Bool {
            users[value, default: []].contains { operations[$0].isCheap && operations[$0].writes.contains(value) }
        }
        for (index, operation) in operations.enumerated() where operation.isCheap && operation.writes.count == 1 {
            let result = operation.writes[0]
            let later = users[result, default: []].filter { $0 != index }
            // Nothing else writes the result, and all its readers work sample by sample. What the operation reads is
            // not itself made again: of two such operations one would have to run before the other.
            let isAlone = later.allSatisfy {
                operations[$0].division == .samples && !operations[$0].writes.contains(result)
            }
            guard isAlone, !builder.values[result.id].isPinned, !operation.reads.contains(where: isCheap) else {
                continue
            }
            // What it reads still holds the same numbers in the phases of all readers.
            let last = later.map { levels[$0] }.max() ?? 0
            let lasts = operation.reads.flatMap { users[$0, default: []] }.allSatisfy { other in
                other <= index || levels[other] > last
                    || !operation.reads.contains(where: operations[other].writes.contains)
            }
            guard lasts else { continue }
            var done: Set<Int> = [levels[index]]
            for user in later where done.insert(levels[user]).inserted {
                repetitions[user, default: []].append(index)
            }
        }
        return repetitions
    }

    private static func runs(of operations: [PlannedOperation<Scalar>]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for (index, operation) in operations.enumerated() {
            if let last = runs.last, !operation.takesSeveral, !operations[last.lowerBound].takesSeveral {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        return runs
    }

    /// Whether a value lies in the memory of the worker.
    let isPrivate: [Bool]
    /// How many samples of it a worker's memory holds then.
    let privateSamples: [Int]

    /// The earliest phase of every operation. One may share a phase with an operation that it depends on only if both
    /// work sample by sample.
    private static func levels(of operations: [PlannedOperation<Scalar>]) -> [Int] {
        var levels: [Int] = []
        var writers: [Value: [Int]] = [:]
        var readers: [Value: [Int]] = [:]
        for (index, operation) in operations.enumerated() {
            var level = 0
            let before =
                (operation.reads + operation.writes).flatMap { writers[$0] ?? [] }
                + operation.writes.flatMap { readers[$0] ?? [] }
            for other in before {
                let shares = operation.division == .samples && operations[other].division == .samples
                level = max(level, levels[other] + (shares ? 0 : 1))
            }
            levels.append(level)
            for value in operation.reads { readers[value, default: []].append(index) }
            for value in operation.writes { writers[value, default: []].append(index) }
        }
        return levels
    }
}
