import Datasets
import Foundation
import Kernels
import StaticGraph

extension Parameters where Scalar == Float {
    /// The SHA-256 of all numbers, state included, as `bytes()` puts them: little-endian, in PyTorch's order.
    public func digest() throws(SafetensorsError) -> String {
        var digest = SHA256()
        digest.update(try bytes())
        return digest.hexadecimal()
    }
}

/// The most memory that this process has had resident so far, in bytes.
public func peakMemoryBytes() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
    #else
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024  // Linux counts kilobytes.
    #endif
}
