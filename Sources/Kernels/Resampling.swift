// Images of [height][width][channels] numbers, pixel (x, y) with its centre at (x, y) and y pointing down; all channels
// of a pixel move together. They are so small that one call takes a few microseconds, some per cent of what training on
// the image costs: plain loops are enough.

/// Where each pixel of a result comes from: source x = xx·x + xy·y + x0 and source y = yx·x + yy·y + y0.
package struct AffineMap: Sendable, Equatable {
    package var xx: Float, xy: Float, x0: Float
    package var yx: Float, yy: Float, y0: Float

    package init(xx: Float, xy: Float, x0: Float, yx: Float, yy: Float, y0: Float) {
        (self.xx, self.xy, self.x0, self.yx, self.yy, self.y0) = (xx, xy, x0, yx, yy, y0)
    }
}

/// Which pixels make a value between them.
public enum Interpolation: String, Sendable, Codable {
    /// The one whose centre is nearest.
    case nearest
    /// The four around it, weighted by how near they are.
    case bilinear
}

/// Moves every pixel of an image as the map says; what lies outside the source is 0.
package func resample(
    _ input: Span<Float>, size: Extent, channels: Int = 1, map: AffineMap, interpolation: Interpolation,
    into output: inout MutableSpan<Float>
) {
    let (height, width) = (size.height, size.width)
    let rowLength = width * channels
    for y in 0..<height {
        let (startX, startY) = (map.xy * Float(y) + map.x0, map.yy * Float(y) + map.y0)
        for x in 0..<width {
            let pixel = y * rowLength + x * channels
            let (sourceX, sourceY) = (startX + map.xx * Float(x), startY + map.yx * Float(x))
            // Also keeps what is converted to Int small.
            guard sourceX > -1, sourceX < Float(width), sourceY > -1, sourceY < Float(height) else {
                for channel in 0..<channels { output[pixel + channel] = 0 }
                continue
            }
            switch interpolation {
            case .nearest:
                let (column, line) = (Int((sourceX + 0.5).rounded(.down)), Int((sourceY + 0.5).rounded(.down)))
                let isInside = column >= 0 && column < width && line >= 0 && line < height
                let source = line * rowLength + column * channels
                for channel in 0..<channels { output[pixel + channel] = isInside ? input[source + channel] : 0 }
            case .bilinear:
                let (left, top) = (sourceX.rounded(.down), sourceY.rounded(.down))
                let (right, bottom) = (sourceX - left, sourceY - top)
                let (column, line) = (Int(left), Int(top))
                for channel in 0..<channels {
                    var (upper, lower): (Float, Float) = (0, 0)
                    let source = line * rowLength + column * channels + channel
                    if line >= 0 {
                        if column >= 0 { upper += (1 - right) * input[source] }
                        if column + 1 < width { upper += right * input[source + channels] }
                    }
                    if line + 1 < height {
                        if column >= 0 { lower += (1 - right) * input[source + rowLength] }
                        if column + 1 < width { lower += right * input[source + rowLength + channels] }
                    }
                    output[pixel + channel] = (1 - bottom) * upper + bottom * lower
                }
            }
        }
    }
}

/// Enlarges a part of an image to the size of the whole, bilinearly, as PyTorch's `interpolate(align_corners=False)`
/// does: pixels are squares, and at the part's edges its outermost pixels go on.
///
/// - Parameters:
///   - top, left: The part's first row and column.
///   - part: The part's rows and columns; with the corner it lies inside the image.
package func enlarge(
    _ input: Span<Float>, size: Extent, channels: Int = 1, top: Int, left: Int, part: Extent,
    into output: inout MutableSpan<Float>
) {
    let scaleX = Float(part.width) / Float(size.width)
    let scaleY = Float(part.height) / Float(size.height)
    for y in 0..<size.height {
        let sourceY = min(max((Float(y) + 0.5) * scaleY - 0.5, 0), Float(part.height - 1))
        let line = Int(sourceY)
        let bottom = sourceY - Float(line)
        let upper = ((top + line) * size.width + left) * channels
        let lower = ((top + min(line + 1, part.height - 1)) * size.width + left) * channels
        for x in 0..<size.width {
            let sourceX = min(max((Float(x) + 0.5) * scaleX - 0.5, 0), Float(part.width - 1))
            let column = Int(sourceX)
            let right = sourceX - Float(column)
            let (here, next) = (column * channels, min(column + 1, part.width - 1) * channels)
            let pixel = (y * size.width + x) * channels
            for channel in 0..<channels {
                let above =
                    (1 - right) * input[upper + here + channel] + right * input[upper + next + channel]
                let below =
                    (1 - right) * input[lower + here + channel] + right * input[lower + next + channel]
                output[pixel + channel] = (1 - bottom) * above + bottom * below
            }
        }
    }
}

/// Mirrors an image: the first column becomes the last.
package func mirror(
    _ input: Span<Float>, size: Extent, channels: Int, into output: inout MutableSpan<Float>
) {
    for y in 0..<size.height {
        for x in 0..<size.width {
            let source = (y * size.width + size.width - 1 - x) * channels
            let pixel = (y * size.width + x) * channels
            for channel in 0..<channels { output[pixel + channel] = input[source + channel] }
        }
    }
}

/// Moves an image by whole pixels: what was at (row, column) comes to (0, 0), and what lies outside the source is 0.
package func shift(
    _ input: Span<Float>, size: Extent, channels: Int, row: Int, column: Int, into output: inout MutableSpan<Float>
) {
    let rowLength = size.width * channels
    for y in 0..<size.height {
        let isInside = y + row >= 0 && y + row < size.height
        for x in 0..<rowLength {
            let source = x + column * channels
            output[y * rowLength + x] =
                isInside && source >= 0 && source < rowLength ? input[(y + row) * rowLength + source] : 0
        }
    }
}

/// Turns a square image counter-clockwise by quarter turns: no pixel is changed.
///
/// - Parameter side: The image's rows, which are as many as its columns.
package func turn(
    _ input: Span<Float>, side: Int, quarterTurns: Int, into output: inout MutableSpan<Float>
) {
    let last = side - 1
    for y in 0..<side {
        for x in 0..<side {
            // A quarter turn counter-clockwise brings the last column to the first row.
            let (sourceY, sourceX) =
                switch quarterTurns & 3 {
                case 1: (x, last - y)
                case 2: (last - y, last - x)
                case 3: (last - x, y)
                default: (y, x)
                }
            output[y * side + x] = input[sourceY * side + sourceX]
        }
    }
}
