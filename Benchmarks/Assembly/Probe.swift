// Compiled with the kernels by `Benchmarks/assembly` alone, and never run: kernels at Float, so that Embedded Swift, which leaves
// out what nobody calls, has the loops that are looked at. It has no Codable.

public protocol Codable {}
extension Float: Codable {}
extension Double: Codable {}

public func probeTransposePanels(_ a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ n: Int) {
    transposePanels(a, rows: n, columns: n, panels: 0..<n, into: b)
}

public func probePackTransposed(_ a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ n: Int) {
    packTransposed(a, rows: n, columns: n, rowStride: n, into: b)
}

package func probeWinogradForward(
    _ geometry: ConvolutionGeometry, _ a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>
) {
    winogradForward(geometry, input: a, weight: b, bias: a, into: b, workspace: b)
}

package func probeWinogradBackwardWeights(
    _ geometry: ConvolutionGeometry, _ a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>
) {
    winogradBackwardWeights(
        geometry, input: a, outputGradient: a, into: b, accumulating: false, workspace: b)
}

package func probeWinogradWeights(
    _ geometry: ConvolutionGeometry, _ a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>
) { winogradWeights(geometry, a, into: b) }

package func probeTiles(_ a: WindowMatrix<Float>, _ b: Panels<Float>, _ rows: Int) {
    multiplyTiles(
        SIMD16<Float>.self, rows: rows, from: 0, tiles: rows, a, b, addingTo: nil, addsLast: false, into: b)
}

package func probeNarrowTiles(_ a: WindowMatrix<Float>, _ b: Panels<Float>, _ rows: Int) {
    multiplyTiles(
        SIMD8<Float>.self, rows: rows, from: 0, tiles: rows, a, b, addingTo: nil, addsLast: false, into: b)
}
