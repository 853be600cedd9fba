import LanesGraph
import LanesKernels
import LanesTraining

/// A linear map, a shift and a smooth bending of an image, in one bilinear resampling. The bending is in the manner of Simard
/// et al., "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis", 2003, from a coarse grid in
/// place of blurred noise:
///
///     target(p) = source(centre + M·(p − centre) + t + d(p))
///
/// where d goes smoothly between the displacements of 5×5 points that lie evenly over the image.
struct RandomWarp: Transform {
    /// M's diagonal is uniform in 1 ± this, each of its two by itself: height and width are scaled.
    let scale: Double
    /// The others of M are uniform in ± this, each by itself: the image is turned and sheared.
    let lean: Double
    /// t is uniform in ± so many pixels, each way.
    let shift: Double
    /// The points' displacements are uniform in ± so many pixels, each way.
    let bend: Double

    var description: String { "RandomWarp(scale \(scale), lean \(lean), shift \(shift), bend \(bend))" }

    private static let cells = 4

    func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        let (height, width, channels) = (shape.height, shape.width, shape.channels)
        func draw(_ greatest: Double) -> Float { Float(random.uniform(in: -greatest...greatest)) }
        let (xx, xy, yx, yy) = (1 + draw(scale), draw(lean), draw(lean), 1 + draw(scale))
        let (shiftX, shiftY) = (draw(shift), draw(shift))
        // On the stack: a running step allocates nothing.
        var (bendX, bendY) = (InlineArray<25, Float>(repeating: 0), InlineArray<25, Float>(repeating: 0))
        for point in bendX.indices { (bendX[point], bendY[point]) = (draw(bend), draw(bend)) }
        let (centreX, centreY) = (Float(width - 1) / 2, Float(height - 1) / 2)
        for y in 0..<height {
            let (row, down) = Self.place(y, of: height)
            let fromY = Float(y) - centreY
            for x in 0..<width {
                let (column, right) = Self.place(x, of: width)
                let fromX = Float(x) - centreX
                let point = row * (Self.cells + 1) + column
                let sourceX =
                    centreX + xx * fromX + xy * fromY + shiftX + Self.between(bendX, point, down: down, right: right)
                let sourceY =
                    centreY + yx * fromX + yy * fromY + shiftY + Self.between(bendY, point, down: down, right: right)
                let (left, top) = (sourceX.rounded(.down), sourceY.rounded(.down))
                let (partX, partY) = (sourceX - left, sourceY - top)
                let (firstX, firstY) = (Int(left), Int(top))
                for channel in 0..<channels {
                    func pixel(_ y: Int, _ x: Int) -> Float {
                        guard x >= 0, x < width, y >= 0, y < height else { return 0 }
                        return source[(y * width + x) * channels + channel]
                    }
                    let upper = pixel(firstY, firstX) * (1 - partX) + pixel(firstY, firstX + 1) * partX
                    let lower = pixel(firstY + 1, firstX) * (1 - partX) + pixel(firstY + 1, firstX + 1) * partX
                    target[(y * width + x) * channels + channel] = upper * (1 - partY) + lower * partY
                }
            }
        }
    }

    /// The cell of the grid that a pixel lies in, and how far in it, on a smooth step from 0 to 1.
    private static func place(_ pixel: Int, of length: Int) -> (cell: Int, part: Float) {
        let place = Float(pixel * cells) / Float(max(length - 1, 1))
        let cell = min(Int(place), cells - 1)
        let part = place - Float(cell)
        return (cell, part * part * (3 - 2 * part))
    }

    /// What a cell's four points, the first of which is its upper left one, make inside it.
    private static func between(_ grid: InlineArray<25, Float>, _ point: Int, down: Float, right: Float) -> Float {
        let upper = grid[point] + right * (grid[point + 1] - grid[point])
        let lower = grid[point + cells + 1] + right * (grid[point + cells + 2] - grid[point + cells + 1])
        return upper + down * (lower - upper)
    }
}
