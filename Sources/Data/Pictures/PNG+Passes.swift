extension PNG {
    /// The pixels of every so many rows and columns, which stand in the file as an image of their own.
    struct Pass {
        /// Those of the image that belong to it.
        let rows: StrideTo<Int>
        let columns: StrideTo<Int>
        let height: Int
        let width: Int

        /// - Parameters:
        ///   - start: The first row and column.
        ///   - step: How far it is to the next ones.
        init(_ header: Header, start: (row: Int, column: Int), step: (row: Int, column: Int)) {
            rows = stride(from: start.row, to: header.height, by: step.row)
            columns = stride(from: start.column, to: header.width, by: step.column)
            height = max(0, header.height - start.row + step.row - 1) / step.row
            width = max(0, header.width - start.column + step.column - 1) / step.column
        }
    }
}

extension PNG.Header {
    /// The passes that have pixels, in the file's order; one of all of them if it is not interlaced.
    ///
    ///     1 6 4 6 2 6 4 6   which of the seven passes has a pixel,
    ///     7 7 7 7 7 7 7 7   for the first 8×8 pixels and all others
    ///     5 6 5 6 5 6 5 6   alike (section 8.1)
    ///     7 7 7 7 7 7 7 7
    ///     3 6 4 6 3 6 4 6
    ///     7 7 7 7 7 7 7 7
    ///     5 6 5 6 5 6 5 6
    ///     7 7 7 7 7 7 7 7
    var passes: [PNG.Pass] {
        guard isInterlaced else { return [PNG.Pass(self, start: (0, 0), step: (1, 1))] }
        let seven = [
            PNG.Pass(self, start: (0, 0), step: (8, 8)), PNG.Pass(self, start: (0, 4), step: (8, 8)),
            PNG.Pass(self, start: (4, 0), step: (8, 4)), PNG.Pass(self, start: (0, 2), step: (4, 4)),
            PNG.Pass(self, start: (2, 0), step: (4, 2)), PNG.Pass(self, start: (0, 1), step: (2, 2)),
            PNG.Pass(self, start: (1, 0), step: (2, 1)),
        ]
        return seven.filter { $0.height > 0 && $0.width > 0 }
    }

    /// The image's pixels, [height][width][channels], of those of its passes.
    func woven(_ pixels: [[UInt8]], channels: Int) -> [UInt8] {
        guard isInterlaced else { return pixels[0] }
        var image = [UInt8](repeating: 0, count: height * width * channels)
        for (pass, pixels) in zip(passes, pixels) {
            var next = 0
            for row in pass.rows {
                for column in pass.columns {
                    for channel in 0..<channels {
                        image[(row * width + column) * channels + channel] = pixels[next + channel]
                    }
                    next += channels
                }
            }
        }
        return image
    }
}
