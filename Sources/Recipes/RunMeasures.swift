import Datasets
import Foundation
import Kernels
import StaticGraph

extension Parameters where Scalar == Float {
    /// The SHA-256 of all tensors, state included: little-endian numbers in PyTorch's order, in the order of the graph.
    public var digest: String {
        var digest = SHA256()
        for name in names {
            for value in self[name] ?? [] {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { digest.update($0) }
            }
        }
        return digest.hexadecimal()
    }
}

/// The most memory that this process has had resident so far, in bytes.
public func peakMemoryBytes() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        return Int(usage.ru_maxrss)
    #else
        getrusage(RUSAGE_SELF, &usage)
        return Int(usage.ru_maxrss) * 1024  // Linux counts kilobytes.
    #endif
}
