import Foundation
import Synchronization

/// Threads that go through a sequence of phases together.
///
/// There is one word that all look at: the number of the current phase and of its next unclaimed item. A worker claims an
/// item by counting it up. Whoever finishes the last item of a phase opens the next one. Nobody waits for a worker that has
/// claimed nothing, so it does not matter how many of the threads that were asked for ever start.
final class WorkerTeam: Sendable {
    private let claim = Atomic<UInt64>(0)
    private let finished = Atomic<Int>(0)

    /// Runs phases 0, 1, …, 0, 1, … until `next` says that there are no more.
    ///
    /// - Parameters:
    ///   - items: Of each phase, before they repeat, the number of its work items, at least 1. Numbers of phases repeat with
    ///     them, so that runs of any length are right; a worker that slept through a whole round claims an item of the round
    ///     that it wakes up in.
    ///   - run: Does one item: (phase, item, worker).
    ///   - next: Called by one worker, with no item running, after phase `n` is done; false ends the run.
    func run(
        threads: Int, items: [Int], run: @Sendable (Int, Int, Int) -> Void,
        next: @Sendable (Int) -> Bool
    ) {
        claim.store(0, ordering: .relaxed)
        finished.store(0, ordering: .relaxed)
        concurrently(threads) { [self] worker in
            work(as: worker, items: items.span, run: run, next: next)
        }
    }

    // The phase stands in the upper half of the word, the item in the lower one.
    private static let over = UInt64(UInt32.max) << 32

    private func work(
        as worker: Int, items: Span<Int>, run: (Int, Int, Int) -> Void, next: (Int) -> Bool
    ) {
        var idle = 0
        while true {
            let ticket = claim.load(ordering: .acquiring)
            if ticket == Self.over { return }
            let (phase, item) = (Int(ticket >> 32), Int(ticket & 0xFFFF_FFFF))
            let count = items[phase]
            guard item < count else {
                // Looking costs nothing while a core is free; after some 50 µs, in a release build, let others have it.
                idle += 1
                if idle > 30_000 { sched_yield() }
                continue
            }
            idle = 0
            let claimed = claim.compareExchange(
                expected: ticket, desired: ticket + 1, ordering: .acquiringAndReleasing)
            guard claimed.exchanged else { continue }
            run(phase, item, worker)
            if finished.add(1, ordering: .acquiringAndReleasing).newValue == count {
                finished.store(0, ordering: .relaxed)
                claim.store(next(phase) ? UInt64((phase + 1) % items.count) << 32 : Self.over, ordering: .releasing)
            }
        }
    }
}
