import Foundation
import LanesCommandLine
import LanesTraining
import Synchronization

/// The running epoch on a terminal's standard error: bar, loss, images a second, time left; and its evaluation. Nothing
/// where standard error is not a terminal.
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
        guard isDue else { return }
        let fraction = Double(progress.done) / Double(max(progress.total, 1))
        let rate = Double(progress.done) / max(progress.seconds, 1e-9)
        let epochsLeft = Double(progress.epochs - progress.epoch) + 1 - fraction
        let left = Int(min(epochsLeft * Double(progress.total) / max(rate, 1e-9), 1e9).rounded())
        let figures = [
            String(format: "ETA %d:%02d", left / 60, left % 60), String(format: "loss %.4f", progress.trainLoss),
            String(format: "%.0f images/s", rate),
        ]
        draw("epoch \(progress.epoch)/\(progress.epochs)", fraction, figures)
    }

    /// The same for the evaluation after an epoch.
    func show(_ progress: EvaluationProgress) {
        guard isDue else { return }
        let fraction = Double(progress.done) / Double(max(progress.total, 1))
        draw("epoch \(progress.epoch)/\(progress.epochs)", fraction, ["\(progress.part.rawValue) images"])
    }

    private var isDue: Bool {
        guard isTerminal else { return false }
        let now = ProcessInfo.processInfo.systemUptime
        return lastShown.withLock { last in
            guard now - last >= 0.1 else { return false }
            last = now
            return true
        }
    }

    /// - Parameter figures: The first ones stay longest as the terminal gets narrower.
    private func draw(_ label: String, _ fraction: Double, _ figures: [String]) {
        let (text, bar) = Self.line(label, fraction, figures, columns: terminalColumns(of: STDERR_FILENO) ?? 80)
        let filled = String(repeating: "━", count: Int(fraction * Double(bar)))
        let rest = String(repeating: usesColor ? "━" : "─", count: bar - filled.count)
        let (bright, dim, plain) = usesColor ? ("\u{1B}[36m", "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
        let drawn = bar == 0 ? "" : " \(bright)\(filled)\(plain)\(dim)\(rest)\(plain)"
        // The cursor waits where the line begins: a terminal that becomes narrower folds the line behind it, and the
        // next bar, drawn from there on, clears whatever is below.
        write("\r\(text.label)\(drawn)\(text.figures)\u{1B}[J\r")
    }

    /// What fits into one line and leaves its last column free, so that nothing wraps.
    static func line(
        _ label: String, _ fraction: Double, _ figures: [String], columns: Int
    ) -> (text: (label: String, figures: String), bar: Int) {
        let room = columns - 1
        let percent = String(format: " %3.0f %%", fraction * 100)
        guard label.count + percent.count <= room else { return ((String(label.prefix(max(room, 0))), ""), 0) }
        var shown: [String] = []
        let length = { (figures: [String]) in label.count + percent.count + figures.reduce(0) { $0 + 2 + $1.count } }
        // A figure is worth more than a long bar, and a short bar more than the last figure.
        for figure in figures where length(shown + [figure]) + (shown.count > 1 ? 6 : 0) <= room {
            shown.append(figure)
        }
        let left = room - length(shown) - 1
        let bar = left < 4 ? 0 : min(24, left)
        return ((label, percent + shown.map { "  \($0)" }.joined()), bar)
    }

    /// Removes the bar, so that a line can be printed.
    func clear() {
        if isTerminal { write("\r\u{1B}[J") }
    }

    private func write(_ text: String) { printToStandardError(text) }
}
