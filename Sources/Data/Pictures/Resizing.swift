import LanesKernels

/// The weights by which pixels of a row or column make those of a shorter or longer one.
struct Resizing {
    /// For each new pixel, the first old one that it is made of and the weights from there on; they add up to 1.
    let taps: [(first: Int, weights: [Float])]

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
}

/// A part of a picture in another size: averaged over the area of each new pixel where it shrinks, bilinear where it
/// grows.
///
/// - Parameter pixels: [height][width][channels]
/// - Returns: [size.height][size.width][channels]
func resize(
    _ pixels: [UInt8], width: Int, channels: Int, rows: Range<Int>, columns: Range<Int>, to size: Extent
) -> [Float] {
    let horizontal = Resizing(columns, to: size.width).taps
    let vertical = Resizing(rows, to: size.height).taps
    let rowLength = size.width * channels

    // [rows][size.width][channels], then down the columns.
    var narrowed: [Float] = []
    narrowed.reserveCapacity(rows.count * rowLength)
    for row in rows {
        for (first, weights) in horizontal {
            for channel in 0..<channels {
                let start = (row * width + first) * channels + channel
                var sum: Float = 0
                for index in weights.indices { sum += weights[index] * Float(pixels[start + index * channels]) }
                narrowed.append(sum)
            }
        }
    }
    var resized: [Float] = []
    resized.reserveCapacity(size.height * rowLength)
    for (first, weights) in vertical {
        for place in 0..<rowLength {
            let start = (first - rows.lowerBound) * rowLength + place
            var sum: Float = 0
            for index in weights.indices { sum += weights[index] * narrowed[start + index * rowLength] }
            resized.append(sum)
        }
    }
    return resized
}
