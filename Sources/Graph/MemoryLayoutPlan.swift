import LanesKernels

/// Finds room for every value of a plan: values whose lives do not overlap share memory.
///
/// A value that only one phase touches, sample by sample, or that every phase makes for itself, needs room for one sample
/// in each worker's own memory; it stays in that worker's cache. Where more than one of a phase's runs touches it
/// (`Plan.Phase.runs`), it is room for a group of samples. All others lie in the arena, which all workers share.
struct MemoryLayoutPlan {
    /// Where a value begins, and in whose memory.
    struct Offset {
        var bytes = 0
        var isPrivate = false
        /// Whether there is room for the samples of a group; one sample otherwise. Of private values.
        var isOfGroup = false
    }

    /// Samples of a group.
    let groupSize: Int
    private(set) var offsets: [Offset]
    private(set) var arenaBytes = 0
    private(set) var workerBytes = 0

    init<Scalar>(values: [ValueDescription], phases: [Plan<Scalar>.Phase], groups: Int, batchSize: Int) {
        offsets = Array(repeating: Offset(), count: values.count)
        groupSize = (batchSize + groups - 1) / groups
        // Of each value: the phases, and in case it is private the operations, from its first to its last use.
        var phaseLives: [ClosedRange<Int>?] = Array(repeating: nil, count: values.count)
        var operationLives = phaseLives
        var isPrivate = values.map { value in
            if case .sample = value.scope, case .planned = value.home { !value.isPinned } else { false }
        }
        // Of each value: from the beginning of the first run that touches it to the end of the last.
        var runLives: [ClosedRange<Int>?] = phaseLives
        var time = 0
        for (index, phase) in phases.enumerated() {
            var seen: [Int: ClosedRange<Int>] = [:]
            for run in phase.runs {
                let life = time + run.lowerBound...time + run.upperBound - 1
                for value in phase.perSample[run].flatMap({ $0.reads + $0.writes }) {
                    let isShared = phase.perSample[run.lowerBound].takesSeveral || seen[value.id, default: life] != life
                    if isShared { offsets[value.id].isOfGroup = true }
                    seen[value.id] = life
                    let start = Self.extend(runLives[value.id], to: life.lowerBound)
                    runLives[value.id] = Self.extend(start, to: life.upperBound)
                }
            }
            for (operation, perSample) in phase.perSample.map({ ($0, true) }) + phase.pieced.map({ ($0, false) }) {
                for value in operation.reads + operation.writes {
                    if let life = phaseLives[value.id], life.upperBound != index, !phase.repeated.contains(value) {
                        isPrivate[value.id] = false
                    }
                    if !perSample { isPrivate[value.id] = false }
                    phaseLives[value.id] = Self.extend(phaseLives[value.id], to: index)
                    operationLives[value.id] = Self.extend(operationLives[value.id], to: time)
                }
                time += 1
            }
        }
        var shared: [Room] = []
        var own: [Room] = []
        for (id, value) in values.enumerated() {
            guard case .planned = value.home, var life = phaseLives[id], let operations = operationLives[id] else {
                continue
            }
            let samples =
                switch value.scope {
                case .sample: isPrivate[id] ? (offsets[id].isOfGroup ? groupSize : 1) : batchSize
                case .group: groups
                case .whole: 1
                }
            if value.isPinned { life = 0...phases.count }
            // A vector may be read past the end of the last number, so each value is followed by room for one.
            let bytes = samples * value.bytes(of: Scalar.self)
            let size = (bytes + 2 * cacheLinePair - 1) / cacheLinePair * cacheLinePair
            offsets[id].isPrivate = isPrivate[id]
            if isPrivate[id] {
                // A run goes over its operations sample by sample, so what another run needs must last for the whole of it.
                let life = offsets[id].isOfGroup ? runLives[id] ?? operations : operations
                own.append(Room(id: id, size: size, life: life))
            } else {
                shared.append(Room(id: id, size: size, life: life))
            }
        }
        arenaBytes = place(shared)
        workerBytes = place(own)
    }

    private struct Room {
        let id: Int
        let size: Int
        let life: ClosedRange<Int>
        var start = 0
    }

    private static func extend(_ range: ClosedRange<Int>?, to point: Int) -> ClosedRange<Int> {
        range.map { min($0.lowerBound, point)...max($0.upperBound, point) } ?? point...point
    }

    /// Largest first, each at the lowest address that is free for its whole life. Returns the bytes that all take.
    private mutating func place(_ rooms: [Room]) -> Int {
        var placed: [Room] = []
        for var room in rooms.sorted(by: { ($1.size, $0.id) < ($0.size, $1.id) }) {
            let neighbours = placed.filter { $0.life.overlaps(room.life) }.sorted { $0.start < $1.start }
            for other in neighbours where room.start < other.start + other.size && other.start < room.start + room.size
            {
                room.start = other.start + other.size
            }
            placed.append(room)
            offsets[room.id].bytes = room.start
        }
        return placed.map { $0.start + $0.size }.max() ?? 0
    }
}
