import LanesFiles

/// PGM and PPM images, raw (P5, P6) and plain (P2, P3), of any number of levels; of several in one file the first is
/// read.
///
/// Source: Netpbm's documentation, "PGM Format Specification" and "PPM Format Specification".
enum Netpbm {
    /// What these formats begin with.
    static let prefix = Array("P".utf8)

    /// Reads a file that begins with the prefix.
    static func decode(_ file: ByteReader, color: Picture.Color) throws(ImageError) -> Picture {
        let format = String(
            decoding: try ImageError.reading { () throws(FileError) in try file.read(2) }, as: UTF8.self)
        let stored: Picture.Color
        switch format {
        case "P5", "P2": stored = .gray
        case "P6", "P3": stored = .rgb
        default:
            throw ImageError(
                problem: "found format \(format.debugDescription), expected PGM's P5 or P2, PPM's P6 or P3")
        }
        let scanner = Scanner(file: file)
        let width = try scanner.number("the width")
        let height = try scanner.number("the height")
        try ImageError.check(height: height, width: width)
        let what = stored == .gray ? "grey" : "colour"
        let maximum = try scanner.number("the highest \(what)")
        guard (1...65535).contains(maximum) else {
            throw ImageError(problem: "header says \(what) levels up to \(maximum), expected up to 1…65535")
        }
        let isRaw = format == "P5" || format == "P6"
        let levels = Levels(rowLength: width * stored.channels, height: height, maximum: maximum, what: what)
        if isRaw { try levels.checkRaw(scanner) }
        // A plain file may be shorter than its header says: memory is taken only as rows come.
        var pixels: [UInt8] = []
        if isRaw { pixels.reserveCapacity(height * width * color.channels) }
        for row in 0..<height {
            let line = try isRaw ? levels.raw(row, scanner) : levels.plain(row, scanner)
            append(line, from: stored, to: color, &pixels)
        }
        return Picture(checkedHeight: height, width: width, color: color, pixels: pixels)
    }

    private static func append(
        _ line: [UInt8], from stored: Picture.Color, to color: Picture.Color, _ pixels: inout [UInt8]
    ) {
        switch (stored, color) {
        case (.gray, .rgb):
            for gray in line { for _ in 0..<3 { pixels.append(gray) } }
        case (.rgb, .gray):
            for first in stride(from: 0, to: line.count, by: 3) {
                let thousandths = luma(Int(line[first]), Int(line[first + 1]), Int(line[first + 2]))
                pixels.append(UInt8((thousandths + 500) / 1000))
            }
        case (.gray, .gray), (.rgb, .rgb): pixels += line
        }
    }

    /// Reads what follows the header.
    private struct Levels {
        /// The levels of a row.
        let rowLength: Int
        let height: Int
        let maximum: Int
        /// What they are levels of.
        let what: String

        private var width: Int { maximum < 256 ? 1 : 2 }

        /// Takes the white space behind the header, and refuses a file that is too short for its header.
        func checkRaw(_ scanner: Scanner) throws(ImageError) {
            // One white space ends the header; a second one would be a pixel.
            if let next = try scanner.byte(), ![9, 10, 13, 32].contains(next) {
                throw ImageError(problem: "found no white space after the header")
            }
            if let held = scanner.file.remaining, held < height * rowLength * width { throw cutOff(after: held) }
        }

        func raw(_ row: Int, _ scanner: Scanner) throws(ImageError) -> [UInt8] {
            let size = rowLength * width
            let bytes = try ImageError.reading { () throws(FileError) in try scanner.file.read(size) }
            guard bytes.count == size else { throw cutOff(after: row * size + bytes.count) }
            if maximum == 255 { return bytes }
            var levels: [UInt8] = []
            levels.reserveCapacity(rowLength)
            for offset in stride(from: 0, to: size, by: width) {
                let level = width == 1 ? Int(bytes[offset]) : Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
                levels.append(try scaled(level))
            }
            return levels
        }

        func plain(_ row: Int, _ scanner: Scanner) throws(ImageError) -> [UInt8] {
            var levels: [UInt8] = []
            for column in 0..<rowLength {
                let level = try scanner.number("\(what) \(row * rowLength + column) of \(height * rowLength)")
                levels.append(try scaled(level))
            }
            return levels
        }

        private func cutOff(after count: Int) -> ImageError {
            ImageError(
                problem: "header says \(height * rowLength * width) bytes of pixels, the file is cut off after \(count)"
            )
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
        let file: ByteReader

        /// Takes the next byte; nil at the file's end.
        func byte() throws(ImageError) -> UInt8? {
            try ImageError.reading { () throws(FileError) in try file.byte() }
        }

        /// - Parameter what: What the number is, for the error.
        func number(_ what: @autoclosure () -> String) throws(ImageError) -> Int {
            guard let first = try skipSpace() else {
                throw ImageError(problem: "the file is cut off at byte \(file.position), before \(what())")
            }
            guard var value = digit(first) else {
                throw ImageError(
                    problem: "found byte \(first) at byte \(file.position), expected \(what()), a number")
            }
            _ = try byte()
            while let next = try peek(), let digit = digit(next) {
                value = 10 * value + digit
                _ = try byte()
                guard value < 1 << 32 else {
                    throw ImageError(problem: "found \(what()) of \(value) or more, expected less than 2³²")
                }
            }
            return value
        }

        private func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil }

        private func peek() throws(ImageError) -> UInt8? {
            try ImageError.reading { () throws(FileError) in try file.peek() }
        }

        /// The byte after white space and comments, which is not taken; nil at the file's end.
        private func skipSpace() throws(ImageError) -> UInt8? {
            var isComment = false
            while let next = try peek() {
                if next == UInt8(ascii: "#") { isComment = true }
                if next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") { isComment = false }
                // Space, tab, line feed, vertical tab, form feed, carriage return.
                guard isComment || next == 0x20 || (0x09...0x0d).contains(next) else { return next }
                _ = try byte()
            }
            return nil
        }
    }
}
