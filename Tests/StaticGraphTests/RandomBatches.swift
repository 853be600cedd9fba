import Kernels

@testable import StaticGraph

/// Batches of random numbers and labels, a function of (seed, step, sample), with a place for every mistake of a user.
struct RandomBatches<Scalar: KernelScalar>: BatchSource {
    let classes: [Int]
    var sizes: @Sendable (Int) -> Int
    var seed: UInt64 = 1
    /// Step, sample, input and the number that takes the place of its first one.
    var spoiled: (step: Int, sample: Int, input: Int, value: Scalar)?
    /// Step, sample, head and a label that the head has no class for.
    var mislabeled: [(step: Int, sample: Int, head: Int, label: Int32)] = []

    init(_ graph: Graph, size: Int) { self.init(graph) { _ in size } }

    init(_ graph: Graph, sizes: @escaping @Sendable (Int) -> Int) {
        classes = graph.headOutputs.map { graph.members[$0].shape.count }
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

    func labels(ofSample sample: Int, ofStep step: Int, into labels: inout MutableSpan<Int32>) {
        var random = RandomStream(seed: seed, purpose: .split, epoch: step, index: sample)
        for head in 0..<labels.count { labels[head] = Int32(random.integer(below: classes[head])) }
        for wrong in mislabeled where (wrong.step, wrong.sample) == (step, sample) { labels[wrong.head] = wrong.label }
    }
}
