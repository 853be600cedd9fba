import Foundation
import Synchronization

/// A signal that asked the process to end: SIGINT (Ctrl-C), SIGTERM, or SIGHUP of a terminal that closes.
package struct Interruption: Error, CustomStringConvertible {
    package let signal: Int32
    package let description: String

    package init(signal: Int32, _ description: String) { (self.signal, self.description) = (signal, description) }

    /// "SIGINT", "SIGTERM" or "SIGHUP".
    package static func name(_ signal: Int32) -> String {
        signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP"
    }

    /// From now on the first of these signals is only noted, also where a shell has them ignored for a job in the
    /// background; a second one ends the process. A reader of standard output that goes away ends nothing.
    package static func watch() {
        Foundation.signal(SIGPIPE, SIG_IGN)
        _ = received.load(ordering: .relaxed)  // A handler must not be the first to touch it.
        // nohup has it ignored, and means that.
        let hangup = Foundation.signal(SIGHUP, SIG_IGN)
        let isIgnored = unsafeBitCast(hangup, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        for number in [SIGINT, SIGTERM] + (isIgnored ? [] : [SIGHUP]) {
            Foundation.signal(number) { number in
                Interruption.received.store(number, ordering: .relaxed)
                Foundation.signal(SIGINT, SIG_DFL)
                Foundation.signal(SIGTERM, SIG_DFL)
                Foundation.signal(SIGHUP, SIG_DFL)
            }
        }
        // Dispatch's threads block signals, and a process that one of them starts begins so.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        sigaddset(&wanted, SIGTERM)
        sigaddset(&wanted, SIGHUP)
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }

    /// The signal that was noted; nil for none.
    package static var noted: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    private static let received = Atomic<Int32>(0)
}
