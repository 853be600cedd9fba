/// Where batches come from. Workers call it while a step runs, sample by sample, each for samples of its own, so what it
/// gives must depend on its arguments alone. What it throws ends the run.
public protocol BatchSource<Scalar>: Sendable {
    /// The type of the numbers of inputs and targets: that of the executor, Float as a rule.
    associatedtype Scalar

    /// Samples in the batch of a step: 1 up to the plan's batch size.
    func sampleCount(ofStep step: Int) -> Int

    /// Writes one sample of one input of the graph, [height][width][channels].
    ///
    /// - Parameters:
    ///   - sample: Its place in the batch.
    ///   - step: The step's number, as `Executor.run` was given it.
    ///   - input: Which of `Graph.inputs`.
    ///   - values: Gets as many numbers as the input's shape has.
    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Scalar>) throws

    /// Writes what the output of a head is compared with: the number of the class, or the target's numbers
    /// (`Graph.targets`).
    ///
    /// - Parameters:
    ///   - sample: Its place in the batch.
    ///   - step: The step's number, as `Executor.run` was given it.
    ///   - head: Which of `Graph.heads`.
    ///   - values: Gets one number for a class, otherwise as many as the target has.
    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Scalar>) throws
}
