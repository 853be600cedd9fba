import Foundation
import LanesKernels

/// Memory that is freed with this object, also where an initializer that needs several pieces throws halfway. Aligned
/// to two cache lines.
final class AlignedMemory<Element>: @unchecked Sendable {
    // Sendable because it is but a place; who may touch it when is up to the owner.
    let buffer: UnsafeMutableBufferPointer<Element>
    var start: UnsafeMutablePointer<Element> { buffer.baseAddress.unsafelyUnwrapped }

    /// - Parameters:
    ///   - count: Elements, all of them plain bytes; there is memory even for none.
    ///   - isZeroed: Whether it holds zeros; otherwise what was left there.
    /// - Returns: nil where the system has not that much memory; Swift's own `allocate` would stop the program.
    init?(_ count: Int, isZeroed: Bool = true) {
        let (bytes, overflows) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        var memory: UnsafeMutableRawPointer?
        guard !overflows, posix_memalign(&memory, cacheLinePair, bytes) == 0, let memory else { return nil }
        if isZeroed { memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }
        buffer = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Element.self, capacity: max(count, 1)), count: max(count, 1))
    }

    deinit { free(buffer.baseAddress) }
}

/// Slots that different threads write lie this far apart, in bytes: processors fetch lines in pairs.
let cacheLinePair = 128
