import Dispatch
import LanesGraph
import Synchronization

/// Does one piece of work at a time on a thread of its own, and so seldom that it takes a twentieth of the time at most.
/// Where the system gives no thread, a piece is left undone. Nobody waits for a piece but `finish`.
final class LiveReporter {
    private final class Piece: Sendable {
        let begin = DispatchTime.now().uptimeNanoseconds
        /// In nanoseconds; 0 while it is under way.
        let duration = Atomic<UInt64>(0)
        let end = DispatchSemaphore(value: 0)
    }

    private var piece: Piece?
    private static let (leastInterval, intervalsPerDuration) = (UInt64(1_000_000_000), UInt64(20))

    /// Whether no piece is under way, and the last one was begun long enough ago.
    var isReady: Bool {
        guard let piece else { return true }
        let duration = piece.duration.load(ordering: .acquiring)
        let interval = max(Self.leastInterval, Self.intervalsPerDuration * duration)
        return duration > 0 && DispatchTime.now().uptimeNanoseconds - piece.begin >= interval
    }

    func start(_ work: @escaping @Sendable () -> Void) {
        let piece = Piece()
        let hasThread = startThread {
            work()
            piece.duration.store(max(1, DispatchTime.now().uptimeNanoseconds - piece.begin), ordering: .releasing)
            piece.end.signal()
        }
        if hasThread { self.piece = piece }
    }

    /// Waits for the piece that is under way.
    func finish() {
        piece?.end.wait()
        piece = nil
    }
}
