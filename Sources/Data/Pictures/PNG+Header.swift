extension PNG {
    /// What a pixel consists of.
    enum ColorType: UInt8 {
        case gray = 0
        case rgb = 2
        case palette = 3
        case grayAlpha = 4
        case rgba = 6

        /// The samples of a pixel.
        var channels: Int {
            switch self {
            case .gray, .palette: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgba: 4
            }
        }

        /// The bits that a sample may have.
        var depths: [Int] {
            switch self {
            case .gray: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .rgb, .grayAlpha, .rgba: [8, 16]
            }
        }
    }

    /// The content of the chunk IHDR, which is the first of every file.
    struct Header {
        let height: Int
        let width: Int
        /// The bits of a sample.
        let depth: Int
        let color: ColorType

        private static let size = 13

        /// The header of a file that ``PNG/encode(_:)`` writes.
        init(of picture: Picture) {
            height = picture.height
            width = picture.width
            depth = 8
            color = picture.color == .gray ? .gray : .rgb
        }

        init(_ chunk: Chunk) throws(ImageError) {
            guard chunk.type == "IHDR", chunk.body.count == Header.size else {
                throw ImageError(
                    problem: "found chunk \(chunk.type) of \(chunk.body.count) bytes first, "
                        + "expected IHDR of \(Header.size)")
            }
            let bytes = chunk.body
            let start = bytes.startIndex
            width = Int(bigEndian32(bytes[start..<start + 4]))
            height = Int(bigEndian32(bytes[start + 4..<start + 8]))
            try ImageError.check(height: height, width: width)
            depth = Int(bytes[start + 8])
            guard let color = ColorType(rawValue: bytes[start + 9]), color.depths.contains(depth) else {
                throw ImageError(
                    problem: "header says colour type \(bytes[start + 9]) with \(depth) bits, which PNG does not have")
            }
            self.color = color
            guard bytes[start + 10] == 0, bytes[start + 11] == 0 else {
                throw ImageError(
                    problem: "header says compression \(bytes[start + 10]) and filter \(bytes[start + 11]), "
                        + "expected 0 and 0")
            }
            guard bytes[start + 12] == 0 else {
                throw ImageError(
                    problem: "found an interlaced image, expected one without interlacing (save it without Adam7)")
            }
        }

        /// The chunk's body.
        var bytes: [UInt8] {
            bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [UInt8(depth), color.rawValue, 0, 0, 0]
        }

        /// The bytes of a row without the one that names its filter.
        var rowBytes: Int { (width * color.channels * depth + 7) / 8 }

        /// How far left a filter looks: a whole pixel, at least a byte.
        var pixelBytes: Int { max(1, color.channels * depth / 8) }
    }
}
