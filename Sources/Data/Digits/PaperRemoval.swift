import LanesKernels

extension GrayImage {
    /// What is drawn on the picture, by itself: 0 where it shows paper, 255 where it shows ink, whichever is darker.
    ///
    /// Paper is what the border shows. Where the border shows more than even or evenly tilted paper, there may be lines,
    /// shadows and whatever lies on the table, and the picture is treated as a photograph, with at most
    /// ``Photograph/side`` rows and columns. Every threshold is a rank among the pixels, so that a few odd ones change
    /// nothing.
    ///
    /// - Throws: An error where nothing stands out from the paper.
    func inkOnPaper() throws(ImageError) -> GrayImage {
        let paper = Paper(of: self)
        let isLarge = min(height, width) >= Photograph.leastSide
        if isLarge, !paper.isWholeBorder(of: self), let ink = try Photograph(self).ink(onlyRuled: paper.isDrawn) {
            return ink
        }
        return try ink(on: paper)
    }

    /// The same for paper that is even, or evenly tilted.
    private func ink(on paper: Paper) throws(ImageError) -> GrayImage {
        // The squares of large differences tell ink, wherever the paper's own lie.
        var (darker, lighter) = (0, 0)
        for row in 0..<height {
            for column in 0..<width {
                let difference = paper.difference(self, row: row, column: column)
                if difference < 0 { darker += difference * difference } else { lighter += difference * difference }
            }
        }
        let sign = darker > lighter ? -1 : 1
        // Computed a second time, since of a great picture it is too much to keep.
        var contrasts: [UInt8] = []
        contrasts.reserveCapacity(pixels.count)
        for row in 0..<height {
            for column in 0..<width {
                contrasts.append(UInt8(max(0, sign * paper.difference(self, row: row, column: column))))
            }
        }
        // The spread of normal noise is 0.47 standard deviations, so this is 4.7 of them.
        let noise = Int(min(10 * paper.spread, 255).rounded())
        return try GrayImage.ink(contrasts, height: height, width: width, noise: noise, paper: paper.middle)
    }

    /// Ink by how far it differs from paper.
    ///
    /// - Parameters:
    ///   - contrasts: [height][width]
    ///   - noise: What paper may differ by.
    ///   - paper: Its grey, for the error.
    static func ink(
        _ contrasts: [UInt8], height: Int, width: Int, noise: Int, paper: Int
    ) throws(ImageError) -> GrayImage {
        let levels = Histogram(contrasts)
        // A stroke covers more than a two-thousandth of a picture, a speck less.
        let peak = levels.value(atRank: contrasts.count - 1 - contrasts.count / 2000)
        let least = max(noise, leastContrast)
        guard peak > least else {
            throw ImageError(
                problem: "found no ink: next to nothing differs from the paper, which is grey \(paper) of 255, by more "
                    + "than \(least)")
        }
        // MNIST's strokes are white all through, whereas ink on a photo varies: its strongest tenth becomes white.
        let inkCount = levels.count(above: peak / 2)
        let full = levels.value(atRank: contrasts.count - 1 - inkCount / 10)
        let stretched = (0..<256).map { contrast in
            // Above the noise nothing is subtracted, so that the edges of strokes stay where they are.
            contrast > min(noise, full / 2) ? UInt8((255 * min(contrast, full) + full / 2) / full) : 0
        }
        return GrayImage(
            checkedHeight: height, width: width, pixels: contrasts.map { stretched[Int($0)] })
    }

    /// Ink must differ from paper by more levels than this.
    static let leastContrast = 16
}

/// How many pixels have each value.
struct Histogram {
    private var counts = [Int](repeating: 0, count: 256)

    init(_ pixels: [UInt8]) {
        for pixel in pixels { counts[Int(pixel)] += 1 }
    }

    /// The value of the pixel that would have the place, from 0, if all were sorted.
    func value(atRank rank: Int) -> Int {
        var seen = 0
        return counts.firstIndex { count in
            seen += count
            return seen > rank
        } ?? 255
    }

    func count(above value: Int) -> Int { counts[(value + 1)...].reduce(0, +) }
}
