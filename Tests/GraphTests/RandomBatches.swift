import LanesKernels

@testable import LanesGraph

/// Batches of random numbers and targets, a function of (seed, step, sample), with a place for every mistake of a user.
struct RandomBatches<Scalar: KernelScalar>: BatchSource {
    let targets: [LossTarget]
    var sizes: @Sendable (Int) -> Int
    var seed: UInt64 = 1
    /// Step, sample, input and the number that takes the place of its first one.
    var spoiled: (step: Int, sample: Int, input: Int, value: Scalar)?
    /// Step, sample, head and a label that the head has no class for.
    var mislabeled: [(step: Int, sample: Int, head: Int, label: Scalar)] = []

    init(_ graph: Graph, size: Int) { self.init(graph) { _ in size } }

    init(_ graph: Graph, sizes: @escaping @Sendable (Int) -> Int) {
        targets = graph.targets
        self.sizes = sizes
    }

    func sampleCount(ofStep step: Int) -> Int { sizes(step) }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Scalar>) {
        var random = RandomStream(seed: seed, purpose: .gradientCheck, epoch: step, index: sample << 8 | input)
        for index in 0..<values.count { values[index] = Scalar(random.uniform(in: -1...1)) }
        if let spoiled, (spoiled.step, spoiled.sample, spoiled.input) == (step, sample, input) {
            values[0] = spoiled.value
        }
    }

    func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Scalar>) {
        var random = RandomStream(seed: seed, purpose: .split, epoch: step, index: sample << 8 | head)
        for index in values.indices {
            values[index] =
                switch targets[head] {
                case .label(let classes): Scalar(random.integer(below: classes))
                case .values(_, let range): Scalar(random.uniform(in: range.clamped(to: -1...1)))
                }
        }
        for wrong in mislabeled where (wrong.step, wrong.sample, wrong.head) == (step, sample, head) {
            values[0] = wrong.label
        }
    }
}
