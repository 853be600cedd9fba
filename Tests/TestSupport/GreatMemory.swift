import Testing

/// Runs the body, whose allocations on this thread of a megabyte and more must not have more bytes than it may, but for
/// some megabytes. Where allocations cannot be counted the body just runs.
@discardableResult
package func expectLittleMemory<Result>(
    beside allowed: Int = 0, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) rethrows -> Result {
    #if canImport(Glibc)
        AllocationCounter.start()
        AllocationCounter.watchThisThread()
        let before = AllocationCounter.greatBytes
        let taken: Int
        let result: Result
        do {
            defer { AllocationCounter.stop() }
            result = try body()
            taken = AllocationCounter.greatBytes - before
        }
        #expect(taken <= allowed + 8_000_000, sourceLocation: sourceLocation)
        return result
    #else
        return try body()
    #endif
}
