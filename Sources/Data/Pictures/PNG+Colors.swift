extension PNG {
    /// Makes pixels, grey or of three colours, of the samples in a file's rows.
    struct ColorConversion {
        private let header: Header
        let color: Picture.Color
        /// The grey that shows through.
        private let background: Int
        /// The pixel of each palette entry, [count, channels]; empty without a palette.
        private var palette: [UInt8] = []
        /// The samples of the one colour that is transparent; empty if none is.
        private var transparentColor: [Int] = []

        init(
            _ header: Header, to color: Picture.Color, over background: UInt8, palette: [UInt8]?,
            transparency: [UInt8]?
        ) {
            self.header = header
            self.color = color
            self.background = Int(background)
            switch header.color {
            case .palette: self.palette = pixels(of: palette ?? [], alphas: transparency ?? [])
            case .gray, .rgb: transparentColor = ColorConversion.samples(transparency ?? [], of: header)
            case .grayAlpha, .rgba: break
            }
        }

        /// Appends a row's pixels, [width][channels].
        ///
        /// - Parameter row: Unfiltered.
        func append(_ row: [UInt8], width: Int, to pixels: inout [UInt8]) throws(ImageError) {
            let samples = samples(of: row, width: width)
            for first in stride(from: 0, to: samples.count, by: header.color.channels) {
                try append(samples, at: first, to: &pixels)
            }
        }

        private func samples(of row: [UInt8], width: Int) -> [Int] {
            let indices = 0..<width * header.color.channels
            switch header.depth {
            case 8: return row.map { Int($0) }
            case 16: return indices.map { Int(row[2 * $0]) << 8 | Int(row[2 * $0 + 1]) }
            default:
                let mask = 1 << header.depth - 1
                return indices.map { index in
                    // The first sample stands in the highest bits.
                    let bit = index * header.depth
                    return Int(row[bit / 8]) >> (8 - header.depth - bit % 8) & mask
                }
            }
        }

        /// Appends the pixel whose first sample has the index.
        @inline(__always)
        private func append(_ samples: [Int], at first: Int, to pixels: inout [UInt8]) throws(ImageError) {
            let maximum = 1 << header.depth - 1
            switch header.color {
            case .gray:
                let gray = samples[first]
                let alpha = transparentColor.first == gray ? 0 : maximum
                append(gray, gray, gray, alpha: alpha, maximum: maximum, to: &pixels)
            case .grayAlpha:
                let gray = samples[first]
                append(gray, gray, gray, alpha: samples[first + 1], maximum: maximum, to: &pixels)
            case .rgb:
                let (red, green, blue) = (samples[first], samples[first + 1], samples[first + 2])
                let isTransparent = !transparentColor.isEmpty && transparentColor == [red, green, blue]
                append(red, green, blue, alpha: isTransparent ? 0 : maximum, maximum: maximum, to: &pixels)
            case .rgba:
                append(
                    samples[first], samples[first + 1], samples[first + 2], alpha: samples[first + 3],
                    maximum: maximum, to: &pixels)
            case .palette:
                let (entry, channels) = (samples[first], color.channels)
                guard entry < palette.count / channels else {
                    throw ImageError(
                        problem: "found colour \(entry) in a pixel, the palette has \(palette.count / channels)")
                }
                pixels += palette[entry * channels..<(entry + 1) * channels]
            }
        }

        /// Appends a colour composed over the background, each number rounded to 0…255.
        ///
        /// - Parameter maximum: What red, green, blue and alpha are counted in, at most 65535.
        @inline(__always)
        private func append(
            _ red: Int, _ green: Int, _ blue: Int, alpha: Int, maximum: Int, to pixels: inout [UInt8]
        ) {
            let scale = 1000 * maximum * maximum
            func composed(_ thousandths: Int) -> UInt8 {
                let value = 255 * thousandths * alpha + background * 1000 * maximum * (maximum - alpha)
                return UInt8((value + scale / 2) / scale)
            }
            switch color {
            case .gray: pixels.append(composed(luma(red, green, blue)))
            case .rgb:
                pixels.append(composed(1000 * red))
                pixels.append(composed(1000 * green))
                pixels.append(composed(1000 * blue))
            }
        }

        /// - Parameters:
        ///   - palette: [count, 3]: red, green, blue.
        ///   - alphas: [at most count]; the colours after its end are opaque.
        /// - Returns: [count, channels]
        private func pixels(of palette: [UInt8], alphas: [UInt8]) -> [UInt8] {
            var pixels: [UInt8] = []
            for entry in 0..<palette.count / 3 {
                let first = 3 * entry
                let alpha = entry < alphas.count ? alphas[entry] : 255
                append(
                    Int(palette[first]), Int(palette[first + 1]), Int(palette[first + 2]), alpha: Int(alpha),
                    maximum: 255, to: &pixels)
            }
            return pixels
        }

        /// The transparent colour: two bytes a sample, of which only as many bits as the depth has count; or nothing.
        private static func samples(_ transparency: [UInt8], of header: Header) -> [Int] {
            stride(from: 0, to: transparency.count, by: 2).map {
                (Int(transparency[$0]) << 8 | Int(transparency[$0 + 1])) & (1 << header.depth - 1)
            }
        }
    }
}
