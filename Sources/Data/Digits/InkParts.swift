/// The connected parts of an image of ink, and which of them make a digit together.
struct InkParts {
    struct Part {
        /// The smallest box around it.
        fileprivate(set) var rows: Range<Int>
        fileprivate(set) var columns: Range<Int>
        /// The sum of its pixels.
        fileprivate(set) var mass: Int
        /// Whether it reaches the picture's sides.
        fileprivate(set) var isAtSide: Bool
    }

    let parts: [Part]
    /// [height][width]: which part each pixel belongs to; -1 for none.
    let labels: [Int32]
    private let height: Int
    private let width: Int

    /// Pixels belong together if they touch, at a corner too.
    ///
    /// - Parameters:
    ///   - ink: 0 is paper, 255 ink.
    ///   - least: Fainter pixels belong to no part.
    init(_ ink: GrayImage, least: UInt8) {
        let (height, width) = (ink.height, ink.width)
        var labels = [Int32](repeating: -1, count: ink.pixels.count)
        var parts: [Part] = []
        var waiting: [Int] = []
        for start in ink.pixels.indices where ink.pixels[start] >= least && labels[start] < 0 {
            let label = Int32(parts.count)
            var part = Part(
                rows: start / width..<start / width + 1, columns: start % width..<start % width + 1, mass: 0,
                isAtSide: false)
            labels[start] = label
            waiting.append(start)
            while let pixel = waiting.popLast() {
                let (row, column) = (pixel / width, pixel % width)
                part.mass += Int(ink.pixels[pixel])
                part.rows = min(part.rows.lowerBound, row)..<max(part.rows.upperBound, row + 1)
                part.columns = min(part.columns.lowerBound, column)..<max(part.columns.upperBound, column + 1)
                for y in max(0, row - 1)...min(height - 1, row + 1) {
                    for x in max(0, column - 1)...min(width - 1, column + 1) {
                        let next = y * width + x
                        guard labels[next] < 0, ink.pixels[next] >= least else { continue }
                        labels[next] = label
                        waiting.append(next)
                    }
                }
            }
            part.isAtSide =
                part.rows.lowerBound == 0 || part.rows.upperBound == height || part.columns.lowerBound == 0
                || part.columns.upperBound == width
            parts.append(part)
        }
        (self.parts, self.labels, self.height, self.width) = (parts, labels, height, width)
    }

    /// The parts that make up each digit, from left to right: a part at least half as tall as the tallest is a digit, or
    /// more of one if it stands above or below another or next to it; a smaller one belongs to the nearest digit.
    ///
    /// What reaches the picture's sides is no digit, unless it is by far the most ink. Specks far from all digits belong
    /// to none.
    func digits() -> [[Int]] {
        let most = parts.filter { !$0.isAtSide }.map(\.mass).max() ?? 0
        let free = parts.indices.filter { !parts[$0].isAtSide || parts[$0].mass > 3 * most }
        guard let tallest = free.map({ parts[$0].rows.count }).max() else { return [] }
        let heaviest = free.map { parts[$0].mass }.max() ?? 0
        var digits: [(members: [Int], rows: Range<Int>, columns: Range<Int>)] = []
        func join(_ index: Int, to digit: Int) {
            let part = parts[index]
            digits[digit].members.append(index)
            digits[digit].rows = InkParts.hull(digits[digit].rows, part.rows)
            digits[digit].columns = InkParts.hull(digits[digit].columns, part.columns)
        }
        let isTall = { (index: Int) in
            2 * parts[index].rows.count >= tallest && 10 * parts[index].mass >= heaviest
        }
        for index in free.filter(isTall).sorted(by: { parts[$0].columns.lowerBound < parts[$1].columns.lowerBound }) {
            let columns = parts[index].columns
            let partner = digits.indices.last { digit in
                let other = digits[digit].columns
                let common = min(columns.upperBound, other.upperBound) - max(columns.lowerBound, other.lowerBound)
                // A gap of a tenth of the height is one between digits.
                return 4 * common > min(columns.count, other.count) || 10 * -common < tallest
            }
            if let partner { join(index, to: partner) } else { digits.append(([index], parts[index].rows, columns)) }
        }
        for index in free.filter({ !isTall($0) }) {
            let part = parts[index]
            let distances = digits.map { digit in
                InkParts.gap(digit.rows, part.rows) + InkParts.gap(digit.columns, part.columns)
            }
            guard let nearest = distances.indices.min(by: { distances[$0] < distances[$1] }) else { continue }
            if 4 * distances[nearest] <= tallest && (50 * part.mass > heaviest || distances[nearest] == 0) {
                join(index, to: nearest)
            }
        }
        return digits.sorted { $0.columns.lowerBound < $1.columns.lowerBound }.map(\.members)
    }

    /// Whether most of these digits are parts that stand one above the other, as in a column of two lines.
    func isStacked(_ digits: [[Int]]) -> Bool {
        let stacked = digits.count { members in
            let tallest = members.map { parts[$0].rows.count }.max() ?? 0
            let top = members.map { parts[$0].rows.lowerBound }.min() ?? 0
            let bottom = members.map { parts[$0].rows.upperBound }.max() ?? 0
            return 10 * (bottom - top) > 19 * tallest
        }
        return 2 * stacked > digits.count
    }

    /// The ink of some parts, each set in an image by itself, with the faint pixels around them; nothing elsewhere.
    ///
    /// - Parameter margin: How far around. A faint pixel belongs to the part from which the fewest steps over ink lead to it.
    func only(_ sets: [[Int]], of ink: GrayImage, margin: Int) -> [GrayImage] {
        var owners = labels
        var front = labels.indices.filter { labels[$0] >= 0 }
        var distance = 0
        while distance < margin, !front.isEmpty {
            var reached: [Int] = []
            for pixel in front {
                let (row, column) = (pixel / width, pixel % width)
                for y in max(0, row - 1)...min(height - 1, row + 1) {
                    for x in max(0, column - 1)...min(width - 1, column + 1) {
                        let next = y * width + x
                        guard owners[next] < 0, ink.pixels[next] > 0 else { continue }
                        owners[next] = owners[pixel]
                        reached.append(next)
                    }
                }
            }
            front = reached
            distance += 1
        }
        return sets.map { members in
            let kept = Set(members.map { Int32($0) })
            let pixels = ink.pixels.indices.map { kept.contains(owners[$0]) ? ink.pixels[$0] : 0 }
            return GrayImage(checkedHeight: height, width: width, pixels: pixels)
        }
    }

    private static func hull(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
        min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
    }

    private static func gap(_ a: Range<Int>, _ b: Range<Int>) -> Int {
        max(0, max(a.lowerBound, b.lowerBound) - min(a.upperBound, b.upperBound))
    }
}
