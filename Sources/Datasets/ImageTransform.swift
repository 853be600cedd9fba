import Kernels

/// A change of a training image whose parameters are drawn anew for every image and epoch.
///
/// Values are those of the image, [height][width], 0 for background and 1 for ink; what comes in from outside is 0.
public protocol ImageTransform: Sendable, CustomStringConvertible {
    /// Draws this image's parameters and writes the changed image.
    ///
    /// - Parameters:
    ///   - source: [height][width] of `size`.
    ///   - random: The numbers of this image in this epoch: a transform takes what it needs, the next one goes on.
    ///   - target: As many values as `source`; all are written.
    func apply(
        to source: Span<Float>, size: Extent, random: inout RandomStream, into target: inout MutableSpan<Float>)
}
