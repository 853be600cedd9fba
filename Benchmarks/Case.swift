/// Something to measure: a kernel on one shape, or a training step.
struct Case {
    /// Stable, since people and scripts filter by it; README lists the scheme.
    let name: String
    /// Makes its operands; done only for cases that were asked for.
    let make: () throws -> Work
}

/// What a case does once its operands are there.
struct Work {
    /// Floating-point operations of a call, two a multiply-add; 0 where memory is what limits it.
    var operations = 0.0
    /// Bytes that a call must read and write at least; 0 where arithmetic is what limits it.
    var bytes = 0.0
    /// Threads that work on it.
    var threads = 1
    /// Does it once and says how the result differs from the plain loops'; nil where it does not.
    let verify: () throws -> String?
    /// Measures it for about as many seconds.
    let time: (_ seconds: Double) throws -> Timing
    /// The plain loops, and the share of the whole work that they do.
    let plain: (share: Double, run: () -> Void)?

    init(
        operations: Double, threads: Int, verify: @escaping () throws -> String?,
        time: @escaping (Double) throws -> Timing, plain: (share: Double, run: () -> Void)?
    ) {
        (self.operations, self.threads, self.verify, self.time, self.plain) = (operations, threads, verify, time, plain)
    }

    /// A kernel, on one thread.
    init(
        operations: Double = 0, bytes: Double = 0, plainShare: Double = 1, verify: @escaping () -> String?,
        run: @escaping () -> Void, plain: @escaping () -> Void
    ) {
        (self.operations, self.bytes, self.verify) = (operations, bytes, verify)
        time = { timeCalls(seconds: $0, run) }
        self.plain = (plainShare, plain)
    }
}
