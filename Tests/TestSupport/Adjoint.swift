import LanesKernels
import Testing

/// Expects ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, as far as it can hold for a linear map computed in Double.
///
/// Each side is a sum over the same products of an element of x, one of y and one of A, in another order. There are at
/// most as many roundings on the way of one product as the two vectors have elements together, twice.
package func expectAdjoint(
    _ ax: [Double], _ y: [Double], _ x: [Double], _ aty: [Double], sourceLocation: SourceLocation = #_sourceLocation
) {
    guard ax.count == y.count, x.count == aty.count else {
        Issue.record(
            "\(ax.count) outputs, \(y.count) expected; \(aty.count) inputs, \(x.count) expected",
            sourceLocation: sourceLocation)
        return
    }
    var (forward, backward) = (Sums(count: 1), Sums(count: 1))
    for i in y.indices { forward.add(ax[i] * y[i], to: 0) }
    for i in x.indices { backward.add(x[i] * aty[i], to: 0) }
    let bound = roundingBound(
        Double.self, roundings: 2 * (x.count + y.count), magnitude: forward.magnitudes[0] + backward.magnitudes[0])
    expectClose(forward.values, backward.values, within: [bound], "⟨Ax, y⟩", sourceLocation: sourceLocation)
}
