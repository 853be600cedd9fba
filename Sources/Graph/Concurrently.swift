import Dispatch
import Foundation
import Synchronization

/// Calls `body` with 0, 1, …, `count` − 1, on as many threads as Dispatch finds right, and returns when all calls have.
///
/// Where the system gives no more threads (`ulimit -u`), the calling one does all the work: Dispatch would ask for
/// another one every second, endlessly.
package func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) {
    guard count > 1, canStartThread() else {
        for index in 0..<count { body(index) }
        return
    }
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
}

/// When a thread was last seen to start, in nanoseconds of the system's uptime.
private let lastStart = Atomic<UInt64>(0)

/// Whether the system can start another thread. Asking takes some 20 µs, and the answer is good for a tenth of a second.
private func canStartThread() -> Bool {
    let now = DispatchTime.now().uptimeNanoseconds
    let last = lastStart.load(ordering: .relaxed)
    if last != 0, now - min(last, now) < 100_000_000 { return true }
    #if canImport(Darwin)
        var thread: pthread_t?
        guard pthread_create(&thread, nil, { _ in nil }, nil) == 0, let thread else { return false }
    #else
        var thread = pthread_t()
        guard pthread_create(&thread, nil, { _ in nil }, nil) == 0 else { return false }
    #endif
    guard pthread_join(thread, nil) == 0 else { return false }
    lastStart.store(now, ordering: .relaxed)
    return true
}
