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
// no dilation a row of the window is one run of memory. An image is padded once, before: then every run lies inside it.

extension WindowGeometry {
    /// The same windows over an image that has been padded already.
    package var padded: WindowGeometry {
        WindowGeometry(
            input: Extent(
                height: input.height + padding.top + padding.bottom, width: input.width + padding.left + padding.right),
            channels: channels, kernel: kernel, stride: stride, dilation: dilation)
    }
}

/// Writes an image [H][W][C] with its padding of zeros around it, as `geometry.padded` wants it.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func pad<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, _ geometry: WindowGeometry, into padded: UnsafeMutablePointer<Scalar>
) {
    pad(
        image, size: geometry.input, channels: geometry.channels, top: geometry.padding.top,
        left: geometry.padding.left, into: padded, size: geometry.padded.input)
}

/// The same for any size of the whole: what the rows above and the columns on the left leave free lies below and on the
/// right.
@inline(__always)
func pad<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, size: Extent, channels: Int, top: Int, left: Int,
    into padded: UnsafeMutablePointer<Scalar>, size paddedSize: Extent
) {
    let (row, paddedRow) = (size.width * channels, paddedSize.width * channels)
    let left = left * channels
    var target = padded
    clear(target, count: top * paddedRow)
    target += top * paddedRow
    for y in 0..<size.height {
        clear(target, count: left)
        (target + left).update(from: image + y * row, count: row)
        clear(target + left + row, count: paddedRow - left - row)
        target += paddedRow
    }
    clear(target, count: (paddedSize.height - top - size.height) * paddedRow)
}

/// The adjoint of `pad`: adds what lies between the edges of a padded image to an image.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func unpad<Scalar: KernelScalar>(
    _ padded: UnsafePointer<Scalar>, _ geometry: WindowGeometry, addingTo image: UnsafeMutablePointer<Scalar>
) {
    let row = geometry.input.width * geometry.channels
    let paddedRow = geometry.padded.input.width * geometry.channels
    let corner = padded + geometry.padding.top * paddedRow + geometry.padding.left * geometry.channels
    for y in 0..<geometry.input.height {
        let source = corner + y * paddedRow
        add(UnsafePointer(image + y * row), source, count: row, into: image + y * row)
    }
}

/// Writes the patches of the output rows `rows`: [rows.count × output width][patch].
///
/// - Parameters:
///   - image: [H][W][C], padded already.
///   - geometry: Without padding.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func im2col<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, _ geometry: WindowGeometry, rows: Range<Int>,
    into patches: UnsafeMutablePointer<Scalar>
) {
    for runs in Runs(geometry, rows: rows) {
        move(
            runs, image + runs.image, step: runs.imageStep, to: patches + runs.patch, step: runs.patchStep,
            adding: false)
    }
}

/// The adjoint of `im2col`: adds every patch to the places of the image that it was read from.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func col2im<Scalar: KernelScalar>(
    _ patches: UnsafePointer<Scalar>, _ geometry: WindowGeometry, rows: Range<Int>,
    addingTo image: UnsafeMutablePointer<Scalar>
) {
    for runs in Runs(geometry, rows: rows) {
        move(
            runs, patches + runs.patch, step: runs.patchStep, to: image + runs.image, step: runs.imageStep, adding: true
        )
    }
}

/// Runs of numbers that lie side by side in the patches and in the image alike: one for each window of a row.
private struct RunGroup {
    /// Where the first run begins in the patches, and in the image.
    let patch: Int
    let image: Int
    /// From one run to the next.
    let patchStep: Int
    let imageStep: Int
    let count: Int
    let length: Int
}

/// The groups of runs that together are the patches of some rows of the output. A sequence, so that the loops' bodies are
/// inlined.
private struct Runs: Sequence, IteratorProtocol {
    private let geometry: WindowGeometry
    private let output: Int
    private let rows: Range<Int>
    /// How many runs a row of the window is, and how long each is: with a dilation every tap is one.
    private let (runsPerRow, length): (Int, Int)
    private var (y, ky, kx) = (0, 0, 0)

    @inline(__always)
    init(_ geometry: WindowGeometry, rows: Range<Int>) {
        self.geometry = geometry
        self.rows = rows
        output = geometry.output.width
        y = rows.lowerBound
        let isDilated = geometry.dilation.width > 1
        runsPerRow = isDilated ? geometry.kernel.width : 1
        length = isDilated ? geometry.channels : geometry.kernel.width * geometry.channels
    }

    @inline(__always)
    mutating func next() -> RunGroup? {
        if kx == runsPerRow { (kx, ky) = (0, ky + 1) }
        if ky == geometry.kernel.height { (ky, y) = (0, y + 1) }
        guard y < rows.upperBound else { return nil }
        defer { kx += 1 }
        let row = y * geometry.stride.height + ky * geometry.dilation.height
        return RunGroup(
            patch: (y - rows.lowerBound) * output * geometry.patch
                + (ky * geometry.kernel.width + kx) * geometry.channels,
            image: (row * geometry.input.width + kx * geometry.dilation.width) * geometry.channels,
            patchStep: geometry.patch, imageStep: geometry.stride.width * geometry.channels, count: output,
            length: length)
    }
}

/// Copies or adds runs, each in vectors of which the last two may overlap; runs too short for that number by number.
///
/// A switch over the sizes, because a loop whose bound is known is unrolled (3×3 taps of one channel: twice as fast).
@inline(__always)
private func move<Scalar: KernelScalar>(
    _ runs: RunGroup, _ source: UnsafePointer<Scalar>, step: Int, to target: UnsafeMutablePointer<Scalar>,
    step targetStep: Int, adding: Bool
) {
    let length = runs.length
    switch length {
    case 1: move(runs, source, step, to: target, targetStep, adding: adding, lanes: 1, length: 1)
    case 2: move(runs, source, step, to: target, targetStep, adding: adding, lanes: 1, length: 2)
    case 3: move(runs, source, step, to: target, targetStep, adding: adding, lanes: 1, length: 3)
    case 4..<8: move(runs, source, step, to: target, targetStep, adding: adding, lanes: 4, length: length)
    case 8..<16: move(runs, source, step, to: target, targetStep, adding: adding, lanes: 8, length: length)
    default: move(runs, source, step, to: target, targetStep, adding: adding, lanes: 16, length: length)
    }
}

@inline(__always)
private func move<Scalar: KernelScalar>(
    _ runs: RunGroup, _ source: UnsafePointer<Scalar>, _ step: Int, to target: UnsafeMutablePointer<Scalar>,
    _ targetStep: Int, adding: Bool, lanes: Int, length: Int
) {
    var (from, to) = (source, target)
    let last = length &- lanes
    for _ in 0..<runs.count {
        if lanes == 1 {
            for i in 0..<length { to[i] = adding ? to[i] + from[i] : from[i] }
        } else {
            // Before the vector that it overlaps is written.
            let end = moved(from + last, to + last, adding: adding, lanes: lanes)
            var offset = 0
            while offset < last {
                store(moved(from + offset, to + offset, adding: adding, lanes: lanes), to: to + offset, lanes: lanes)
                offset &+= lanes
            }
            store(end, to: to + last, lanes: lanes)
        }
        from += step
        to += targetStep
    }
}

@inline(__always)
private func moved<Scalar: KernelScalar>(
    _ source: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>, adding: Bool, lanes: Int
) -> SIMD16<Scalar> {
    adding ? load(target, lanes: lanes) + load(source, lanes: lanes) : load(source, lanes: lanes)
}
