/// The weights by which pixels of a row or column make those of a shorter or longer one.
struct Resizing {
    /// For each new pixel, the first old one that it is made of and the weights from there on; they add up to 1.
    private let taps: [(first: Int, weights: [Float])]

    /// - Parameters:
    ///   - range: The old pixels; not empty.
    ///   - count: How many new ones.
    init(_ range: Range<Int>, to count: Int) {
        let scale = Double(range.count) / Double(count)
        taps = (0..<count).map { index in
            let (first, weights) =
                scale >= 1
                ? Resizing.average(from: Double(index) * scale, length: scale, count: range.count)
                : Resizing.interpolate(at: (Double(index) + 0.5) * scale - 0.5, count: range.count)
            return (range.lowerBound + first, weights.map { Float($0) })
        }
    }

    /// Every old pixel weighs what the new one covers of it.
    private static func average(from start: Double, length: Double, count: Int) -> (first: Int, weights: [Double]) {
        let first = min(Int(start), count - 1)
        let end = start + length
        // Rounding may put the end just beyond the last pixel.
        let last = max(first, min(Int(end.rounded(.up)), count) - 1)
        let covered = (first...last).map { max(0, min(end, Double($0 + 1)) - max(start, Double($0))) }
        let total = covered.reduce(0, +)
        return (first, covered.map { $0 / total })
    }

    /// The two old pixels on either side weigh by how near they are; beyond the ends nothing changes.
    private static func interpolate(at place: Double, count: Int) -> (first: Int, weights: [Double]) {
        let place = min(max(place, 0), Double(count - 1))
        let first = min(Int(place), max(0, count - 2))
        let fraction = place - Double(first)
        return count == 1 ? (0, [1]) : (first, [1 - fraction, fraction])
    }

    /// The new row or column.
    ///
    /// - Parameter old: The value of the old pixel with the index.
    @inline(__always)
    func apply(_ old: (Int) -> Float) -> [Float] {
        taps.map { first, weights in
            var sum: Float = 0
            for index in weights.indices { sum += weights[index] * old(first + index) }
            return sum
        }
    }
}

extension GrayImage {
    /// A part of the image in another size, [height, width] row-major: averaged over the area of each new pixel where it
    /// shrinks, bilinear where it grows.
    func resized(rows: Range<Int>, columns: Range<Int>, height: Int, width: Int) -> [Float] {
        let horizontal = Resizing(columns, to: width)
        let vertical = Resizing(rows, to: height)
        let narrowed = rows.flatMap { row in
            horizontal.apply { Float(pixels[row * self.width + $0]) }
        }
        var resized = [Float](repeating: 0, count: height * width)
        for column in 0..<width {
            let values = vertical.apply { narrowed[($0 - rows.lowerBound) * width + column] }
            for row in 0..<height { resized[row * width + column] = values[row] }
        }
        return resized
    }
}
