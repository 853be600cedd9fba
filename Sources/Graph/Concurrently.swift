import Dispatch
import Foundation

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

/// Whether the system can start another thread; asking takes some 20 µs.
private func canStartThread() -> Bool {
    #if canImport(Darwin)
        var thread: pthread_t?
        guard pthread_create(&thread, nil, { _ in nil }, nil) == 0, let thread else { return false }
    #else
        var thread = pthread_t()
        guard pthread_create(&thread, nil, { _ in nil }, nil) == 0 else { return false }
    #endif
    return pthread_join(thread, nil) == 0
}
