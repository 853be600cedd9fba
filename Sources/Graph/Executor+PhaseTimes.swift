import Dispatch
import LanesKernels

/// How long the work of one phase takes, item by item.
package struct PhaseTimes: Sendable {
    /// What its items do, long chains shortened: "each sample: load batch → … → loss digit".
    package let work: String
    /// Seconds of every item, in the order in which workers claim them.
    package let items: [Double]

    /// How long so many workers take, if no worker makes another one slower: a worker that has done an item claims the
    /// next (WorkerTeam.swift), and the phase ends with the last.
    package func duration(workers: Int) -> Double {
        var ends = [Double](repeating: 0, count: max(1, min(workers, items.count)))
        for item in items {
            let free = ends.indices.min { ends[$0] < ends[$1] } ?? 0
            ends[free] += item
        }
        return ends.max() ?? 0
    }
}

extension Executor {
    /// Takes batches through the plan as `run` does, on the calling thread alone, and measures every item.
    ///
    /// - Returns: Of every phase, the least times of its items over the steps, since whatever else the machine does only adds.
    /// - Throws: What `run` throws.
    package func phaseTimes(
        steps: Range<Int>, from source: any BatchSource<Scalar>, learningRate: LearningRate = .constant(0)
    ) throws -> [PhaseTimes] {
        var times = plan.phases.map { [Double](repeating: .infinity, count: $0.items) }
        try enter(steps, from: source) {
            for step in steps {
                try begin(step: step, source: source, learningRate: learningRate)
                for (index, phase) in plan.phases.enumerated() {
                    for item in 0..<phase.items {
                        let start = DispatchTime.now().uptimeNanoseconds
                        perform(item, of: index, as: 0)
                        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
                        times[index][item] = min(times[index][item], seconds)
                    }
                    if state.pointee.isHalted || feed.hasFailed { return }
                }
                state.pointee.isDone = true
            }
        }
        return zip(plan.phases, times).map { PhaseTimes(work: $0.summary, items: $1) }
    }
}

extension Plan.Phase {
    fileprivate var summary: String {
        var chain = perSample.map(\.label)
        if chain.count > 3 { chain.replaceSubrange(1..<chain.count - 1, with: ["…"]) }
        let samples = chain.isEmpty ? [] : ["each sample: " + chain.joined(separator: " → ")]
        return (pieced.map(\.label) + samples).joined(separator: ", ")
    }
}
