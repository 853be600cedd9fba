/// The ruled lines of paper, as far as a picture shows them: long, straight, thin, darker than the paper, and seen from
/// one side of the picture to the other. No digit is that, unless it was cut out tightly.
///
/// Lines are told by ridges: pixels that are darker than those a little above and a little below. Neither a thick
/// stroke nor the edge of a shadow makes one. Along every straight line of a slope of at most 12° the ridges are
/// counted, as the Hough transform does (Duda and Hart, "Use of the Hough transformation to detect lines and curves in
/// pictures", 1972).
struct RuledLines {
    /// The pixels, [height][width]: dark ink on lighter paper.
    private(set) var pixels: [UInt8]
    private let height: Int
    private let width: Int
    /// How far above and below a line its surroundings are looked at, in pixels.
    private let reach: Int
    /// Whether there were any.
    private(set) var areFound = false

    private struct Line {
        /// The row in the first column, and what each further column adds.
        let start: Float
        let slope: Float
        /// Which part of the columns shows it.
        let share: Float

        func row(_ column: Int) -> Int { Int((start + slope * Float(column)).rounded()) }
    }

    private init(_ pixels: [UInt8], height: Int, width: Int) {
        (self.pixels, self.height, self.width) = (pixels, height, width)
        reach = max(2, min(height, width) / 60)
    }

    /// The picture without its lines; nil if it has none.
    ///
    /// - Parameter image: Dark ink on lighter paper.
    static func removed(from image: GrayImage) -> GrayImage? {
        var across = RuledLines(image.pixels, height: image.height, width: image.width)
        across.mend()
        let turned = transposed(across.pixels, height: image.height, width: image.width)
        var down = RuledLines(turned, height: image.width, width: image.height)
        down.mend()
        guard across.areFound || down.areFound else { return nil }
        return GrayImage(
            checkedHeight: image.height, width: image.width,
            pixels: transposed(down.pixels, height: image.width, width: image.height))
    }

    private static func transposed(_ pixels: [UInt8], height: Int, width: Int) -> [UInt8] {
        (0..<width).flatMap { column in (0..<height).map { pixels[$0 * width + column] } }
    }

    /// Replaces every line by what lies above and below it.
    private mutating func mend() {
        guard height > 4 * reach, width > 4 * reach else { return }
        let ridges = ridges()
        let found = lines(ridges)
        areFound = !found.isEmpty
        for line in found { erase(line, ridges) }
    }

    /// How much darker each pixel is than both the one above and the one below it at the reach's distance,
    /// [height][width]; 0 near the upper and lower side.
    private func ridges() -> [UInt8] {
        var ridges = [UInt8](repeating: 0, count: pixels.count)
        for index in reach * width..<(height - reach) * width {
            let beside = min(pixels[index - reach * width], pixels[index + reach * width])
            if beside > pixels[index] { ridges[index] = beside - pixels[index] }
        }
        return ridges
    }

    /// The lines, none of which touches another.
    private func lines(_ ridges: [UInt8]) -> [Line] {
        let isRidge = seen(ridges)
        var candidates: [Line] = []
        for halfDegrees in -24...24 {
            // tan x is x + x³/3 nearly enough.
            let angle = Float(halfDegrees) * .pi / 360
            let slope = angle + angle * angle * angle / 3
            let rise = slope * Float(width - 1)
            var row = min(0, -rise)
            while row < Float(height) - min(0, rise) {
                if let share = share(isRidge, start: row, slope: slope) {
                    candidates.append(Line(start: row, slope: slope, share: share))
                }
                row += 1
            }
        }
        var found: [Line] = []
        for line in candidates.sorted(by: { $0.share > $1.share }) {
            let isNew = found.allSatisfy { other in
                let (left, right) = (line.row(0) - other.row(0), line.row(width - 1) - other.row(width - 1))
                return min(abs(left), abs(right)) > reach && (left < 0) == (right < 0)
            }
            if isNew { found.append(line) }
            if found.count == height / (2 * reach) { break }
        }
        return found
    }

    /// Where a ridge rises above what noise makes of paper, there or one pixel above or below.
    private func seen(_ ridges: [UInt8]) -> [Bool] {
        // Lines and strokes cover less than a quarter of a picture.
        let noise = Histogram(ridges).value(atRank: ridges.count * 3 / 4)
        let least = UInt8(min(255, max(5, 2 * noise)))
        return ridges.indices.map { index in
            ridges[index] >= least || index >= width && ridges[index - width] >= least
                || index + width < ridges.count && ridges[index + width] >= least
        }
    }

    /// The part of a line's columns in which there is a ridge; nil where that is too small for a line: most of them, and
    /// nearly all near the sides of the picture, where no digit hides it.
    private func share(_ isRidge: [Bool], start: Float, slope: Float) -> Float? {
        var inside = 0..<width
        if slope != 0 {
            // Where the row is one of the picture's.
            let (first, second) = (-start / slope, (Float(height - 1) - start) / slope)
            let lower = max(0, Int(min(first, second).rounded(.up)))
            let upper = min(width, Int(max(first, second).rounded(.down)) + 1)
            guard lower < upper else { return nil }
            inside = lower..<upper
        } else if start < 0 || start > Float(height - 1) {
            return nil
        }
        guard inside.count > width / 3 else { return nil }
        let fifth = inside.count / 5
        func count(_ columns: Range<Int>) -> Float {
            var seen = 0
            for column in columns {
                let row = min(max(Int((start + slope * Float(column)).rounded()), 0), height - 1)
                if isRidge[row * width + column] { seen += 1 }
            }
            return Float(seen) / Float(columns.count)
        }
        let first = count(inside.lowerBound..<inside.lowerBound + fifth)
        guard first > 0.7 else { return nil }
        let last = count(inside.upperBound - fifth..<inside.upperBound)
        guard last > 0.7 else { return nil }
        let middle = count(inside.lowerBound + fifth..<inside.upperBound - fifth)
        return middle > 0.4 ? (first + last + 3 * middle) / 5 : nil
    }

    /// Draws each column of the line anew, from the pixel above it to the one below: paper between paper, and ink
    /// between ink where a stroke crosses it.
    private mutating func erase(_ line: Line, _ ridges: [UInt8]) {
        // The mean ridge at each distance tells how thick it is.
        let profile = (-reach...reach).map { offset in
            (0..<width).reduce(0) { sum, column in
                let row = line.row(column) + offset
                return (0..<height).contains(row) ? sum + Int(ridges[row * width + column]) : sum
            }
        }
        let peak = profile.max() ?? 0
        let above = 1 + reach - (profile.firstIndex { 4 * $0 > peak } ?? reach)
        let below = 1 + (profile.lastIndex { 4 * $0 > peak } ?? reach) - reach
        for column in 0..<width {
            let (top, bottom) = (line.row(column) - above, line.row(column) + below)
            guard top < height - 1, bottom > 0 else { continue }
            let upper = Int(pixels[max(top, 0) * width + column])
            let lower = Int(pixels[min(bottom, height - 1) * width + column])
            // Beyond the picture's side there is what lies on the other side of the line.
            let (first, last) = (top < 0 ? lower : upper, bottom >= height ? upper : lower)
            for row in max(top + 1, 0)..<min(max(bottom, top + 1), height) {
                let value = first + (last - first) * (row - top) / (bottom - top)
                pixels[row * width + column] = UInt8(max(value, Int(pixels[row * width + column])))
            }
        }
    }
}
