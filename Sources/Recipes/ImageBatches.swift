import Datasets
import Kernels
import StaticGraph

/// Batches of labeled images, normalized as a recipe wants them, in an order given for one pass over the data.
struct ImageBatches: BatchSource {
    private let images: LabeledImages
    private let batches: Batches
    private let firstStep: Int
    private let normalization: Normalization
    private let tasks: [DigitTask]

    /// - Parameters:
    ///   - order: The images' indices.
    ///   - firstStep: The number of the step that gets the first batch.
    init(_ images: LabeledImages, order: [Int], batchSize: Int, firstStep: Int, recipe: Recipe) {
        self.images = images
        batches = Batches(order, size: batchSize)
        self.firstStep = firstStep
        (normalization, tasks) = (recipe.normalization, recipe.tasks)
    }

    /// The numbers of the steps that go once over the data.
    var steps: Range<Int> { firstStep..<firstStep + batches.count }

    func sampleCount(ofStep step: Int) -> Int { batches[step - firstStep].count }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
        let start = index(of: sample, ofStep: step) * values.count
        values.withUnsafeMutableBufferPointer { values in
            images.pixels.withUnsafeBufferPointer { pixels in
                guard let target = values.baseAddress, let source = pixels.baseAddress else { return }
                normalize(
                    source + start, count: values.count, mean: normalization.mean,
                    deviation: normalization.deviation, into: target)
            }
        }
    }

    func labels(ofSample sample: Int, ofStep step: Int, into labels: inout MutableSpan<Int32>) {
        let digit = images.labels[index(of: sample, ofStep: step)]
        for (head, task) in tasks.enumerated() { labels[head] = task.label(digit) }
    }

    private func index(of sample: Int, ofStep step: Int) -> Int {
        let batch = batches[step - firstStep]
        return batch[batch.startIndex + sample]
    }
}
