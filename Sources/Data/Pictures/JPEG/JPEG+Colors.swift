extension JPEG.Frame {
    /// Brings the components to the picture's size and makes pixels of them.
    ///
    /// - Parameter planes: Of each component.
    func pixels(of planes: [JPEG.Plane], to color: Picture.Color, isRGB: Bool) -> [UInt8] {
        // The luma alone is the grey picture.
        let isLuma = planes.count == 1 || color == .gray && !isRGB
        let needed = zip(components, planes).prefix(isLuma ? 1 : 3).map { JPEG.Upsampling($0, $1, self) }
        var lines = needed.map { _ in [Int](repeating: 0, count: width) }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(height * width * color.channels)
        for row in 0..<height {
            for (index, component) in needed.enumerated() { component.row(row, into: &lines[index]) }
            for column in 0..<width {
                let first = lines[0][column]
                if isLuma {
                    for _ in 0..<color.channels { pixels.append(UInt8(first)) }
                    continue
                }
                let (second, third) = (lines[1][column], lines[2][column])
                let rgb = isRGB ? (first, second, third) : JPEG.rgb(first, second - 128, third - 128)
                if color == .gray {
                    pixels.append(UInt8((luma(rgb.0, rgb.1, rgb.2) + 500) / 1000))
                } else {
                    pixels.append(UInt8(rgb.0))
                    pixels.append(UInt8(rgb.1))
                    pixels.append(UInt8(rgb.2))
                }
            }
        }
        return pixels
    }
}

extension JPEG {
    /// Red, green and blue of luma and chroma (T.871, section 7), in units of 2⁻¹⁶.
    @inline(__always)
    fileprivate static func rgb(_ luma: Int, _ blueness: Int, _ redness: Int) -> (Int, Int, Int) {
        let half = 1 << 15
        let red = luma + (91881 * redness + half) >> 16
        let green = luma + (half - 22554 * blueness - 46802 * redness) >> 16
        let blue = luma + (116130 * blueness + half) >> 16
        return (min(max(red, 0), 255), min(max(green, 0), 255), min(max(blue, 0), 255))
    }

    /// Makes as many samples of a component as the picture has pixels.
    ///
    /// Where one sample stands for two pixels they lie a quarter of its width on either side of its middle, so a pixel
    /// is ¾ of its own sample and ¼ of the neighbour's on its side: a triangular filter, with libjpeg's rounding. All
    /// other ratios repeat samples, as libjpeg does, and so does a component of one or two columns.
    struct Upsampling {
        private let component: Component
        private let plane: Plane
        private let frame: Frame
        /// Whether one sample stands for two pixels, across and down, and is filtered.
        private let isFilteredAcross: Bool
        private let isFilteredDown: Bool

        init(_ component: Component, _ plane: Plane, _ frame: Frame) {
            (self.component, self.plane, self.frame) = (component, plane, frame)
            let isDoubleDown = frame.vertical == 2 * component.vertical
            let isDoubleAcross = frame.horizontal == 2 * component.horizontal
            isFilteredAcross =
                isDoubleAcross && component.width > 2 && (isDoubleDown || frame.vertical == component.vertical)
            isFilteredDown = isDoubleDown && (isFilteredAcross || frame.horizontal == component.horizontal)
        }

        /// - Parameter line: [width]
        func row(_ row: Int, into line: inout [Int]) {
            let own = row * component.vertical / frame.vertical
            guard isFilteredAcross || isFilteredDown else {
                if component.horizontal == frame.horizontal {
                    for column in line.indices { line[column] = Int(plane[own, column]) }
                } else {
                    for column in line.indices {
                        line[column] = Int(plane[own, column * component.horizontal / frame.horizontal])
                    }
                }
                return
            }
            // Beyond the edges is what lies at them.
            let next = min(max(row.isMultiple(of: 2) ? own - 1 : own + 1, 0), component.height - 1)
            func mixed(_ column: Int) -> Int {
                let sample = Int(plane[own, column])
                return isFilteredDown ? 3 * sample + Int(plane[next, column]) : sample
            }
            // Halves are rounded down and up in turn, so that nothing grows lighter in the mean.
            guard isFilteredAcross else {
                let bias = row.isMultiple(of: 2) ? 1 : 2
                for column in line.indices { line[column] = (mixed(column) + bias) >> 2 }
                return
            }
            let (biases, shift) = isFilteredDown ? ((8, 7), 4) : ((1, 2), 2)
            var (before, here) = (mixed(0), mixed(0))
            for sample in 0..<component.width {
                let after = sample + 1 < component.width ? mixed(sample + 1) : here
                line[2 * sample] = (3 * here + before + biases.0) >> shift
                if 2 * sample + 1 < line.count { line[2 * sample + 1] = (3 * here + after + biases.1) >> shift }
                (before, here) = (here, after)
            }
        }
    }
}
