import Datasets
import Kernels
import StaticGraph

/// Batches of examples in an order given for one pass over the data: each image turned, changed by the recipe's
/// augmentation where it is to be trained on, and normalized.
struct ImageBatches: BatchSource {
    private let examples: Examples
    private let batches: Batches
    private let firstStep: Int
    let recipe: Recipe
    private let augmentation: (seed: UInt64, epoch: Int)?

    /// - Parameters:
    ///   - order: The places of the examples.
    ///   - firstStep: The number of the step that gets the first batch.
    ///   - augmentation: What the recipe's random changes depend on, with the example's place; nil for no changes.
    init(
        _ examples: Examples, order: [Int], batchSize: Int, firstStep: Int, recipe: Recipe,
        augmentation: (seed: UInt64, epoch: Int)? = nil
    ) {
        self.examples = examples
        batches = Batches(order, size: batchSize)
        self.firstStep = firstStep
        self.recipe = recipe
        self.augmentation = recipe.augmentation.isEmpty ? nil : augmentation
    }

    /// The numbers of the steps that go once over the data.
    var steps: Range<Int> { firstStep..<firstStep + batches.count }

    func sampleCount(ofStep step: Int) -> Int { batches[step - firstStep].count }

    /// The batch's examples.
    func examples(ofStep step: Int) -> [Example] { batches[step - firstStep].map { examples.list[$0] } }

    func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
        let place = place(of: sample, ofStep: step)
        let example = examples.list[place]
        let isPlain = augmentation == nil && example.quarterTurns == 0
        let normalization = recipe.normalization
        let pixels = isPlain ? normalization : Normalization(mean: 0, deviation: 1)
        let start = example.image * values.count
        values.withUnsafeMutableBufferPointer { values in
            examples.images.pixels.withUnsafeBufferPointer { bytes in
                guard let target = values.baseAddress, let source = bytes.baseAddress else { return }
                normalize(
                    source + start, count: values.count, mean: pixels.mean, deviation: pixels.deviation, into: target)
            }
        }
        guard !isPlain else { return }
        if example.quarterTurns != 0 {
            let source = copy(values)
            turn(source.span, side: size.width, quarterTurns: example.quarterTurns, into: &values)
        }
        if let augmentation {
            var random = RandomStream(
                seed: augmentation.seed, purpose: .augmentation, epoch: augmentation.epoch, index: place)
            for transform in recipe.augmentation {
                let source = copy(values)
                transform.apply(to: source.span, size: size, random: &random, into: &values)
            }
        }
        normalize(&values, mean: normalization.mean, deviation: normalization.deviation)
    }

    func labels(ofSample sample: Int, ofStep step: Int, into labels: inout MutableSpan<Int32>) {
        let example = examples.list[place(of: sample, ofStep: step)]
        let digit = examples.digit(of: example)
        for (head, task) in recipe.tasks.enumerated() { labels[head] = Int32(task.label(digit, example.quarterTurns)) }
    }

    private func place(of sample: Int, ofStep step: Int) -> Int {
        let batch = batches[step - firstStep]
        return batch[batch.startIndex + sample]
    }

    private var size: Extent { Extent(height: Recipe.imageShape.height, width: Recipe.imageShape.width) }

    /// An image on the stack: a running step allocates nothing.
    private func copy(_ values: borrowing MutableSpan<Float>) -> InlineArray<784, Float> {
        InlineArray { values[$0] }
    }
}
