#if canImport(Glibc)
    import LanesGraph
    import Synchronization
    import TestSupport
    import Testing

    @testable import LanesRecipes
    @testable import LanesTraining

    /// Neither the batches of a recipe nor what is summed up of its steps allocates while a training runs.
    @Suite("Allocations of a training", .serialized) struct TrainingAllocationTests {
        @Test("None for images that are changed or turned", .namingCases)
        static func noneCases() {
            forEach(["augmented", "rotation", "best"], [1, 2]) { try Self().none(name: $0, threads: $1) }
        }

        func none(name: String, threads: Int) throws {
            var recipe = try Recipe.named(name)
            recipe.settings.batchSize = 5
            let examples = try recipe.examples(of: drawnDigits(20, test: 10), seed: 1).training
            let graph = try recipe.graph()
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(recipe.settings.optimizer),
                batchSize: 5, threads: threads)
            let batches = DatasetBatches(
                examples, order: (0..<200).map { $0 % examples.count }, batchSize: 5, firstStep: 0,
                normalization: recipe.settings.normalization,
                augmentation: .init(
                    transforms: recipe.settings.transforms, seed: 1, epoch: 1,
                    scratch: ScratchPool(count: threads, size: 784)))
            let sum = ResultSum(graph, Recipe.metrics)
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
        let batches: DatasetBatches

        func sampleCount(ofStep step: Int) -> Int { batches.sampleCount(ofStep: step) }

        func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) throws {
            AllocationCounter.watchThisThread()
            try batches.load(sample: sample, ofStep: step, input: input, into: &values)
        }

        func target(
            ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>
        ) throws {
            try batches.target(ofSample: sample, ofStep: step, head: head, into: &values)
        }
    }
#endif
