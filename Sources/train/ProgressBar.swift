import Foundation
import Recipes
import Synchronization

/// The running epoch on a terminal's standard error: bar, loss, images a second, time left. Nothing where standard error is
/// not a terminal.
final class ProgressBar: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    // NO_COLOR: https://no-color.org
    private let usesColor = ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    private let lastShown = Mutex(0.0)

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
        let width = 24
        let filled = Int(fraction * Double(width))
        let rate = Double(progress.done) / max(progress.seconds, 1e-9)
        let epochsLeft = Double(progress.epochs - progress.epoch) + 1 - fraction
        let left = Int(min(epochsLeft * Double(progress.total) / max(rate, 1e-9), 1e9).rounded())
        let bar = String(repeating: "━", count: filled)
        let rest = String(repeating: usesColor ? "━" : "─", count: width - filled)
        let (bright, dim, plain) = usesColor ? ("\u{1B}[36m", "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
        let text =
            "epoch \(progress.epoch)/\(progress.epochs) \(bright)\(bar)\(plain)\(dim)\(rest)\(plain) "
            + String(
                format: "%3.0f %%  loss %.4f  %.0f images/s  ETA %d:%02d", fraction * 100, progress.trainLoss, rate,
                left / 60, left % 60)
        write("\r\u{1B}[K" + text)
    }

    /// Removes the bar, so that a line can be printed.
    func clear() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { printToStandardError(text) }
}
