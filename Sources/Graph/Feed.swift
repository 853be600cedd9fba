import LanesKernels
import Synchronization

/// Hands the batch source to the plan, and takes the first failure back.
final class Feed<Scalar: KernelScalar>: @unchecked Sendable {
    // Sendable because it is written only between runs.
    var source: (any BatchSource<Scalar>)?
    private let failure = Mutex<(sample: Int, error: any Error)?>(nil)
    private let failed = Atomic<Bool>(false)

    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// Keeps the failure of the first sample, whichever worker reports first.
    func fail(_ error: any Error, sample: Int = 0) {
        failure.withLock { known in
            if let known, known.sample <= sample { return }
            known = (sample, error)
        }
        failed.store(true, ordering: .releasing)
    }

    func takeFailure() -> (any Error)? {
        failed.store(false, ordering: .releasing)
        return failure.withLock { known in
            defer { known = nil }
            return known?.error
        }
    }
}
