/// A square picture of round strokes, smoothed at their edges by the distance to the nearest one's middle.
struct StrokeRaster {
    let side: Int
    /// The distance from the middle of a stroke to its edge, in pixels.
    let radius: Double
    /// [side, side]: the squared distance from each pixel's centre to the nearest stroke, where it is near enough to
    /// show.
    private var squaredDistances: [Double]

    /// Half the width of the edge, over which white fades to black, in pixels.
    private static let softness = 0.7

    init(side: Int, radius: Double) {
        self.side = side
        self.radius = radius
        squaredDistances = [Double](repeating: .infinity, count: side * side)
    }

    /// Draws a straight line; the centre of the first pixel is at (0.5, 0.5).
    mutating func line(from start: SIMD2<Double>, to end: SIMD2<Double>) {
        let reach = radius + StrokeRaster.softness
        let direction = end - start
        let squaredLength = (direction * direction).sum()
        let columns = pixels(from: min(start.x, end.x) - reach, to: max(start.x, end.x) + reach)
        for row in pixels(from: min(start.y, end.y) - reach, to: max(start.y, end.y) + reach) {
            for column in columns {
                let offset = SIMD2(Double(column) + 0.5, Double(row) + 0.5) - start
                // Where the line comes nearest, as a fraction of it; a line without length is a point.
                let along = squaredLength > 0 ? (offset * direction).sum() / squaredLength : 0
                let difference = offset - min(max(along, 0), 1) * direction
                let index = row * side + column
                squaredDistances[index] = min(squaredDistances[index], (difference * difference).sum())
            }
        }
    }

    /// The picture's bytes, row by row: 255 inside a stroke, 0 outside.
    func pixel(_ index: Int) -> UInt8 {
        let inside = radius + StrokeRaster.softness - squaredDistances[index].squareRoot()
        return UInt8(min(max(inside / (2 * StrokeRaster.softness), 0), 1) * 255 + 0.5)
    }

    /// The rows or columns whose pixels meet the interval.
    private func pixels(from lower: Double, to upper: Double) -> Range<Int> {
        let first = Int(min(max(lower, 0), Double(side)))
        let last = Int(min(max(upper, -1), Double(side - 1)))
        return first..<max(first, last + 1)
    }
}
