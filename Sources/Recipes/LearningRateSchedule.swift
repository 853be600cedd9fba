import Foundation
import StaticGraph

/// How the learning rate changes in the course of a training, whatever its length in steps.
public enum LearningRateSchedule: Sendable, Equatable {
    case constant
    /// PyTorch's StepLR: multiplied by `factor` after every so many epochs.
    case step(epochs: Int, factor: Double)
    /// Rises from a tenth to the whole rate in the first part of the training and falls along a half cosine to almost 0
    /// (Smith and Topin, "Super-Convergence", 2018, with the annealing of Loshchilov and Hutter, "SGDR", 2017).
    case oneCycle(rising: Double)

    /// The rates of a training's steps.
    ///
    /// - Parameter rate: The greatest.
    func steps(_ rate: Double, stepsPerEpoch: Int, epochs: Int) -> Schedule {
        switch self {
        case .constant: return .constant(rate)
        case .step(let size, let factor): return .steps(rate, size: size * stepsPerEpoch, factor: factor)
        case .oneCycle(let rising):
            let (total, lowest) = (Double(stepsPerEpoch) * Double(epochs), 0.1)
            return Schedule { step in
                let done = (Double(step) + 0.5) / total
                if done < rising { return rate * (lowest + (1 - lowest) * done / rising) }
                return rate * (1 + cos(.pi * (done - rising) / (1 - rising))) / 2
            }
        }
    }
}
