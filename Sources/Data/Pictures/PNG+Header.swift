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
        /// In seven passes (Adam7), so that a rough picture comes first.
        let isInterlaced: Bool

        private static let size = 13

        /// The header of a file that ``PNG/encode(_:)`` writes.
        init(of picture: Picture) {
            height = picture.height
            width = picture.width
            depth = 8
            color = picture.color == .gray ? .gray : .rgb
            isInterlaced = false
        }

        /// Reads the first chunk, and moves to the second one.
        init(_ chunks: ChunkReader) throws(ImageError) {
            try chunks.next()
            guard chunks.type == "IHDR", chunks.left == Header.size else {
                throw ImageError(
                    problem: "found chunk \(chunks.type) of \(chunks.left) bytes first, expected IHDR of \(Header.size)"
                )
            }
            let bytes = try chunks.body(atMost: Header.size)
            width = Int(bigEndian32(bytes[..<4]))
            height = Int(bigEndian32(bytes[4..<8]))
            try ImageError.check(height: height, width: width)
            depth = Int(bytes[8])
            guard let color = ColorType(rawValue: bytes[9]), color.depths.contains(depth) else {
                throw ImageError(
                    problem: "header says colour type \(bytes[9]) with \(depth) bits, which PNG does not have")
            }
            self.color = color
            guard bytes[10] == 0, bytes[11] == 0 else {
                throw ImageError(
                    problem: "header says compression \(bytes[10]) and filter \(bytes[11]), expected 0 and 0")
            }
            guard bytes[12] < 2 else {
                throw ImageError(problem: "header says interlacing \(bytes[12]), which PNG does not have")
            }
            isInterlaced = bytes[12] == 1
            try chunks.next()
        }

        /// - Parameter size: In bytes; nil where there is no palette.
        func checkPalette(_ size: Int?) throws(ImageError) {
            guard let size else {
                guard color != .palette else { throw ImageError(problem: "found no palette before the image data") }
                return
            }
            guard color != .gray, color != .grayAlpha else {
                throw ImageError(problem: "found a palette in a grey image, expected none")
            }
            let most = color == .palette ? 1 << depth : 256
            guard size % 3 == 0, (1...most).contains(size / 3) else {
                throw ImageError(
                    problem: "found a palette of \(size) bytes, expected three for each of 1…\(most) colours")
            }
        }

        /// - Parameter size: In bytes: of a palette's colours one each, else two a sample, whatever the depth is.
        func checkTransparency(_ size: Int, paletteCount: Int) throws(ImageError) {
            switch color {
            case .palette:
                guard (1...max(1, paletteCount)).contains(size), paletteCount > 0 else {
                    throw ImageError(
                        problem: "found transparencies of \(size) colours, the palette before them has \(paletteCount)")
                }
            case .gray, .rgb:
                guard size == 2 * color.channels else {
                    throw ImageError(
                        problem: "found a transparent colour of \(size) bytes, expected \(2 * color.channels)")
                }
            case .grayAlpha, .rgba:
                throw ImageError(problem: "found a transparent colour in an image with alpha, expected none")
            }
        }

        /// "header says 6×7 pixels (48 bytes)"
        var stated: String { "header says \(height)×\(width) pixels (\(size) bytes)" }

        /// The chunk's body.
        var bytes: [UInt8] {
            bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [
                UInt8(depth), color.rawValue, 0, 0, isInterlaced ? 1 : 0,
            ]
        }

        /// The bytes of a pass's row without the one that names its filter.
        func rowBytes(of pass: Pass) -> Int { (pass.width * color.channels * depth + 7) / 8 }

        /// What the image data unpacks to, in bytes.
        var size: Int { passes.reduce(0) { $0 + $1.height * (1 + rowBytes(of: $1)) } }

        /// How far left a filter looks: a whole pixel, at least a byte.
        var pixelBytes: Int { max(1, color.channels * depth / 8) }
    }
}
