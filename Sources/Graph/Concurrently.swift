import Foundation
import Synchronization

/// Calls `body` with 0, 1, …, `count` − 1, on as many threads as there are processors, and returns when all calls have.
///
/// Where the system gives no more threads (`ulimit -u`), those that there are do the work, in the end the calling one alone.
/// `DispatchQueue.concurrentPerform` would wait for a thread, asking again every second for ever.
package func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        let job = Job(count, body)
        var helpers: [pthread_t] = []
        while helpers.count + 1 < min(count, ProcessInfo.processInfo.activeProcessorCount), let helper = job.start() {
            helpers.append(helper)
        }
        job.work()
        for helper in helpers { pthread_join(helper, nil) }
    }
}

/// What several threads share: whoever has nothing to do takes the next number.
private final class Job: Sendable {
    private let count: Int
    private let body: @Sendable (Int) -> Void
    private let next = Atomic<Int>(0)

    init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) { (self.count, self.body) = (count, body) }

    func work() {
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            body(index)
        }
    }

    /// A thread that works; nil where the system gives none.
    func start() -> pthread_t? {
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let retained = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { argument in
                let argument: UnsafeMutableRawPointer? = argument
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, retained.toOpaque())
        guard status == 0 else {
            retained.release()
            return nil
        }
        return thread
    }
}
