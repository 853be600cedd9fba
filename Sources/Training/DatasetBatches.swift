import LanesGraph
import LanesKernels
import Synchronization

/// Batches of a dataset's samples in an order given for one pass over it: each sample loaded, changed where it is to be
/// trained on, and normalized.
package struct DatasetBatches: BatchSource {
    /// What random changes depend on, with the sample's number.
    package struct Augmentation: Sendable {
        let transforms: [any Transform]
        let seed: UInt64
        let epoch: Int
        let scratch: ScratchPool

        package init(transforms: [any Transform], seed: UInt64, epoch: Int, scratch: ScratchPool) {
            (self.transforms, self.seed, self.epoch, self.scratch) = (transforms, seed, epoch, scratch)
        }
    }

    private let dataset: any Dataset
    private let batches: Batches
    private let firstStep: Int
    /// The shape of the first input.
    private let shape: Shape
    private let normalization: [Normalization]
    private let augmentation: Augmentation?

    /// - Parameters:
    ///   - order: The samples' numbers.
    ///   - firstStep: The number of the step that gets the first batch.
    ///   - normalization: Of each input.
    ///   - augmentation: nil for no changes.
    package init(
        _ dataset: any Dataset, order: [Int], batchSize: Int, firstStep: Int, normalization: [Normalization],
        augmentation: Augmentation? = nil
    ) {
        self.dataset = dataset
        // Asked once: a dataset may make an array for the answer.
        shape = dataset.inputs[0]
        batches = Batches(order, size: batchSize)
        self.firstStep = firstStep
        self.normalization = normalization
        self.augmentation = augmentation
    }

    /// The numbers of the steps that go once over the data.
    package var steps: Range<Int> { firstStep..<firstStep + batches.count }

    /// The batch's samples, by their numbers in the dataset.
    package func samples(ofStep step: Int) -> ArraySlice<Int> { batches[step - firstStep] }

    package func sampleCount(ofStep step: Int) -> Int { samples(ofStep: step).count }

    package func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) throws {
        let batch = samples(ofStep: step)
        let place = batch[batch.startIndex + sample]
        try dataset.load(place, input: input, into: &values)
        // Pictures come first where there are several inputs.
        if let augmentation, input == 0 {
            var random = RandomStream(
                seed: augmentation.seed, purpose: .augmentation, epoch: augmentation.epoch, index: place)
            var source = augmentation.scratch.take()
            for transform in augmentation.transforms {
                for index in 0..<values.count { source[index] = values[index] }
                transform.apply(to: source.span, shape: shape, random: &random, into: &values)
            }
            augmentation.scratch.give(source)
        }
        normalization[input].apply(to: &values)
    }

    package func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) throws
    {
        let batch = samples(ofStep: step)
        try dataset.target(batch[batch.startIndex + sample], head: head, into: &values)
    }
}

/// Room for a sample for each thread: a running step allocates nothing.
package final class ScratchPool: Sendable {
    private let buffers: Mutex<[[Float]]>

    package init(count: Int, size: Int) {
        buffers = Mutex((0..<count).map { _ in [Float](repeating: 0, count: size) })
    }

    /// There are as many as threads, and each needs one at a time.
    func take() -> [Float] { buffers.withLock { $0.popLast() ?? [] } }
    func give(_ buffer: consuming [Float]) {
        let buffer = buffer
        buffers.withLock { $0.append(buffer) }
    }
}
