import LanesGraph
import LanesKernels

/// A random order of 0..<count, a function of seed, purpose and epoch alone: the shuffle of Fisher and Yates in
/// Durstenfeld's form ("Algorithm 235: Random Permutation", 1964).
public func permutation(
    count: Int, seed: UInt64, purpose: RandomStream.Purpose = .shuffle, epoch: Int = 0
) -> [Int] {
    var random = RandomStream(seed: seed, purpose: purpose, epoch: epoch)
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, random.integer(below: last + 1)) }
    return order
}

/// An order of samples cut into batches of one size; the last one is smaller where the size does not divide the count.
///
///     for batch in Batches(permutation(count: images.count, seed: seed, epoch: epoch), size: 64) { … }
public struct Batches: RandomAccessCollection, Sendable {
    private let order: [Int]
    private let size: Int

    /// Cuts from the beginning of the order.
    ///
    /// - Parameters:
    ///   - order: The samples' numbers.
    ///   - size: The samples of a batch, at least 1.
    public init(_ order: [Int], size: Int) {
        require(size > 0, "a batch holds at least one sample")
        self.order = order
        self.size = size
    }

    /// The first batch.
    public var startIndex: Int { 0 }

    /// The number of batches.
    public var endIndex: Int { order.count / size + (order.count % size == 0 ? 0 : 1) }

    /// The samples of a batch, in their order.
    public subscript(batch: Int) -> ArraySlice<Int> {
        order[batch * size..<Swift.min(order.count, (batch + 1) * size)]
    }
}
