/// PGM and PPM images, raw (P5, P6) and plain (P2, P3), of any number of levels; of several in one file the first is
/// read.
///
/// Source: Netpbm's documentation, "PGM Format Specification" and "PPM Format Specification".
enum Netpbm {
    /// What these formats begin with.
    static let prefix = Array("P".utf8)

    /// Reads a file that begins with the prefix.
    static func decode(_ file: [UInt8], color: Picture.Color) throws(ImageError) -> Picture {
        let format = String(decoding: file.prefix(2), as: UTF8.self)
        let stored: Picture.Color
        switch format {
        case "P5", "P2": stored = .gray
        case "P6", "P3": stored = .rgb
        default:
            throw ImageError(
                problem: "found format \(format.debugDescription), expected PGM's P5 or P2, PPM's P6 or P3, or PNG")
        }
        var scanner = Scanner(file: file, offset: 2)
        let width = try scanner.number("the width")
        let height = try scanner.number("the height")
        try ImageError.check(height: height, width: width)
        let what = stored == .gray ? "grey" : "colour"
        let maximum = try scanner.number("the highest \(what)")
        guard (1...65535).contains(maximum) else {
            throw ImageError(problem: "header says \(what) levels up to \(maximum), expected up to 1…65535")
        }
        let levels = Levels(count: height * width * stored.channels, maximum: maximum, what: what)
        let pixels = try format == "P5" || format == "P6" ? levels.raw(scanner) : levels.plain(scanner)
        return Picture(
            checkedHeight: height, width: width, color: color, pixels: converted(pixels, from: stored, to: color))
    }

    private static func converted(
        _ pixels: [UInt8], from stored: Picture.Color, to color: Picture.Color
    ) -> [UInt8] {
        switch (stored, color) {
        case (.gray, .rgb): pixels.flatMap { [$0, $0, $0] }
        case (.rgb, .gray):
            stride(from: 0, to: pixels.count, by: 3).map {
                UInt8((luma(Int(pixels[$0]), Int(pixels[$0 + 1]), Int(pixels[$0 + 2])) + 500) / 1000)
            }
        case (.gray, .gray), (.rgb, .rgb): pixels
        }
    }

    /// Reads what follows the header.
    private struct Levels {
        let count: Int
        let maximum: Int
        /// What they are levels of.
        let what: String

        func raw(_ scanner: Scanner) throws(ImageError) -> [UInt8] {
            // One white space ends the header; a second one would be a pixel.
            let file = scanner.file
            let start = scanner.offset + 1
            if scanner.offset < file.count, ![9, 10, 13, 32].contains(file[scanner.offset]) {
                throw ImageError(problem: "found no white space after the header")
            }
            let width = maximum < 256 ? 1 : 2
            guard file.count - start >= count * width else {
                throw ImageError(
                    problem: "header says \(count * width) bytes of pixels, "
                        + "the file is cut off after \(max(0, file.count - start))")
            }
            var levels: [UInt8] = []
            levels.reserveCapacity(count)
            for offset in stride(from: start, to: start + count * width, by: width) {
                let level = width == 1 ? Int(file[offset]) : Int(file[offset]) << 8 | Int(file[offset + 1])
                levels.append(try scaled(level))
            }
            return levels
        }

        func plain(_ scanner: Scanner) throws(ImageError) -> [UInt8] {
            var scanner = scanner
            // Nothing is reserved: the file may be shorter than its header says.
            var levels: [UInt8] = []
            for index in 0..<count {
                levels.append(try scaled(scanner.number("\(what) \(index) of \(count)")))
            }
            return levels
        }

        private func scaled(_ level: Int) throws(ImageError) -> UInt8 {
            guard level <= maximum else {
                throw ImageError(problem: "found \(what) \(level), header says at most \(maximum)")
            }
            return UInt8((2 * 255 * level + maximum) / (2 * maximum))
        }
    }

    /// Reads decimal numbers between white space and comments, which go from # to the end of the line.
    private struct Scanner {
        let file: [UInt8]
        /// The byte after the last one read.
        var offset: Int

        /// - Parameter what: What the number is, for the error.
        mutating func number(_ what: @autoclosure () -> String) throws(ImageError) -> Int {
            skipSpace()
            guard offset < file.count else {
                throw ImageError(problem: "the file is cut off at byte \(file.count), before \(what())")
            }
            guard let first = digit else {
                throw ImageError(
                    problem: "found byte \(file[offset]) at byte \(offset), expected \(what()), a number")
            }
            var value = first
            offset += 1
            while let digit {
                value = 10 * value + digit
                offset += 1
                guard value < 1 << 32 else {
                    throw ImageError(problem: "found \(what()) of \(value) or more, expected less than 2³²")
                }
            }
            return value
        }

        /// The digit that stands next, if one does.
        private var digit: Int? {
            guard offset < file.count, (0x30...0x39).contains(file[offset]) else { return nil }
            return Int(file[offset]) - 0x30
        }

        private mutating func skipSpace() {
            var isComment = false
            while offset < file.count {
                let byte = file[offset]
                if byte == UInt8(ascii: "#") { isComment = true }
                if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { isComment = false }
                // Space, tab, line feed, vertical tab, form feed, carriage return.
                guard isComment || byte == 0x20 || (0x09...0x0d).contains(byte) else { return }
                offset += 1
            }
        }
    }
}
