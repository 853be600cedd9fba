import Foundation
import Synchronization

/// A signal that asked the process to end: SIGINT (Ctrl-C) or SIGTERM.
public struct Interruption: Error, CustomStringConvertible {
    public let signal: Int32
    public let description: String

    public init(signal: Int32, _ description: String) { (self.signal, self.description) = (signal, description) }

    /// "SIGINT" or "SIGTERM".
    public static func name(_ signal: Int32) -> String { signal == SIGINT ? "SIGINT" : "SIGTERM" }

    /// From now on the first of these signals is only noted, also where a shell has them ignored for a job in the
    /// background; a second one ends the process. A reader of standard output that goes away ends nothing.
    public static func watch() {
        Foundation.signal(SIGPIPE, SIG_IGN)
        _ = received.load(ordering: .relaxed)  // A handler must not be the first to touch it.
        for number in [SIGINT, SIGTERM] {
            Foundation.signal(number) { number in
                Interruption.received.store(number, ordering: .relaxed)
                Foundation.signal(SIGINT, SIG_DFL)
                Foundation.signal(SIGTERM, SIG_DFL)
            }
        }
        // Dispatch's threads block signals, and a process that one of them starts begins so.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        sigaddset(&wanted, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }

    /// The signal that was noted; nil for none.
    public static var noted: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    private static let received = Atomic<Int32>(0)
}
