import LanesGraph
import LanesKernels

/// A change of a training sample whose parameters are drawn anew for every sample and epoch.
///
/// Values are [height][width][channels]. Pixels are 0 for background and 1 for ink (or light), and what comes into an
/// image from outside is 0.
public protocol Transform: Sendable, CustomStringConvertible {
    /// Draws this sample's parameters and writes the changed sample.
    ///
    /// - Parameters:
    ///   - source: [height][width][channels] of `shape`.
    ///   - shape: The sample's shape.
    ///   - random: The numbers of this sample in this epoch: a transform takes what it needs, the next one goes on.
    ///   - target: As many values as `source`; all are to be written.
    func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>)
}

/// A transform made of a function of your own.
///
///     let noise = CustomTransform("noise") { values, shape, random in
///         for i in 0..<values.count { values[i] += Float(random.uniform(in: -0.1...0.1)) }
///     }
public struct CustomTransform: Transform {
    public let description: String
    private let change: @Sendable (inout MutableSpan<Float>, Shape, inout RandomStream) -> Void

    /// Copies the sample and lets the function change the copy.
    ///
    /// - Parameters:
    ///   - description: In words; a checkpoint recognizes the transform by it.
    ///   - change: Changes the values, [height][width][channels], in place.
    public init(
        _ description: String,
        _ change: @escaping @Sendable (_ values: inout MutableSpan<Float>, Shape, inout RandomStream) -> Void
    ) {
        (self.description, self.change) = (description, change)
    }

    public func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        for i in 0..<source.count { target[i] = source[i] }
        change(&target, shape, &random)
    }
}
