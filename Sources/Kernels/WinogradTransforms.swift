// The transforms of Winograd's convolution, sixteen channels side by side; see Winograd.swift.

/// The tiles that cover an image of results, 2×2 each; the last ones may reach beyond it.
struct TileGrid {
    let output: Extent
    /// The rows above and the columns left of the image that the tiles read.
    let top: Int
    let left: Int

    var rows: Int { (output.height + 1) / 2 }
    var columns: Int { (output.width + 1) / 2 }
    var tiles: Int { rows * columns }
    /// Of the image that the tiles read, in whole tiles and with their rims.
    var paddedSize: Extent { Extent(height: 2 * rows + 2, width: 2 * columns + 2) }
    var paddedPositions: Int { paddedSize.height * paddedSize.width }

    /// Some rows of tiles as a grid of their own, which begins where they do.
    @inline(__always)
    func band(_ tileRows: Range<Int>) -> TileGrid {
        TileGrid(
            output: Extent(
                height: min(2 * tileRows.count, output.height - 2 * tileRows.lowerBound), width: output.width),
            top: max(0, top - 2 * tileRows.lowerBound), left: left)
    }

    /// Goes over the tiles in bands of so many of their rows.
    ///
    /// - Parameter body: Gets the band, the rows of the input that it reads, and the first row of its results.
    @inline(__always)
    func forEachBand(of tileRows: Int, over input: Extent, _ body: (TileGrid, _ rows: Range<Int>, _ first: Int) -> Void)
    {
        for row in stride(from: 0, to: rows, by: tileRows) {
            let tiles = row..<min(row + tileRows, rows)
            let start = min(max(0, 2 * row - top), input.height)
            let end = min(max(start, 2 * tiles.upperBound + 2 - top), input.height)
            body(band(tiles), start..<end, 2 * row)
        }
    }
}

/// V[16 places][tiles][channels] = Bᵀ·d·B of every tile.
@inline(__always)
func transformInput<Scalar: KernelScalar>(
    _ grid: TileGrid, _ input: UnsafePointer<Scalar>, size: Extent, channels: Int,
    into values: UnsafeMutablePointer<Scalar>, padded: UnsafeMutablePointer<Scalar>
) {
    pad(input, size: size, channels: channels, top: grid.top, left: grid.left, into: padded, size: grid.paddedSize)
    let row = grid.paddedSize.width * channels
    for tile in 0..<grid.tiles {
        let corner = padded + tile / grid.columns * 2 * row + tile % grid.columns * 2 * channels
        for channel in stride(from: 0, to: channels, by: vectorWidth) {
            var lines = InlineArray<16, SIMD16<Scalar>> { _ in .zero }
            for i in 0..<4 {
                let source = corner + i * row + channel
                let line = inputLine(
                    load(source), load(source + channels), load(source + 2 * channels), load(source + 3 * channels))
                (lines[4 * i], lines[4 * i + 1], lines[4 * i + 2], lines[4 * i + 3]) = line
            }
            let target = values + tile * channels + channel
            let stride = grid.tiles * channels
            for j in 0..<4 {
                let column = inputLine(lines[j], lines[4 + j], lines[8 + j], lines[12 + j])
                store(column.0, to: target + j * stride)
                store(column.1, to: target + (4 + j) * stride)
                store(column.2, to: target + (8 + j) * stride)
                store(column.3, to: target + (12 + j) * stride)
            }
        }
    }
}

/// y = Aᵀ·M·A of every tile, as far as it lies inside the output, plus the bias, or plus what is there.
@inline(__always)
func transformOutput<Scalar: KernelScalar>(
    _ grid: TileGrid, _ products: UnsafePointer<Scalar>, channels: Int, bias: UnsafePointer<Scalar>?,
    into output: UnsafeMutablePointer<Scalar>, accumulating: Bool
) {
    let (width, stride) = (grid.output.width * channels, grid.tiles * channels)
    for tile in 0..<grid.tiles {
        let (top, left) = (tile / grid.columns * 2, tile % grid.columns * 2)
        let (hasRight, hasBelow) = (left + 1 < grid.output.width, top + 1 < grid.output.height)
        for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
            let source = products + tile * channels + channel
            let lines = InlineArray<4, (SIMD16<Scalar>, SIMD16<Scalar>)> { i in
                let place = source + 4 * i * stride
                return outputLine(
                    load(place), load(place + stride), load(place + 2 * stride), load(place + 3 * stride))
            }
            let start = bias.map { load($0 + channel) } ?? .zero
            let target = output + top * width + left * channels + channel
            let leftColumn = outputLine(lines[0].0, lines[1].0, lines[2].0, lines[3].0)
            let rightColumn = outputLine(lines[0].1, lines[1].1, lines[2].1, lines[3].1)
            store(leftColumn.0 + (accumulating ? load(target) : start), to: target)
            if hasRight {
                let place = target + channels
                store(rightColumn.0 + (accumulating ? load(place) : start), to: place)
            }
            guard hasBelow else { continue }
            let below = target + width
            store(leftColumn.1 + (accumulating ? load(below) : start), to: below)
            if hasRight {
                let place = below + channels
                store(rightColumn.1 + (accumulating ? load(place) : start), to: place)
            }
        }
    }
}

/// M'[16 places][tiles][channels] = A·y'·Aᵀ of every tile; what lies outside the output is 0.
@inline(__always)
func transformGradient<Scalar: KernelScalar>(
    _ grid: TileGrid, _ gradient: UnsafePointer<Scalar>, channels: Int, into values: UnsafeMutablePointer<Scalar>
) {
    let (width, stride) = (grid.output.width * channels, grid.tiles * channels)
    for tile in 0..<grid.tiles {
        let (top, left) = (tile / grid.columns * 2, tile % grid.columns * 2)
        let (hasRight, hasBelow) = (left + 1 < grid.output.width, top + 1 < grid.output.height)
        for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
            let source = gradient + top * width + left * channels + channel
            let upper = gradientLine(load(source), hasRight ? load(source + channels) : .zero)
            let lower =
                hasBelow
                ? gradientLine(load(source + width), hasRight ? load(source + width + channels) : .zero)
                : InlineArray { _ in .zero }
            let target = values + tile * channels + channel
            for j in 0..<4 {
                let column = gradientLine(upper[j], lower[j])
                for i in 0..<4 { store(column[i], to: target + (4 * i + j) * stride) }
            }
        }
    }
}

/// A line of Bᵀ·d.
@inline(__always)
func inputLine<Vector: SIMD>(
    _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector
) -> (Vector, Vector, Vector, Vector) where Vector.Scalar: FloatingPoint { (a - c, b + c, c - b, b - d) }

/// A line of Aᵀ·M.
@inline(__always)
func outputLine<Vector: SIMD>(
    _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector
) -> (Vector, Vector) where Vector.Scalar: FloatingPoint { (a + b + c, b - c - d) }

/// A line of A·y'.
@inline(__always)
func gradientLine<Vector: SIMD>(
    _ a: Vector, _ b: Vector
) -> InlineArray<4, Vector> where Vector.Scalar: FloatingPoint { [a, a + b, a - b, .zero - b] }

/// A line of Gᵀ·U'.
@inline(__always)
func backwardFilter<Scalar: KernelScalar>(
    _ a: SIMD16<Scalar>, _ b: SIMD16<Scalar>, _ c: SIMD16<Scalar>, _ d: SIMD16<Scalar>
) -> (SIMD16<Scalar>, SIMD16<Scalar>, SIMD16<Scalar>) {
    let half = SIMD16<Scalar>(repeating: 0.5)
    let sum = (b + c) * half
    return (a + sum, (b - c) * half, sum + d)
}

/// U = G·g·Gᵀ.
@inline(__always)
func transformedFilter<Scalar: KernelScalar>(
    _ filter: InlineArray<9, SIMD16<Scalar>>
) -> InlineArray<16, SIMD16<Scalar>> {
    let half = SIMD16<Scalar>(repeating: 0.5)
    var lines = InlineArray<12, SIMD16<Scalar>> { _ in .zero }
    for j in 0..<3 {
        let (a, b, c) = (filter[j], filter[3 + j], filter[6 + j])
        lines[j] = a
        lines[3 + j] = (a + c + b) * half
        lines[6 + j] = (a + c - b) * half
        lines[9 + j] = c
    }
    var places = InlineArray<16, SIMD16<Scalar>> { _ in .zero }
    for i in 0..<4 {
        let (a, b, c) = (lines[3 * i], lines[3 * i + 1], lines[3 * i + 2])
        places[4 * i] = a
        places[4 * i + 1] = (a + c + b) * half
        places[4 * i + 2] = (a + c - b) * half
        places[4 * i + 3] = c
    }
    return places
}

@inline(__always)
func storePlaces<Scalar: KernelScalar>(
    _ places: InlineArray<16, SIMD16<Scalar>>, to target: UnsafeMutablePointer<Scalar>, stride: Int
) {
    for place in 0..<16 { store(places[place], to: target + place * stride) }
}
