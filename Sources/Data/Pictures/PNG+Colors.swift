extension PNG {
    /// Makes pixels, grey or of three colours, of the samples in a file's rows.
    struct ColorConversion {
        private let header: Header
        private let color: Picture.Color
        /// The pixel of each palette entry, [count, channels]; empty without a palette.
        private var palette: [UInt8] = []
        /// The samples of the one colour that is transparent; empty if none is.
        private var transparentColor: [Int] = []

        init(
            _ header: Header, to color: Picture.Color, palette: ArraySlice<UInt8>?, transparency: ArraySlice<UInt8>?
        ) throws(ImageError) {
            self.header = header
            self.color = color
            switch header.color {
            case .palette: self.palette = try pixels(of: palette ?? [], alphas: transparency ?? [])
            case .gray, .rgb: transparentColor = try ColorConversion.samples(transparency ?? [], of: header)
            case .grayAlpha, .rgba: break
            }
        }

        /// - Parameter rows: [height, 1 + rowBytes], unfiltered.
        /// - Returns: [height][width][channels]
        func pixels(of rows: [UInt8]) throws(ImageError) -> [UInt8] {
            var pixels: [UInt8] = []
            pixels.reserveCapacity(header.height * header.width * color.channels)
            var samples = [Int](repeating: 0, count: header.width * header.color.channels)
            for row in 0..<header.height {
                readSamples(of: rows, from: row * (1 + header.rowBytes) + 1, into: &samples)
                for first in stride(from: 0, to: samples.count, by: header.color.channels) {
                    try append(samples, at: first, to: &pixels)
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

        /// Appends a colour composed over white, each number rounded to 0…255.
        ///
        /// - Parameter maximum: What red, green, blue and alpha are counted in, at most 65535.
        @inline(__always)
        private func append(
            _ red: Int, _ green: Int, _ blue: Int, alpha: Int, maximum: Int, to pixels: inout [UInt8]
        ) {
            let scale = 1000 * maximum * maximum
            func composed(_ thousandths: Int) -> UInt8 {
                let value = 255 * (thousandths * alpha + 1000 * maximum * (maximum - alpha))
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
        private func pixels(
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
            var pixels: [UInt8] = []
            for entry in 0..<count {
                let first = palette.startIndex + 3 * entry
                let alpha = entry < alphas.count ? alphas[alphas.startIndex + entry] : 255
                append(
                    Int(palette[first]), Int(palette[first + 1]), Int(palette[first + 2]), alpha: Int(alpha),
                    maximum: 255, to: &pixels)
            }
            return pixels
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
}
