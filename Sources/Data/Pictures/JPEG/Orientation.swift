/// How a camera was held: what its pictures must be turned and mirrored by to be shown.
///
/// Source: JEITA CP-3451, "Exchangeable image file format for digital still cameras: Exif", tag 0x0112; its values are
/// TIFF 6.0's.
enum Orientation: Int {
    case upright = 1
    case mirrored, upsideDown, mirroredUpsideDown, transposed, turnedLeft, transverse, turnedRight

    /// - Parameter exif: A segment's bytes.
    /// - Returns: nil where they say nothing, or nothing that makes sense: then the picture is shown as it is.
    init?(exif: [UInt8]) {
        let head = Array("Exif\0\0".utf8)
        guard exif.starts(with: head), exif.count >= head.count + 8 else { return nil }
        let tiff = exif[head.count...]
        let isBigEndian = exif[head.count] == UInt8(ascii: "M")
        /// The number of some bytes of TIFF's from a place on; nil beyond the end.
        func number(at offset: Int, bytes: Int) -> Int? {
            let start = tiff.startIndex + offset
            guard offset >= 0, start + bytes <= tiff.endIndex else { return nil }
            let digits = tiff[start..<start + bytes].map { Int($0) }
            return (isBigEndian ? digits : digits.reversed()).reduce(0) { $0 << 8 | $1 }
        }
        // The first directory: how many entries, then 12 bytes each: tag, type, count and value.
        guard let directory = number(at: 4, bytes: 4), let count = number(at: directory, bytes: 2) else { return nil }
        for entry in 0..<count {
            let place = directory + 2 + 12 * entry
            guard let tag = number(at: place, bytes: 2) else { return nil }
            if tag == 0x0112, let value = number(at: place + 8, bytes: 2) {
                self.init(rawValue: value)
                return
            }
        }
        return nil
    }

    /// The picture as it is to be shown.
    func undone(_ picture: Picture) -> Picture {
        if self == .upright { return picture }
        let (height, width, channels) = (picture.height, picture.width, picture.color.channels)
        let isTurned = rawValue >= Orientation.transposed.rawValue
        let (rows, columns) = isTurned ? (width, height) : (height, width)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(picture.pixels.count)
        for row in 0..<rows {
            for column in 0..<columns {
                let (y, x) =
                    switch self {
                    case .upright: (row, column)
                    case .mirrored: (row, width - 1 - column)
                    case .upsideDown: (height - 1 - row, width - 1 - column)
                    case .mirroredUpsideDown: (height - 1 - row, column)
                    case .transposed: (column, row)
                    case .turnedLeft: (height - 1 - column, row)
                    case .transverse: (height - 1 - column, width - 1 - row)
                    case .turnedRight: (column, width - 1 - row)
                    }
                let start = (y * width + x) * channels
                for channel in 0..<channels { pixels.append(picture.pixels[start + channel]) }
            }
        }
        return Picture(checkedHeight: rows, width: columns, color: picture.color, pixels: pixels)
    }
}
