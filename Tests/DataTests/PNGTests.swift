import LanesData
import LanesFiles
import LanesTraining
import TestSupport
import Testing

/// PNG files of every colour type, read to grey.
@Suite struct PNGTests {
    @Test(.namingCases)
    static func grayCases() {
        forEach([1, 2, 4, 8, 16]) { try Self().gray(depth: $0) }
    }

    func gray(depth: Int) throws {
        let maximum = 1 << depth - 1
        try expect("gray\(depth)") { row, column in
            Double(PNGFixtures.sample(row: row, column: column, maximum: maximum)) / Double(maximum)
        }
    }

    @Test(.namingCases)
    static func colorsCases() {
        forEach([("grayAlpha", 8), ("grayAlpha", 16), ("rgb", 8), ("rgb", 16), ("rgba", 8), ("rgba", 16)]) {
            try Self().colors(kind: $0, depth: $1)
        }
    }

    func colors(kind: String, depth: Int) throws {
        let maximum = 1 << depth - 1
        try expect("\(kind)\(depth)") { row, column in
            let sample = { (channel: Int) in
                Double(PNGFixtures.sample(row: row, column: column, channel: channel, maximum: maximum))
                    / Double(maximum)
            }
            return switch kind {
            case "grayAlpha": overWhite(sample(0), alpha: sample(1))
            case "rgb": luma(sample(0), sample(1), sample(2))
            default: overWhite(luma(sample(0), sample(1), sample(2)), alpha: sample(3))
            }
        }
    }

    @Test(.namingCases)
    func palette() {
        forEach([1, 2, 4, 8]) { depth in
            try expect("palette\(depth)") { row, column in
                paletteLuma(PNGFixtures.sample(row: row, column: column, maximum: min(1 << depth, 200) - 1))
            }
        }
    }

    /// The first colour is transparent, the second half so, the others are opaque because the list ends.
    @Test func transparentPalette() throws {
        try expect("transparentPalette2") { row, column in
            let entry = PNGFixtures.sample(row: row, column: column, maximum: 3)
            return overWhite(paletteLuma(entry), alpha: [0, 128.0 / 255, 1, 1][entry])
        }
    }

    /// The colour of the pixel (2, 3) is transparent.
    @Test func transparentColor() throws {
        try expect("transparentGray8") { row, column in
            let sample = PNGFixtures.sample(row: row, column: column, maximum: 255)
            return sample == PNGFixtures.sample(row: 2, column: 3, maximum: 255) ? 1 : Double(sample) / 255
        }
        try expect("transparentRGB16") { row, column in
            let samples = { (row: Int, column: Int) in
                (0..<3).map { PNGFixtures.sample(row: row, column: column, channel: $0, maximum: 65535) }
            }
            let color = samples(row, column)
            if color == samples(2, 3) { return 1 }
            return luma(Double(color[0]), Double(color[1]), Double(color[2])) / 65535
        }
    }

    /// Red, green and blue by themselves, a grey for all three where the file has no colours.
    @Test(.namingCases)
    static func keepsColorsCases() {
        forEach([
            ("gray1", 1), ("gray16", 16), ("grayAlpha8", 8), ("rgb8", 8), ("rgb16", 16), ("rgba8", 8), ("rgba16", 16),
        ]) { try Self().keepsColors(name: $0, depth: $1) }
    }

    func keepsColors(name: String, depth: Int) throws {
        let maximum = 1 << depth - 1
        try expectColors(name) { row, column in
            let samples = (0..<4).map {
                Double(PNGFixtures.sample(row: row, column: column, channel: $0, maximum: maximum)) / Double(maximum)
            }
            if name.hasPrefix("grayAlpha") {
                return [Double](repeating: overWhite(samples[0], alpha: samples[1]), count: 3)
            }
            if name.hasPrefix("gray") { return [samples[0], samples[0], samples[0]] }
            return samples[..<3].map { name.hasPrefix("rgba") ? overWhite($0, alpha: samples[3]) : $0 }
        }
    }

    @Test(.namingCases)
    func keepsColorsOfPalettes() {
        forEach([1, 2, 4, 8]) { depth in
            try expectColors("palette\(depth)") { row, column in
                let entry = PNGFixtures.sample(row: row, column: column, maximum: min(1 << depth, 200) - 1)
                return (0..<3).map { Double(PNGFixtures.paletteSample(entry, channel: $0)) / 255 }
            }
        }
    }

    /// Beside the pixel (1, 1) left 12 and above left 10 are as near to 12 + 9 − 10, beside (3, 1) above 8 and above
    /// left 10 to 11 + 8 − 10: the one named first counts.
    @Test func paethTies() throws {
        let image = try GrayImage.decode(PNGFixtures.file("paethTies"), name: "test")
        #expect(image.pixels == [10, 9, 12, 50, 10, 8, 11, 77])
    }

    @Test(.namingCases)
    func encodedImagesAreReadBack() {
        forEach([(1, 1), (28, 28), (3, 500), (500, 300)]) { height, width in
            let pixels = (0..<height * width).map { UInt8(truncatingIfNeeded: $0 * $0 % 251) }
            let image = try GrayImage(height: height, width: width, pixels: pixels, name: "test")
            #expect(try GrayImage.decode(PNG.encode(image), name: "test") == image)
        }
    }

    /// Every pixel must be as near to the exact grey, a fraction of white, as rounding allows.
    private func expect(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation, gray: (Int, Int) -> Double
    ) throws {
        let image = try GrayImage.decode(PNGFixtures.file(name), name: name)
        #expect(image.height == PNGFixtures.height, sourceLocation: sourceLocation)
        #expect(image.width == PNGFixtures.width, sourceLocation: sourceLocation)
        for row in 0..<PNGFixtures.height {
            for column in 0..<PNGFixtures.width {
                let pixel = Double(image.pixels[row * PNGFixtures.width + column])
                #expect(
                    abs(pixel - 255 * gray(row, column)) <= 0.5 + 1e-9, "\(name), row \(row), column \(column)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    /// Each number must be as near to the exact one, a fraction of full light, as rounding allows.
    private func expectColors(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation, colors: (Int, Int) -> [Double]
    ) throws {
        let picture = try Picture.decode(PNGFixtures.file(name), color: .rgb, name: name)
        let expected = (0..<PNGFixtures.height).flatMap { row in
            (0..<PNGFixtures.width).flatMap { colors(row, $0) }
        }
        #expect(picture.height == PNGFixtures.height && picture.width == PNGFixtures.width)
        try #require(picture.pixels.count == expected.count, sourceLocation: sourceLocation)
        for (index, color) in expected.enumerated() {
            #expect(
                abs(Double(picture.pixels[index]) - 255 * color) <= 0.5 + 1e-9, "\(name), number \(index)",
                sourceLocation: sourceLocation)
        }
    }

    private func luma(_ red: Double, _ green: Double, _ blue: Double) -> Double {
        0.299 * red + 0.587 * green + 0.114 * blue
    }

    private func paletteLuma(_ entry: Int) -> Double {
        let samples = (0..<3).map { Double(PNGFixtures.paletteSample(entry, channel: $0)) / 255 }
        return luma(samples[0], samples[1], samples[2])
    }

    private func overWhite(_ gray: Double, alpha: Double) -> Double { alpha * gray + 1 - alpha }
}
