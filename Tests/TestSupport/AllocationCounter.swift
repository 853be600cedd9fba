#if canImport(Glibc)
    import Dispatch
    import Glibc
    import Synchronization

    /// Counts what chosen threads allocate.
    ///
    /// The test program's own allocation functions stand before glibc's for the whole process, Swift's runtime included, as
    /// "Replacing malloc" in glibc's manual allows; all they do is to count and to hand on.
    ///
    /// A sanitizer needs those functions for itself, so a build for one (`LANES_SANITIZE`) counts nothing.
    package enum AllocationCounter {
        #if LANES_SANITIZED
            package static let isAvailable = false
        #else
            package static let isAvailable = true
        #endif

        /// Begins to count for all threads that are watched, once nobody else counts.
        package static func start() {
            turn.wait()
            pthread_key_create(&watchKey, nil)
            isCounting.store(true, ordering: .sequentiallyConsistent)
        }

        /// From now on counts what this thread allocates.
        package static func watchThisThread() { pthread_setspecific(watchKey, UnsafeRawPointer(bitPattern: 1)) }

        /// Ends counting, for all threads.
        package static func stop() {
            isCounting.store(false, ordering: .sequentiallyConsistent)
            pthread_key_delete(watchKey)
            turn.signal()
        }

        /// Allocations of watched threads since the program began.
        package static var count: Int { allocations.load(ordering: .sequentiallyConsistent) }

        /// The bytes of watched threads' allocations of a megabyte and more since the program began.
        package static var greatBytes: Int { greatAllocations.load(ordering: .sequentiallyConsistent) }
    }

    // Suites run at the same time, and there is one count for all.
    private let turn = DispatchSemaphore(value: 1)
    private let isCounting = Atomic<Bool>(false)
    private let allocations = Atomic<Int>(0)
    private let greatAllocations = Atomic<Int>(0)
    // Written by `start` alone, before anything reads it.
    nonisolated(unsafe) private var watchKey = pthread_key_t()

    /// Must not allocate itself.
    private func note(_ size: Int) {
        guard isCounting.load(ordering: .relaxed), pthread_getspecific(watchKey) != nil else { return }
        allocations.add(1, ordering: .relaxed)
        if size >= 1 << 20 { greatAllocations.add(size, ordering: .relaxed) }
    }

    #if !LANES_SANITIZED
        // glibc's own. A few words in, one out: Swift and C pass those alike.
        @_silgen_name("__libc_malloc") private func systemMalloc(_ size: Int) -> UnsafeMutableRawPointer?
        @_silgen_name("__libc_memalign")
        private func systemMemalign(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer?

        // Swift reserves the name malloc for its runtime's own calls; the linker gives both (Package.swift).
        @c(counted_malloc) public func countedMalloc(_ size: Int) -> UnsafeMutableRawPointer? {
            note(size)
            return systemMalloc(size)
        }

        // This one is for great alignments.
        @c(counted_posix_memalign)
        public func countedPosixMemalign(
            _ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
        ) -> Int32 {
            note(size)
            guard let memory = systemMemalign(alignment, size) else { return ENOMEM }
            place.pointee = memory
            return 0
        }
    #endif
#endif
