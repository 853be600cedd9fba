import LanesKernels
import TestSupport
import Testing

@Suite("im2col and col2im")
struct Im2colTests {
    static let channelCounts = [1, 3, 5, 6, 16, 17]

    @Test("Whole images and blocks of rows", .namingCases)
    static func patchesCases() {
        forEach(windowGeometries) { Self().patches(geometry: $0) }
    }

    func patches(geometry: WindowGeometry) {
        for channels in Self.channelCounts {
            checkPatches(geometry.withChannels(channels), Float.self)
            checkPatches(geometry.withChannels(channels), Double.self)
        }
    }

    private func checkPatches<Scalar: KernelScalar>(_ geometry: WindowGeometry, _: Scalar.Type) {
        let unpadded = GuardedBuffer<Scalar>(random: geometry.inputCount)
        let expected = referencePatches(geometry, image: unpadded.values)
        let image = GuardedBuffer<Scalar>(poisoned: geometry.padded.inputCount)
        pad(unpadded.pointer, geometry, into: image.pointer)
        let rowCount = geometry.output.width * geometry.patch
        for rowsPerBlock in Set([1, 2, geometry.output.height]) {
            for row in stride(from: 0, to: geometry.output.height, by: rowsPerBlock) {
                let rows = row..<min(row + rowsPerBlock, geometry.output.height)
                let patches = GuardedBuffer<Scalar>(poisoned: rows.count * rowCount)
                im2col(image.pointer, geometry.padded, rows: rows, into: patches.pointer)
                expectSame(
                    patches.values, Array(expected[rows.lowerBound * rowCount..<rows.upperBound * rowCount]),
                    "\(Scalar.self) \(geometry) rows \(rows)")
            }
        }
    }

    @Test("Adding patches back, all rows and some", .namingCases)
    static func imagesCases() {
        forEach(windowGeometries) { Self().images(geometry: $0) }
    }

    func images(geometry: WindowGeometry) {
        for channels in Self.channelCounts {
            checkImages(geometry.withChannels(channels), Float.self)
            checkImages(geometry.withChannels(channels), Double.self)
        }
    }

    private func checkImages<Scalar: KernelScalar>(_ geometry: WindowGeometry, _: Scalar.Type) {
        let rowCount = geometry.output.width * geometry.patch
        let patches = GuardedBuffer<Scalar>(random: geometry.output.height * rowCount, seed: 1)
        let initial = GuardedBuffer<Scalar>(random: geometry.inputCount, seed: 2).values
        let expected = referenceImage(geometry, patches: patches.values, addingTo: initial)
        for rowsPerBlock in Set([1, geometry.output.height]) {
            let image = GuardedBuffer<Scalar>(initial)
            let padded = GuardedBuffer<Scalar>([Double](repeating: 0, count: geometry.padded.inputCount))
            for row in stride(from: 0, to: geometry.output.height, by: rowsPerBlock) {
                col2im(
                    patches.pointer + row * rowCount, geometry.padded, rows: row..<row + rowsPerBlock,
                    addingTo: padded.pointer)
            }
            unpad(padded.pointer, geometry, addingTo: image.pointer)
            expectClose(image, expected, "\(geometry) by \(rowsPerBlock) rows")
        }
    }

    @Test("⟨im2col x, p⟩ = ⟨x, col2im p⟩", .namingCases)
    static func adjointCases() {
        forEach(windowGeometries) { Self().adjoint(geometry: $0) }
    }

    func adjoint(geometry: WindowGeometry) {
        let geometry = geometry.withChannels(3)
        let rows = 0..<geometry.output.height
        let count = geometry.outputPositions * geometry.patch
        let x = GuardedBuffer<Double>(random: geometry.inputCount, seed: 1)
        let p = GuardedBuffer<Double>(random: count, seed: 2)
        let patches = GuardedBuffer<Double>(poisoned: count)
        let padded = GuardedBuffer<Double>(poisoned: geometry.padded.inputCount)
        pad(x.pointer, geometry, into: padded.pointer)
        im2col(padded.pointer, geometry.padded, rows: rows, into: patches.pointer)
        clear(padded.pointer, count: geometry.padded.inputCount)
        let image = GuardedBuffer<Double>([Double](repeating: 0, count: geometry.inputCount))
        col2im(p.pointer, geometry.padded, rows: rows, addingTo: padded.pointer)
        unpad(padded.pointer, geometry, addingTo: image.pointer)
        expectAdjoint(patches.values, p.values, x.values, image.values)
    }
}
