// im2col turns a convolution into a matrix product: one row per output position, holding what its window sees.
//
//     image [H][W][C]                        patches [positions][kernel row][kernel column][C]
//     ┌───────────────┐
//     │  ┌─────┐      │                      position 0:  row 0 of the window, row 1, row 2
//     │  │  ·  │→     │           →          position 1:  …
//     │  └─────┘      │
//     └───────────────┘
//
// The rows are what the micro-kernel broadcasts from, so they are its left operand as they are. With channels last and
// no dilation a row of the window is one run of memory.

/// Writes the patches of the output rows `rows`: [rows.count × output width][patch]; taps outside the image are zero.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func im2col<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, _ geometry: WindowGeometry, rows: Range<Int>,
    into patches: UnsafeMutablePointer<Scalar>
) {
    let zero = SIMD16<Scalar>.zero
    forEachRun(geometry, rows: rows) { patch, source, count in
        guard let source else { return forEachVector(count) { store(zero, to: patches + patch + $0, lanes: $1) } }
        copyRun(image + source, to: patches + patch, count: count)
    }
}

/// The adjoint of `im2col`: adds every patch to the places of the image that it was read from.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func col2im<Scalar: KernelScalar>(
    _ patches: UnsafePointer<Scalar>, _ geometry: WindowGeometry, rows: Range<Int>,
    addingTo image: UnsafeMutablePointer<Scalar>
) {
    forEachRun(geometry, rows: rows) { patch, target, count in
        guard let target else { return }
        forEachVector(count) { offset, lanes in
            let place = image + target + offset
            store(load(place, lanes: lanes) + load(patches + patch + offset, lanes: lanes), to: place, lanes: lanes)
        }
    }
}

/// Calls `body(offset in the patches, offset in the image, count)` for runs that together cover the patches of the
/// output rows; the offset in the image is nil for taps outside of it.
@inline(__always)
private func forEachRun(
    _ geometry: WindowGeometry, rows: Range<Int>, _ body: (_ patch: Int, _ image: Int?, _ count: Int) -> Void
) {
    let channels = geometry.channels
    let (kernel, dilation) = (geometry.kernel, geometry.dilation)
    let kernelRow = kernel.width * channels
    let width = geometry.output.width
    var patch = 0
    for y in rows {
        let (insideRows, top) = geometry.rowTaps(y)
        for x in 0..<width {
            let (inside, left) = geometry.columnTaps(x)
            for ky in 0..<kernel.height {
                let imageRow = (top + ky * dilation.height) * geometry.input.width
                if !insideRows.contains(ky) || inside.isEmpty {
                    body(patch, nil, kernelRow)
                } else if dilation.width == 1 {
                    if inside.lowerBound > 0 { body(patch, nil, inside.lowerBound * channels) }
                    body(
                        patch + inside.lowerBound * channels, (imageRow + left + inside.lowerBound) * channels,
                        inside.count * channels)
                    if inside.upperBound < kernel.width {
                        body(
                            patch + inside.upperBound * channels, nil, (kernel.width - inside.upperBound) * channels)
                    }
                } else {
                    for kx in 0..<kernel.width {
                        let column = left + kx * dilation.width
                        body(
                            patch + kx * channels,
                            inside.contains(kx) ? (imageRow + column) * channels : nil, channels)
                    }
                }
                patch += kernelRow
            }
        }
    }
}

@inline(__always)
private func copyRun<Scalar: KernelScalar>(
    _ source: UnsafePointer<Scalar>, to target: UnsafeMutablePointer<Scalar>, count: Int
) {
    forEachVector(count) { offset, lanes in
        store(load(source + offset, lanes: lanes), to: target + offset, lanes: lanes)
    }
}
