import Dispatch
import Synchronization

/// Seconds that a phase of so many threads takes beyond its work: from the end of the last item until all threads work on
/// the next phase.
///
/// Measured over phases that have an item of 2 µs for each thread: with items of no length one thread would take them all.
package func meetingTime(threads: Int) -> Double {
    let (rounds, length) = (2000, UInt64(2000))
    // The best of some runs, since whatever else the machine does only adds.
    let times = (0..<7).map { _ in
        let begin = DispatchTime.now().uptimeNanoseconds
        let count = Atomic<Int>(0)
        WorkerTeam().run(
            threads: threads, items: [threads],
            run: { _, _, _ in
                let end = DispatchTime.now().uptimeNanoseconds + length
                while DispatchTime.now().uptimeNanoseconds < end {}
            },
            next: { _ in count.add(1, ordering: .relaxed).newValue < rounds })
        return Double(DispatchTime.now().uptimeNanoseconds - begin) / Double(rounds) - Double(length)
    }
    return max(0, times.min() ?? 0) * 1e-9
}
