import Dispatch
import LanesKernels

/// Seconds on a clock that only goes forward.
func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

/// How long one call takes.
struct Timing {
    let median: Double
    let minimum: Double

    /// - Parameter times: Seconds of single calls; at least one.
    init(_ times: [Double]) {
        let sorted = times.sorted()
        (median, minimum) = (sorted[sorted.count / 2], sorted[0])
    }
}

/// Calls `body` again and again for the given time, at least `samples` times.
///
/// Calls shorter than a tenth of a millisecond are timed several at once, so that the clock's own cost does not count.
func timeCalls(seconds: Double, samples: Int = 9, _ body: () -> Void) -> Timing {
    var begin = now()
    body()
    var repetitions = 1
    // The first call may have met cold caches and pages that were never touched, so it only says where to start.
    while true {
        begin = now()
        for _ in 0..<repetitions { body() }
        if now() - begin >= 1e-4 { break }
        repetitions *= 2
    }
    var times: [Double] = []
    let end = now() + seconds
    while times.count < samples || now() < end {
        begin = now()
        for _ in 0..<repetitions { body() }
        times.append((now() - begin) / Double(repetitions))
    }
    return Timing(times)
}

/// The operations a second of one thread that does nothing but multiply-adds in registers, measured now: the best of
/// several bursts of about a millisecond, since anything else that runs on the machine only slows it.
func measurePeak() -> Double {
    var best = 0.0
    for _ in 0..<12 {
        let begin = now()
        let (result, operations) = multiplyAddChains(iterations: 250_000, factor: 0.5, addend: 1)
        let rate = Double(operations) / (now() - begin)
        // The chains approach 2; using the result keeps the loop from being removed.
        if result.isFinite { best = max(best, rate) }
    }
    return best
}
