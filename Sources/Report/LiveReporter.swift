import Dispatch

/// Does one piece of work after the other on a thread of its own, at most one a second.
final class LiveReporter {
    private let queue = DispatchQueue(label: "lanes.report", qos: .utility)
    private let group = DispatchGroup()
    private var last: DispatchTime?

    /// Whether a second has passed since the last piece began, and it is done.
    var isReady: Bool {
        guard group.wait(timeout: .now()) == .success else { return false }
        guard let last else { return true }
        return DispatchTime.now().uptimeNanoseconds - last.uptimeNanoseconds >= 1_000_000_000
    }

    func start(_ work: @escaping @Sendable () -> Void) {
        last = .now()
        queue.async(group: group, execute: work)
    }

    /// Waits for the piece that is under way.
    func finish() { group.wait() }
}
