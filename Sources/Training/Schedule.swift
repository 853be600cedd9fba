import Foundation
import LanesKernels

/// How the learning rate changes in the course of a training of any length.
///
/// A schedule gives the factor that the optimizer's greatest rate is multiplied by.
public struct Schedule: Sendable, CustomStringConvertible {
    /// The factor at `step`, counted from 0, of a training of `steps` steps, `stepsPerEpoch` of them in an epoch.
    public let factor: @Sendable (_ step: Int, _ stepsPerEpoch: Int, _ steps: Int) -> Double
    /// In words, for reports and files.
    public let description: String
    /// What is wrong with its settings, and what would be right.
    let problem: (found: String, expected: String)?

    /// A schedule of your own.
    ///
    /// - Parameters:
    ///   - description: In words, for reports and files.
    ///   - factor: As the property `factor` has it.
    public init(
        _ description: String,
        factor: @escaping @Sendable (_ step: Int, _ stepsPerEpoch: Int, _ steps: Int) -> Double
    ) {
        self.init(description, if: true, otherwise: "", expected: "", factor: factor)
    }

    private init(
        _ description: String, if isRight: Bool, otherwise found: String, expected: String,
        factor: @escaping @Sendable (_ step: Int, _ stepsPerEpoch: Int, _ steps: Int) -> Double
    ) {
        (self.description, self.factor) = (description, factor)
        problem = isRight ? nil : (found, expected)
    }

    /// The whole rate always.
    public static let constant = Schedule("constant") { _, _, _ in 1 }

    /// PyTorch's `StepLR`: multiplied by `factor` after every `epochs` epochs.
    public static func step(epochs size: Int, factor: Double) -> Schedule {
        Schedule(
            "times \(short(factor)) after every \(size) epochs", if: size > 0 && factor.isFinite && factor >= 0,
            otherwise: "a factor of \(factor) after every \(size) epochs",
            expected: "a finite one of 0 or more after every 1 or more"
        ) { step, stepsPerEpoch, _ in
            (0..<step / max(size * stepsPerEpoch, 1)).reduce(1) { rate, _ in rate * factor }
        }
    }

    /// PyTorch's `ExponentialLR`: multiplied by `factor` after every epoch.
    public static func exponential(factor: Double) -> Schedule {
        Schedule(
            "times \(short(factor)) after every epoch", if: factor.isFinite && factor >= 0,
            otherwise: "a factor of \(factor)", expected: "a finite one of 0 or more"
        ) { step, stepsPerEpoch, _ in
            (0..<step / max(stepsPerEpoch, 1)).reduce(1) { rate, _ in rate * factor }
        }
    }

    /// Falls along a half cosine to `lowest` (Loshchilov and Hutter, "SGDR", 2017).
    public static func cosine(lowest: Double = 0) -> Schedule {
        Schedule(
            "falling along a half cosine to \(short(100 * lowest)) %", if: (0...1).contains(lowest),
            otherwise: "a lowest factor of \(lowest)", expected: "0…1"
        ) { step, _, steps in
            let done = (Double(step) + 0.5) / Double(steps)
            return lowest + (1 - lowest) * (1 + Double.cos(.pi * min(done, 1))) / 2
        }
    }

    /// Rises from a tenth to the whole rate in the first part of the training and falls along a half cosine to almost 0
    /// (Smith and Topin, "Super-Convergence", 2018, with the annealing of Loshchilov and Hutter, "SGDR", 2017).
    ///
    /// - Parameter rising: The first part, a fraction of the whole.
    public static func oneCycle(rising: Double) -> Schedule {
        let lowest = 0.1
        return Schedule(
            "rising for \(short(100 * rising)) % of the training, then falling along a half cosine",
            if: rising >= 0 && rising < 1, otherwise: "a rising part of \(rising)", expected: "0 to below 1"
        ) { step, _, steps in
            let done = (Double(step) + 0.5) / Double(steps)
            if done < rising { return lowest + (1 - lowest) * done / rising }
            return (1 + Double.cos(.pi * (done - rising) / (1 - rising))) / 2
        }
    }

    /// This schedule, with rates that rise linearly from 0 over the first steps.
    public func warmingUp(steps: Int) -> Schedule {
        let own = (found: "\(steps) steps of warming up", expected: "1 or more")
        let problem = problem ?? (steps > 0 ? nil : own)
        return Schedule(
            "\(description), after \(steps) steps of warming up", if: problem == nil, otherwise: problem?.found ?? "",
            expected: problem?.expected ?? ""
        ) { [factor] step, stepsPerEpoch, total in
            let whole = factor(step, stepsPerEpoch, total)
            return step < steps ? whole * Double(step + 1) / Double(steps) : whole
        }
    }

    private static func short(_ number: Double) -> String { String(format: "%.6g", number) }
}
