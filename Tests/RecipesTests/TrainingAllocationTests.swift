#if os(Linux)
    import Datasets
    import StaticGraph
    import Synchronization
    import TestSupport
    import Testing

    @testable import Recipes

    /// Neither the batches of a recipe nor what is summed up of its steps allocates while a training runs.
    @Suite("Allocations of a training", .serialized) struct TrainingAllocationTests {
        @Test("None for images that are changed or turned", arguments: ["augmented", "rotation", "best"], [1, 2])
        func none(name: String, threads: Int) throws {
            var recipe = try Recipe.named(name)
            recipe.batchSize = 5
            let examples = try recipe.examples(of: drawnDigits(20, test: 10), seed: 1).training
            let graph = try recipe.graph()
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(recipe.optimizer),
                batchSize: recipe.batchSize, threads: threads)
            let batches = ImageBatches(
                examples, order: (0..<40 * recipe.batchSize).map { $0 % examples.count }, batchSize: recipe.batchSize,
                firstStep: 0, recipe: recipe, augmentation: (1, 1))
            let sum = ResultSum(recipe)
            let first = Atomic<Int>(0)
            let last = Atomic<Int>(-1)
            AllocationCounter.start()
            defer { AllocationCounter.stop() }
            // The first steps bring all threads in; the counts are taken where no item runs.
            try executor.run(
                steps: batches.steps, from: WatchedBatches(batches: batches), learningRate: .constant(1e-3),
                report: { result in
                    sum.add(result)
                    if result.step == 9 { first.store(AllocationCounter.count, ordering: .relaxed) }
                    if result.step == 39 { last.store(AllocationCounter.count, ordering: .relaxed) }
                })
            #expect(sum.count == 200)
            #expect(last.load(ordering: .relaxed) == first.load(ordering: .relaxed))
        }
    }

    /// Batches whose every thread is watched from its first sample on.
    private struct WatchedBatches: BatchSource {
        let batches: ImageBatches

        func sampleCount(ofStep step: Int) -> Int { batches.sampleCount(ofStep: step) }

        func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
            AllocationCounter.watchThisThread()
            batches.load(sample: sample, ofStep: step, input: input, into: &values)
        }

        func labels(ofSample sample: Int, ofStep step: Int, into labels: inout MutableSpan<Int32>) {
            batches.labels(ofSample: sample, ofStep: step, into: &labels)
        }
    }
#endif
