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
    if geometry.channels == 1 { return im2colOfOneChannel(image, geometry, rows: rows, into: patches) }
    forEachRun(geometry, rows: rows) { patch, source, count in
        if let source {
            copyRun(image + source, to: patches + patch, count: count)
        } else {
            for i in 0..<count { patches[patch + i] = 0 }
        }
    }
}

/// Runs of one number are too short to be worth their loops: this goes along the output's row for one tap after the
/// other (3×3 taps of a 28×28 image: four times as fast).
@inline(__always)
private func im2colOfOneChannel<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, _ geometry: WindowGeometry, rows: Range<Int>,
    into patches: UnsafeMutablePointer<Scalar>
) {
    let (patch, width, stride) = (geometry.taps, geometry.output.width, geometry.stride.width)
    for y in rows {
        let (insideRows, top) = geometry.rowTaps(y)
        for ky in 0..<geometry.kernel.height {
            let row = image + (top + ky * geometry.dilation.height) * geometry.input.width
            for kx in 0..<geometry.kernel.width {
                let shift = kx * geometry.dilation.width - geometry.padding.width
                // The output columns whose tap lies inside the image.
                let first = min(width, shift < 0 ? (stride - 1 - shift) / stride : 0)
                let last = geometry.input.width - 1 - shift
                let inside = insideRows.contains(ky) ? max(first, min(width, last < 0 ? 0 : last / stride + 1)) : first
                var target = patches + (y - rows.lowerBound) * width * patch + ky * geometry.kernel.width + kx
                for _ in 0..<first {
                    target.pointee = 0
                    target += patch
                }
                var source = row + (first * stride + shift)
                for _ in first..<inside {
                    target.pointee = source.pointee
                    target += patch
                    source += stride
                }
                for _ in inside..<width {
                    target.pointee = 0
                    target += patch
                }
            }
        }
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
        for (offset, lanes) in vectors(count) {
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
    let interior = dilation.width == 1 ? geometry.interiorColumns : 0..<0
    for y in rows {
        let (insideRows, top) = geometry.rowTaps(y)
        for ky in 0..<kernel.height {
            let imageRow = (top + ky * dilation.height) * geometry.input.width
            var patch = (y - rows.lowerBound) * width * geometry.patch + ky * kernelRow
            for x in 0..<width {
                let left = x * geometry.stride.width - geometry.padding.width
                if !insideRows.contains(ky) {
                    body(patch, nil, kernelRow)
                } else if interior.contains(x) {
                    body(patch, (imageRow + left) * channels, kernelRow)
                } else {
                    for kx in 0..<kernel.width {
                        let column = left + kx * dilation.width
                        let isInside = column >= 0 && column < geometry.input.width
                        body(patch + kx * channels, isInside ? (imageRow + column) * channels : nil, channels)
                    }
                }
                patch += geometry.patch
            }
        }
    }
}

/// Whole vectors, then number by number: with one channel a run is as short as the kernel's row.
@inline(__always)
private func copyRun<Scalar: KernelScalar>(
    _ source: UnsafePointer<Scalar>, to target: UnsafeMutablePointer<Scalar>, count: Int
) {
    var offset = 0
    while offset + vectorWidth <= count {
        store(load(source + offset), to: target + offset)
        offset += vectorWidth
    }
    while offset < count {
        target[offset] = source[offset]
        offset += 1
    }
}
