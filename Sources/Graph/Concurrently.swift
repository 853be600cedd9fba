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

/// Whether the system can start another thread. Asking takes some 20 µs, and the answer is good for 5 ms.
private func canStartThread() -> Bool {
    let now = DispatchTime.now().uptimeNanoseconds
    let last = lastStart.load(ordering: .relaxed)
    if last != 0, now - min(last, now) < 5_000_000 { return true }
    #if canImport(Glibc)
        var thread = pthread_t()
        guard pthread_create(&thread, nil, { _ in nil }, nil) == 0 else { return false }
    #else
        var thread: pthread_t?
        guard pthread_create(&thread, nil, { _ in nil }, nil) == 0, let thread else { return false }
    #endif
    guard pthread_join(thread, nil) == 0 else { return false }
    lastStart.store(now, ordering: .relaxed)
    return true
}

/// Calls `body` on a thread of its own.
///
/// - Returns: Whether the system gave one; else `body` is not called. Dispatch would ask for one again and again, and
///   its caller would wait.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    #if canImport(Darwin)
        var thread: pthread_t?
        let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
            Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }
    #else
        var thread = pthread_t()
        let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
            guard let argument else { return nil }
            Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }
    #endif
    let argument = Unmanaged.passRetained(ThreadBody(body))
    guard pthread_create(&thread, nil, main, argument.toOpaque()) == 0 else {
        argument.release()
        return false
    }
    #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
    #else
        pthread_detach(thread)
    #endif
    return true
}

/// What a thread is to do, as an object, since the system passes on one pointer.
private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
