import Kernels
import Synchronization

/// Hands the batch source to the plan, and takes the first failure back.
final class Feed<Scalar: KernelScalar>: @unchecked Sendable {
    // Sendable because it is written only between runs.
    var source: (any BatchSource<Scalar>)?
    private let failure = Mutex<TrainingError?>(nil)
    private let failed = Atomic<Bool>(false)

    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// Keeps the failure of the first sample, whichever worker reports first.
    func fail(_ error: TrainingError) {
        failure.withLock { known in
            if case .label(_, _, _, let first, _) = known, case .label(_, _, _, let sample, _) = error, first <= sample
            {
                return
            }
            known = error
        }
        failed.store(true, ordering: .releasing)
    }

    func takeFailure() -> TrainingError? {
        failed.store(false, ordering: .releasing)
        return failure.withLock { known in
            defer { known = nil }
            return known
        }
    }
}
