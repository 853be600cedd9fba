// The transforms of Winograd's convolution, some channels side by side; see Winograd.swift. With a = √½ and b = √2:
//
//          ⎡1   0  −5/2   0   1  0⎤        ⎡  1     0    0 ⎤
//          ⎢0  −b   −2    a   1  0⎥        ⎢−2/3 −2a/3 −1/3⎥          ⎡1  1    1   1   1  0⎤
//     Bᵀ = ⎢0   b   −2   −a   1  0⎥    G = ⎢−2/3  2a/3 −1/3⎥     Aᵀ = ⎢0  a   −a   b  −b  0⎥
//          ⎢0  −a   −1/2  b   1  0⎥        ⎢ 1/6  b/6   1/3⎥          ⎢0  1/2 1/2  2   2  0⎥
//          ⎢0   a   −1/2 −b   1  0⎥        ⎢ 1/6 −b/6   1/3⎥          ⎣0  a/2 −a/2 2b −2b 1⎦
//          ⎣0   1    0  −5/2  0  1⎦        ⎣  0     0    1 ⎦
//
// They interpolate at 0, ±a, ±b and ∞ (Toom and Cook). The points decide how much is lost: with 64 channels of random numbers
// outputs are 1.9 times as far off as those of plain sums, with Lavin's points 0, ±1, ±2 it is 4.4 times; for weights'
// gradients 1.3 and 3.5 times.

let winogradPlaces = 36

// The channels that a transform takes at a time; what it makes of one does not depend on their number. A tile is up to 36 vectors
// that are needed at once. On arm64 vectors of four lanes are most of its 32 registers, where one of sixteen would be four
// registers and most of the tile in memory. On x86-64 sixteen are fewer instructions: AVX-512 holds them, AVX2 has 16 registers
// and would go through memory all the same.
#if arch(arm64)
    typealias Channels<Scalar: KernelScalar> = SIMD4<Scalar>

    /// As for a whole vector, whose other lanes the compiler leaves out.
    @inline(__always)
    func reached<Scalar: KernelScalar>(
        _ gradient: SIMD4<Scalar>, input: Scalar, outputs: SIMD4<Scalar>
    ) -> SIMD4<Scalar> {
        func widened(_ four: SIMD4<Scalar>) -> SIMD16<Scalar> {
            SIMD16(lowHalf: SIMD8(lowHalf: four, highHalf: .zero), highHalf: .zero)
        }
        return reached(widened(gradient), input: input, outputs: widened(outputs)).lowHalf.lowHalf
    }
#else
    typealias Channels<Scalar: KernelScalar> = SIMD16<Scalar>
#endif

@inline(__always)
func loadChannels<Scalar: KernelScalar>(_ pointer: UnsafePointer<Scalar>) -> Channels<Scalar> {
    UnsafeRawPointer(pointer).loadUnaligned(as: Channels<Scalar>.self)
}

@inline(__always)
func storeChannels<Scalar: KernelScalar>(_ channels: Channels<Scalar>, to pointer: UnsafeMutablePointer<Scalar>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: channels, as: Channels<Scalar>.self)
}

@inline(__always)
private func root<Scalar: KernelScalar>() -> (a: Channels<Scalar>, b: Channels<Scalar>) {
    (Channels<Scalar>(repeating: 0.70710678118654752), Channels<Scalar>(repeating: 1.41421356237309505))
}

/// What a line of a transformed tile is.
typealias Six<Vector> = (Vector, Vector, Vector, Vector, Vector, Vector)

/// V[36 places][tiles][channels] = Bᵀ·d·B of every tile.
///
/// - Parameters:
///   - input: All samples', [samples][height][width][channels].
///   - padded: Room for a sample's part of the band with its padding.
@inline(__always)
func transformInput<Scalar: KernelScalar>(
    _ band: TileBand, _ input: UnsafePointer<Scalar>, channels: Int, into values: UnsafeMutablePointer<Scalar>,
    placeStride: Int, padded: UnsafeMutablePointer<Scalar>
) {
    let (grid, size) = (band.grid, band.grid.paddedSize(rows: band.rows.count))
    let row = size.width * channels
    let first = min(max(0, 4 * band.rows.lowerBound - grid.top), band.input.height)
    let last = min(max(first, 4 * band.rows.upperBound + 2 - grid.top), band.input.height)
    var target = values
    for sample in band.samples {
        pad(
            input + (sample * band.input.height + first) * band.input.width * channels,
            size: Extent(height: last - first, width: band.input.width), channels: channels,
            top: max(0, grid.top - 4 * band.rows.lowerBound), left: grid.left, into: padded, size: size)
        for y in 0..<band.rows.count {
            for x in 0..<grid.columns {
                let corner = padded + 4 * (y * row + x * channels)
                for channel in stride(from: 0, to: channels, by: Channels<Scalar>.scalarCount) {
                    transformTile(corner + channel, row: row, column: channels, into: target, stride: placeStride)
                    target += Channels<Scalar>.scalarCount
                }
            }
        }
    }
}

@inline(__always)
private func transformTile<Scalar: KernelScalar>(
    _ corner: UnsafePointer<Scalar>, row: Int, column: Int, into target: UnsafeMutablePointer<Scalar>, stride: Int
) {
    let lines = InlineArray<6, Six<Channels<Scalar>>> { i in
        let source = corner + i * row
        return inputLine(
            loadChannels(source), loadChannels(source + column), loadChannels(source + 2 * column),
            loadChannels(source + 3 * column),
            loadChannels(source + 4 * column), loadChannels(source + 5 * column))
    }
    @inline(__always)
    func store(column j: Int, _ place: (Six<Channels<Scalar>>) -> Channels<Scalar>) {
        storeColumn(
            inputLine(
                place(lines[0]), place(lines[1]), place(lines[2]), place(lines[3]), place(lines[4]), place(lines[5])),
            to: target + j * stride, stride: 6 * stride)
    }
    store(column: 0) { $0.0 }
    store(column: 1) { $0.1 }
    store(column: 2) { $0.2 }
    store(column: 3) { $0.3 }
    store(column: 4) { $0.4 }
    store(column: 5) { $0.5 }
}

@inline(__always)
func storeColumn<Scalar: KernelScalar>(
    _ column: Six<Channels<Scalar>>, to target: UnsafeMutablePointer<Scalar>, stride: Int
) {
    storeChannels(column.0, to: target)
    storeChannels(column.1, to: target + stride)
    storeChannels(column.2, to: target + 2 * stride)
    storeChannels(column.3, to: target + 3 * stride)
    storeChannels(column.4, to: target + 4 * stride)
    storeChannels(column.5, to: target + 5 * stride)
}

/// y = Aᵀ·M·A of every tile, as far as it lies inside the output, plus the bias, or plus what is there.
@inline(__always)
func transformOutput<Scalar: KernelScalar>(
    _ band: TileBand, _ products: UnsafePointer<Scalar>, placeStride: Int, channels: Int,
    bias: UnsafePointer<Scalar>?, into output: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let size = band.grid.output
    let (width, place) = (size.width * channels, placeStride)
    var source = products
    for sample in band.samples {
        for tile in 0..<band.sampleTiles {
            let inside = band.place(tile)
            let corner = output + ((sample * size.height + inside.row) * size.width + inside.column) * channels
            for channel in stride(from: 0, to: channels, by: Channels<Scalar>.scalarCount) {
                let lines = InlineArray<6, (Channels<Scalar>, Channels<Scalar>, Channels<Scalar>, Channels<Scalar>)> {
                    j in
                    let column = source + j * place
                    return outputLine(
                        loadChannels(column), loadChannels(column + 6 * place), loadChannels(column + 12 * place),
                        loadChannels(column + 18 * place),
                        loadChannels(column + 24 * place), loadChannels(column + 30 * place))
                }
                source += Channels<Scalar>.scalarCount
                let start = bias.map { loadChannels($0 + channel) } ?? .zero
                @inline(__always)
                func store(
                    row i: Int,
                    _ place: ((Channels<Scalar>, Channels<Scalar>, Channels<Scalar>, Channels<Scalar>)) -> Channels<
                        Scalar
                    >
                ) {
                    guard i < inside.height else { return }
                    storeRow(
                        outputLine(
                            place(lines[0]), place(lines[1]), place(lines[2]), place(lines[3]), place(lines[4]),
                            place(lines[5])),
                        count: inside.width, to: corner + i * width + channel, stride: channels, bias: start,
                        accumulating: accumulating)
                }
                store(row: 0) { $0.0 }
                store(row: 1) { $0.1 }
                store(row: 2) { $0.2 }
                store(row: 3) { $0.3 }
            }
        }
    }
}

/// The first of four neighbours in a row of the output.
@inline(__always)
private func storeRow<Scalar: KernelScalar>(
    _ row: (Channels<Scalar>, Channels<Scalar>, Channels<Scalar>, Channels<Scalar>), count: Int,
    to target: UnsafeMutablePointer<Scalar>, stride: Int, bias: Channels<Scalar>, accumulating: Bool
) {
    @inline(__always)
    func put(_ value: Channels<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
        storeChannels(value + (accumulating ? loadChannels(target) : bias), to: target)
    }
    put(row.0, target)
    if count > 1 { put(row.1, target + stride) }
    if count > 2 { put(row.2, target + 2 * stride) }
    if count > 3 { put(row.3, target + 3 * stride) }
}

/// M'[36 places][tiles][channels] = A·y'·Aᵀ of every tile; what lies outside the output is 0.
@inline(__always)
func transformGradient<Scalar: KernelScalar>(
    _ band: TileBand, _ gradient: UnsafePointer<Scalar>, channels: Int, into values: UnsafeMutablePointer<Scalar>,
    placeStride: Int
) {
    let size = band.grid.output
    let width = size.width * channels
    var target = values
    for sample in band.samples {
        for tile in 0..<band.sampleTiles {
            let inside = band.place(tile)
            let corner = gradient + ((sample * size.height + inside.row) * size.width + inside.column) * channels
            for channel in stride(from: 0, to: channels, by: Channels<Scalar>.scalarCount) {
                let lines = InlineArray<4, Six<Channels<Scalar>>> { i in
                    let source = corner + i * width + channel
                    let isInside = i < inside.height
                    return gradientLine(
                        isInside ? loadChannels(source) : .zero,
                        isInside && inside.width > 1 ? loadChannels(source + channels) : .zero,
                        isInside && inside.width > 2 ? loadChannels(source + 2 * channels) : .zero,
                        isInside && inside.width > 3 ? loadChannels(source + 3 * channels) : .zero)
                }
                @inline(__always)
                func store(column j: Int, _ place: (Six<Channels<Scalar>>) -> Channels<Scalar>) {
                    storeColumn(
                        gradientLine(place(lines[0]), place(lines[1]), place(lines[2]), place(lines[3])),
                        to: target + j * placeStride, stride: 6 * placeStride)
                }
                store(column: 0) { $0.0 }
                store(column: 1) { $0.1 }
                store(column: 2) { $0.2 }
                store(column: 3) { $0.3 }
                store(column: 4) { $0.4 }
                store(column: 5) { $0.5 }
                target += Channels<Scalar>.scalarCount
            }
        }
    }
}

/// A line of Bᵀ·d.
@inline(__always)
private func inputLine<Scalar: KernelScalar>(
    _ d0: Channels<Scalar>, _ d1: Channels<Scalar>, _ d2: Channels<Scalar>, _ d3: Channels<Scalar>,
    _ d4: Channels<Scalar>,
    _ d5: Channels<Scalar>
) -> Six<Channels<Scalar>> {
    let (a, b) = root() as (Channels<Scalar>, Channels<Scalar>)
    let fiveHalves = Channels<Scalar>(repeating: -2.5)
    let (even, odd) = (multiplyAdd(d4, d2, Channels<Scalar>(repeating: -2)), multiplyAdd(d3 * a, d1, -b))
    let (wideEven, wideOdd) = (multiplyAdd(d4, d2, Channels<Scalar>(repeating: -0.5)), multiplyAdd(d3 * b, d1, -a))
    return (
        multiplyAdd(d0 + d4, d2, fiveHalves), even + odd, even - odd, wideEven + wideOdd, wideEven - wideOdd,
        multiplyAdd(d1 + d5, d3, fiveHalves)
    )
}

/// A line of Aᵀ·M.
@inline(__always)
private func outputLine<Scalar: KernelScalar>(
    _ m0: Channels<Scalar>, _ m1: Channels<Scalar>, _ m2: Channels<Scalar>, _ m3: Channels<Scalar>,
    _ m4: Channels<Scalar>,
    _ m5: Channels<Scalar>
) -> (Channels<Scalar>, Channels<Scalar>, Channels<Scalar>, Channels<Scalar>) {
    let (a, b) = root() as (Channels<Scalar>, Channels<Scalar>)
    let (sum, difference) = (m1 + m2, (m1 - m2) * a)
    let (wideSum, wideDifference) = (m3 + m4, (m3 - m4) * b)
    let (half, two) = (Channels<Scalar>(repeating: 0.5), Channels<Scalar>(repeating: 2))
    return (
        m0 + sum + wideSum, difference + wideDifference, multiplyAdd(sum * half, wideSum, two),
        multiplyAdd(multiplyAdd(m5, difference, half), wideDifference, two)
    )
}

/// A line of A·y'.
@inline(__always)
private func gradientLine<Scalar: KernelScalar>(
    _ y0: Channels<Scalar>, _ y1: Channels<Scalar>, _ y2: Channels<Scalar>, _ y3: Channels<Scalar>
) -> Six<Channels<Scalar>> {
    let (a, b) = root() as (Channels<Scalar>, Channels<Scalar>)
    let (half, two) = (Channels<Scalar>(repeating: 0.5), Channels<Scalar>(repeating: 2))
    let (even, odd) = (multiplyAdd(y0, y2, half), multiplyAdd(y1, y3, half) * a)
    let (wideEven, wideOdd) = (multiplyAdd(y0, y2, two), multiplyAdd(y1, y3, two) * b)
    return (y0, even + odd, even - odd, wideEven + wideOdd, wideEven - wideOdd, y3)
}

/// A line of G·g.
@inline(__always)
func filterLine<Scalar: KernelScalar>(
    _ g0: Channels<Scalar>, _ g1: Channels<Scalar>, _ g2: Channels<Scalar>
) -> Six<Channels<Scalar>> {
    let (a, b) = root() as (Channels<Scalar>, Channels<Scalar>)
    let (twoThirds, sixth) = (Channels<Scalar>(repeating: -2 / 3), Channels<Scalar>(repeating: 1 / 6))
    let (even, odd) = (multiplyAdd(g0, g2, Channels<Scalar>(repeating: 0.5)), g1 * a)
    let (wideEven, wideOdd) = (multiplyAdd(g0, g2, Channels<Scalar>(repeating: 2)), g1 * b)
    return (
        g0, (even + odd) * twoThirds, (even - odd) * twoThirds, (wideEven + wideOdd) * sixth,
        (wideEven - wideOdd) * sixth, g2
    )
}

/// A line of Gᵀ·U'.
@inline(__always)
func backwardFilterLine<Scalar: KernelScalar>(
    _ u0: Channels<Scalar>, _ u1: Channels<Scalar>, _ u2: Channels<Scalar>, _ u3: Channels<Scalar>,
    _ u4: Channels<Scalar>,
    _ u5: Channels<Scalar>
) -> (Channels<Scalar>, Channels<Scalar>, Channels<Scalar>) {
    let (a, b) = root() as (Channels<Scalar>, Channels<Scalar>)
    let (twoThirds, sixth) = (Channels<Scalar>(repeating: -2 / 3), Channels<Scalar>(repeating: 1 / 6))
    let (sum, difference) = ((u1 + u2) * twoThirds, (u1 - u2) * twoThirds)
    let (wideSum, wideDifference) = ((u3 + u4) * sixth, (u3 - u4) * sixth)
    return (
        u0 + sum + wideSum, multiplyAdd(difference * a, wideDifference, b),
        multiplyAdd(multiplyAdd(u5, sum, Channels<Scalar>(repeating: 0.5)), wideSum, Channels<Scalar>(repeating: 2))
    )
}
