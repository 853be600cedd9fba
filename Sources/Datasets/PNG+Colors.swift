extension PNG {
    /// Makes grey pixels of the samples in a file's rows.
    struct ColorConversion {
        private let header: Header
        /// The grey of each palette entry; empty without a palette.
        private let palette: [UInt8]
        /// The samples of the one colour that is transparent; empty if none is.
        private let transparentColor: [Int]

        init(
            _ header: Header, palette: ArraySlice<UInt8>?, transparency: ArraySlice<UInt8>?
        ) throws(ImageError) {
            self.header = header
            switch header.color {
            case .palette:
                self.palette = try ColorConversion.grays(of: palette ?? [], alphas: transparency ?? [])
                transparentColor = []
            case .gray, .rgb:
                self.palette = []
                transparentColor = try ColorConversion.samples(transparency ?? [], of: header)
            case .grayAlpha, .rgba:
                self.palette = []
                transparentColor = []
            }
        }

        /// - Parameter rows: [height, 1 + rowBytes], unfiltered.
        /// - Returns: [height, width]
        func grayPixels(of rows: [UInt8]) throws(ImageError) -> [UInt8] {
            var pixels: [UInt8] = []
            pixels.reserveCapacity(header.height * header.width)
            var samples = [Int](repeating: 0, count: header.width * header.color.channels)
            for row in 0..<header.height {
                readSamples(of: rows, from: row * (1 + header.rowBytes) + 1, into: &samples)
                for first in stride(from: 0, to: samples.count, by: header.color.channels) {
                    pixels.append(try gray(samples, at: first))
                }
            }
            return pixels
        }

        private func readSamples(of rows: [UInt8], from start: Int, into samples: inout [Int]) {
            switch header.depth {
            case 8:
                for index in samples.indices { samples[index] = Int(rows[start + index]) }
            case 16:
                for index in samples.indices {
                    samples[index] = Int(rows[start + 2 * index]) << 8 | Int(rows[start + 2 * index + 1])
                }
            default:
                let mask = 1 << header.depth - 1
                for index in samples.indices {
                    // The first sample stands in the highest bits.
                    let bit = index * header.depth
                    samples[index] = Int(rows[start + bit / 8]) >> (8 - header.depth - bit % 8) & mask
                }
            }
        }

        /// The grey of the pixel whose first sample has the index.
        @inline(__always)
        private func gray(_ samples: [Int], at first: Int) throws(ImageError) -> UInt8 {
            let maximum = 1 << header.depth - 1
            switch header.color {
            case .gray:
                let gray = samples[first]
                let alpha = transparentColor.first == gray ? 0 : maximum
                return PNG.gray(gray, gray, gray, alpha: alpha, maximum: maximum)
            case .grayAlpha:
                let gray = samples[first]
                return PNG.gray(gray, gray, gray, alpha: samples[first + 1], maximum: maximum)
            case .rgb:
                let (red, green, blue) = (samples[first], samples[first + 1], samples[first + 2])
                let isTransparent = !transparentColor.isEmpty && transparentColor == [red, green, blue]
                return PNG.gray(red, green, blue, alpha: isTransparent ? 0 : maximum, maximum: maximum)
            case .rgba:
                return PNG.gray(
                    samples[first], samples[first + 1], samples[first + 2], alpha: samples[first + 3],
                    maximum: maximum)
            case .palette:
                guard samples[first] < palette.count else {
                    throw ImageError(
                        problem: "found colour \(samples[first]) in a pixel, the palette has \(palette.count)")
                }
                return palette[samples[first]]
            }
        }

        /// - Parameters:
        ///   - palette: [count, 3]: red, green, blue.
        ///   - alphas: [at most count]; the colours after its end are opaque.
        private static func grays(
            of palette: ArraySlice<UInt8>, alphas: ArraySlice<UInt8>
        ) throws(ImageError) -> [UInt8] {
            let count = palette.count / 3
            guard palette.count == 3 * count, (1...256).contains(count) else {
                throw ImageError(
                    problem: "found a palette of \(palette.count) bytes, expected three for each of 1…256 colours")
            }
            guard alphas.count <= count else {
                throw ImageError(
                    problem: "found transparencies of \(alphas.count) colours, the palette has \(count)")
            }
            return (0..<count).map { color in
                let first = palette.startIndex + 3 * color
                let alpha = color < alphas.count ? alphas[alphas.startIndex + color] : 255
                return PNG.gray(
                    Int(palette[first]), Int(palette[first + 1]), Int(palette[first + 2]), alpha: Int(alpha),
                    maximum: 255)
            }
        }

        /// The transparent colour: two bytes a sample whatever the depth is, or nothing.
        private static func samples(
            _ transparency: ArraySlice<UInt8>, of header: Header
        ) throws(ImageError) -> [Int] {
            let size = 2 * header.color.channels
            guard transparency.isEmpty || transparency.count == size else {
                throw ImageError(
                    problem: "found a transparent colour of \(transparency.count) bytes, expected \(size)")
            }
            return stride(from: transparency.startIndex, to: transparency.endIndex, by: 2).map {
                Int(transparency[$0]) << 8 | Int(transparency[$0 + 1])
            }
        }
    }

    /// The luma of a colour (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B) composed over white, rounded to 0…255.
    ///
    /// - Parameter maximum: What red, green, blue and alpha are counted in, at most 65535.
    @inline(__always)
    private static func gray(_ red: Int, _ green: Int, _ blue: Int, alpha: Int, maximum: Int) -> UInt8 {
        let white = 1000 * maximum
        let luma = 299 * red + 587 * green + 114 * blue
        let composed = 255 * (luma * alpha + white * (maximum - alpha))
        let scale = white * maximum
        return UInt8((composed + scale / 2) / scale)
    }
}
