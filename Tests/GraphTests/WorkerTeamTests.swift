import Foundation
import TestSupport
import Testing

@testable import LanesGraph

@Suite("Threads that work together")
struct WorkerTeamTests {
    @Test("Every number once", .namingCases)
    func everyNumber() {
        forEach([0, 1, 2, 1000]) { count in
            let seen = Log()
            concurrently(count) { seen.add($0) }
            #expect(seen.rounds.map { $0.sorted() } == [Array(0..<count)])
        }
    }

    /// Of phases that are counted on and on, the 2³²th would be the end of the run.
    @Test("Phases come round in order, and every item once in each", .namingCases)
    func rounds() {
        forEach([1, 2, 7]) { threads in
            let items = [3, 1, 8]
            let (done, order) = (Log(), Log())
            WorkerTeam().run(
                threads: threads, items: items,
                run: { phase, item, _ in done.add(10 * phase + item) },
                next: { phase in
                    order.add(phase)
                    done.beginRound()
                    return done.rounds.count <= 3000
                })
            #expect(order.rounds == [(0..<3000).map { $0 % 3 }])
            let wanted = (0..<3000).map { phase in (0..<items[phase % 3]).map { 10 * (phase % 3) + $0 } }
            #expect(done.rounds.dropLast().map { $0.sorted() } == wanted)
        }
    }
}

/// Numbers that several threads write down. By a lock of the system's, since a thread sanitizer does not see Swift's `Mutex`.
private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [[Int]] = [[]]

    var rounds: [[Int]] { lock.withLock { numbers } }
    func add(_ number: Int) { lock.withLock { numbers[numbers.count - 1].append(number) } }
    func beginRound() { lock.withLock { numbers.append([]) } }
}
