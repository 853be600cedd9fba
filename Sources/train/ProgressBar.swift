import Foundation
import LanesCommandLine
import LanesTraining
import Synchronization

/// The running epoch on a terminal's standard error: bar, loss, images a second, time left. Nothing where standard error is
/// not a terminal.
final class ProgressBar: Sendable {
    private let isTerminal: Bool
    private let usesColor: Bool
    private let lastShown = Mutex(0.0)

    init() {
        let environment = ProcessInfo.processInfo.environment
        // A dumb terminal cannot go back to the beginning of a line.
        isTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
        // https://no-color.org
        usesColor = environment["NO_COLOR", default: ""].isEmpty
    }

    /// Draws the bar, at most ten times a second.
    func show(_ progress: TrainingProgress) {
        guard isTerminal else { return }
        let now = ProcessInfo.processInfo.systemUptime
        let isDue = lastShown.withLock { last in
            guard now - last >= 0.1 else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let fraction = Double(progress.done) / Double(max(progress.total, 1))
        let figures = figures(progress, fraction: fraction)
        let label = "epoch \(progress.epoch)/\(progress.epochs) "
        // What does not fit into a line would leave lines behind.
        let room = columns - 1
        let width = max(0, min(24, room - label.count - figures.count))
        let filled = Int(fraction * Double(width))
        let bar = String(repeating: "━", count: filled)
        let rest = String(repeating: usesColor ? "━" : "─", count: width - filled)
        let (bright, dim, plain) = usesColor ? ("\u{1B}[36m", "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
        let text = "\(label)\(bright)\(bar)\(plain)\(dim)\(rest)\(plain)\(figures)"
        write("\r\u{1B}[K" + (width > 0 ? text : String((label + figures.dropFirst()).prefix(room))))
    }

    private func figures(_ progress: TrainingProgress, fraction: Double) -> String {
        let rate = Double(progress.done) / max(progress.seconds, 1e-9)
        let epochsLeft = Double(progress.epochs - progress.epoch) + 1 - fraction
        let left = Int(min(epochsLeft * Double(progress.total) / max(rate, 1e-9), 1e9).rounded())
        return String(
            format: " %3.0f %%  loss %.4f  %.0f images/s  ETA %d:%02d", fraction * 100, progress.trainLoss, rate,
            left / 60, left % 60)
    }

    /// The terminal's width; 80 where it does not tell.
    private var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Removes the bar, so that a line can be printed.
    func clear() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { printToStandardError(text) }
}
