import Foundation
import Synchronization
import Testing

@testable import LanesGraph

@Suite("Threads that work together")
struct WorkerTeamTests {
    @Test("Every number once", arguments: [0, 1, 2, 1000])
    func everyNumber(count: Int) {
        let seen = Mutex<[Int]>([])
        concurrently(count) { index in seen.withLock { $0.append(index) } }
        #expect(seen.withLock { $0 }.sorted() == Array(0..<count))
    }

    /// Of phases that are counted on and on, the 2³²th would be the end of the run.
    @Test("Phases come round in order, and every item once in each", arguments: [1, 2, 7])
    func rounds(threads: Int) {
        let items = [3, 1, 8]
        let done = Mutex<[[Int]]>([[]])
        let order = Mutex<[Int]>([])
        WorkerTeam().run(
            threads: threads, phases: 3, items: { items[$0] },
            run: { phase, item, _ in done.withLock { $0[$0.count - 1].append(10 * phase + item) } },
            next: { phase in
                order.withLock { $0.append(phase) }
                let rounds = done.withLock { done in
                    done.append([])
                    return done.count
                }
                return rounds <= 3000
            })
        #expect(order.withLock { $0 } == (0..<3000).map { $0 % 3 })
        let wanted = (0..<3000).map { phase in (0..<items[phase % 3]).map { 10 * (phase % 3) + $0 } }
        #expect(done.withLock { $0 }.dropLast().map { $0.sorted() } == wanted)
    }
}
