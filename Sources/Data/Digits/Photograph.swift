import LanesKernels

/// A photograph of something written, as paper under any light.
struct Photograph {
    /// The most rows and columns that are needed.
    static let side = 320
    /// No photograph has fewer rows or columns.
    static let leastSide = 64

    /// Dark ink on lighter paper.
    private let image: GrayImage

    init(_ picture: GrayImage) {
        let longer = max(picture.height, picture.width)
        var image = picture
        if longer > Photograph.side {
            let size = Extent(
                height: max(1, picture.height * Photograph.side / longer),
                width: max(1, picture.width * Photograph.side / longer))
            image = picture.resized(to: size)
        }
        self.image = image.hasLightInk() ? image.inverted() : image
    }

    /// What is drawn on it (``GrayImage/inkOnPaper()``).
    ///
    /// - Parameter onlyRuled: Whether it is a drawing, so that only ruled lines can be beside ink; nil is returned where
    ///   there are none.
    func ink(onlyRuled: Bool) throws(ImageError) -> GrayImage? {
        let ruled = RuledLines.removed(from: image)
        if let ruled, let ink = try? Photograph.ink(of: ruled) { return ink }
        return onlyRuled ? nil : try Photograph.ink(of: image)
    }

    private static func strokeSide(_ image: GrayImage) -> Int { max(3, min(image.height, image.width) * 22 / 100) }

    private static func ink(of image: GrayImage) throws(ImageError) -> GrayImage {
        let paper = LocalPaper(image, side: strokeSide(image)).pixels
        let levels = Histogram(paper)
        let middle = levels.value(atRank: paper.count / 2)
        // Ink takes a share of the light that falls on it, in a shadow as well.
        let differences = zip(paper, image.pixels).map { (paper, pixel) -> Int in
            let difference = Int(paper) - Int(pixel)
            return difference * max(middle, 1) / max(Int(paper), 24)
        }
        // Most pixels are paper. Noise makes it look too light, by as much as their middle differs from it.
        let shift = differences.sorted()[differences.count / 2]
        let spread = differences.map { abs($0 - shift) }.sorted()[differences.count / 2]
        let contrasts = differences.map { UInt8(min(max($0 - shift, 0), 255)) }
        // The median of normal noise is 0.67 standard deviations, so this is 4 of them.
        let ink = try GrayImage.ink(
            contrasts, height: image.height, width: image.width, noise: 6 * spread, paper: middle)
        // A third of full ink: what is fainter may be a shadow's edge.
        let parts = InkParts(ink, least: 85)
        let digits = parts.digits()
        return digits.isEmpty ? ink : parts.only([digits.flatMap(\.self)], of: ink, margin: 2)[0]
    }
}

extension GrayImage {
    /// Whether what is drawn is lighter than the paper: ink covers less of any place than paper does, so that it lies
    /// farther from the mean of the surroundings than paper, and the third powers of the differences have its sign.
    /// Shadows lie on both sides of that mean alike.
    fileprivate func hasLightInk() -> Bool {
        let half = max(1, min(height, width) / 5)
        // sums[row][column]: of all pixels above and to the left.
        var sums = [Int](repeating: 0, count: (height + 1) * (width + 1))
        for row in 0..<height {
            var line = 0
            for column in 0..<width {
                line += Int(pixels[row * width + column])
                sums[(row + 1) * (width + 1) + column + 1] = sums[row * (width + 1) + column + 1] + line
            }
        }
        var skewness = 0
        for row in 0..<height {
            let (top, bottom) = (max(0, row - half) * (width + 1), min(height, row + half + 1) * (width + 1))
            for column in 0..<width {
                let (left, right) = (max(0, column - half), min(width, column + half + 1))
                let sum = sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left]
                let difference =
                    Int(pixels[row * width + column]) - sum * (width + 1) / ((bottom - top) * (right - left))
                skewness += difference * difference * difference
            }
        }
        return skewness > 0
    }

    fileprivate func inverted() -> GrayImage {
        GrayImage(checkedHeight: height, width: width, pixels: pixels.map { 255 - $0 })
    }

    /// In another size, as ``Picture/resized(to:)`` does.
    func resized(to size: Extent) -> GrayImage {
        let values = resize(pixels, width: width, channels: 1, rows: 0..<height, columns: 0..<width, to: size)
        return GrayImage(checkedHeight: size.height, width: size.width, pixels: values.map { UInt8($0.rounded()) })
    }
}
