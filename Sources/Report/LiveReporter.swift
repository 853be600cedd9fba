import Dispatch
import Synchronization

/// Does one piece of work after the other on a thread of its own, at most one a second. Where there is no thread for it,
/// a piece is left undone.
final class LiveReporter {
    private enum State { case waiting, running, done, left }

    private final class Piece: Sendable {
        let state = Mutex(State.waiting)
        let end = DispatchSemaphore(value: 0)

        /// - Returns: Whether the state was this one, and now is the other.
        func change(from old: State, to new: State) -> Bool {
            state.withLock { state in
                guard state == old else { return false }
                state = new
                return true
            }
        }
    }

    private let queue = DispatchQueue(label: "lanes.report", qos: .utility)
    private var piece: Piece?
    private var begin = DispatchTime.now()

    /// Whether a second has passed since the last piece was begun, and it is done.
    var isReady: Bool {
        guard let piece else { return true }
        return piece.state.withLock { $0 == .done }
            && DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds >= 1_000_000_000
    }

    func start(_ work: @escaping @Sendable () -> Void) {
        let piece = Piece()
        (self.piece, begin) = (piece, .now())
        queue.async {
            guard piece.change(from: .waiting, to: .running) else { return }
            work()
            _ = piece.change(from: .running, to: .done)
            piece.end.signal()
        }
    }

    /// Waits for the piece that is under way; one that has not begun is left undone.
    func finish() {
        if let piece, !piece.change(from: .waiting, to: .left) { piece.end.wait() }
        piece = nil
    }
}
