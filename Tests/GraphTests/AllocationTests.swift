#if canImport(Glibc)
    import LanesKernels
    import Synchronization
    import TestSupport
    import Testing

    @testable import LanesGraph

    /// A step that is running allocates nothing, on any of its threads.
    @Suite(
        .serialized,
        .enabled(if: AllocationCounter.isAvailable, "allocations are not counted in a build for a sanitizer")
    )
    struct AllocationTests {
        @Test func theCounterSees() {
            AllocationCounter.start()
            defer { AllocationCounter.stop() }
            let before = AllocationCounter.count
            let unwatched = Array(0..<1000)
            #expect(AllocationCounter.count == before)
            AllocationCounter.watchThisThread()
            let watched = Array(0..<1000)
            let arrays = AllocationCounter.count
            let aligned = AlignedMemory<Float>(1000)
            let all = AllocationCounter.count
            #expect(arrays > before && all > arrays)
            #expect(watched == unwatched && aligned != nil)
        }

        @Test(arguments: [1, 2], [Optimizer.adam(), .sgd(momentum: 0.9)])
        func aRunningStepAllocatesNothing(threads: Int, optimizer: Optimizer) throws {
            let graph = try twoHeadedNetwork()
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .training(optimizer), batchSize: 20,
                threads: threads)
            try expectNoAllocations(executor)
        }

        @Test(arguments: [1, 2]) func noLayerAllocates(threads: Int) throws {
            let graph = try variedNetwork()
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1),
                mode: .training(.adamW().clipping(norm: 1).averaging(decay: 0.9)), batchSize: 20, threads: threads)
            try expectNoAllocations(executor)
        }

        @Test(arguments: [1, 2]) func inferenceAllocatesNothing(threads: Int) throws {
            let graph = try twoHeadedNetwork()
            let executor = try Executor(
                graph, parameters: Parameters<Float>(graph, seed: 1), mode: .inference, batchSize: 20, threads: threads)
            try expectNoAllocations(executor)
        }

        private func expectNoAllocations(_ executor: Executor<Float>) throws {
            let first = Atomic<Int>(0)
            let last = Atomic<Int>(-1)
            AllocationCounter.start()
            defer { AllocationCounter.stop() }
            let batches = WatchedBatches(batches: RandomBatches<Float>(executor.graph) { $0 % 2 == 0 ? 20 : 7 })
            // The first steps bring all threads in; the counts are taken where no item runs.
            try executor.run(
                steps: 0..<60, from: batches, learningRate: .constant(1e-3),
                report: { result in
                    if result.step == 9 { first.store(AllocationCounter.count, ordering: .relaxed) }
                    if result.step == 59 { last.store(AllocationCounter.count, ordering: .relaxed) }
                })
            #expect(last.load(ordering: .relaxed) == first.load(ordering: .relaxed))
        }
    }

    /// Batches whose every thread is watched from its first sample on.
    private struct WatchedBatches: BatchSource {
        let batches: RandomBatches<Float>

        func sampleCount(ofStep step: Int) -> Int { batches.sampleCount(ofStep: step) }

        func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) {
            AllocationCounter.watchThisThread()
            batches.load(sample: sample, ofStep: step, input: input, into: &values)
        }

        func target(ofSample sample: Int, ofStep step: Int, head: Int, into values: inout MutableSpan<Float>) {
            batches.target(ofSample: sample, ofStep: step, head: head, into: &values)
        }
    }
#endif
