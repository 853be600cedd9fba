import LanesFiles

/// Baseline JPEG images: 8 bits, Huffman's code, grey or in three colours with any sampling factors, in one scan or in
/// several. The extended sequential kind is the same but for the number of its tables, and is read too.
///
/// Sources: ITU-T T.81, "Digital compression and coding of continuous-tone still images", 1992 (the numbers of figures
/// and tables are its); ITU-T T.871, "JPEG File Interchange Format (JFIF)", 2011.
enum JPEG {
    /// What every file begins with: the marker SOI and the first byte of another one.
    static let prefix: [UInt8] = [0xff, 0xd8, 0xff]

    /// Reads a file that begins with the prefix, up to the end of its last scan. What it is turned by
    /// (``Orientation``) is undone; samples become pixels as libjpeg makes them.
    static func decode(_ file: ByteReader, color: Picture.Color) throws(ImageError) -> Picture {
        try ImageError.reading { () throws(FileError) in _ = try file.skip(2) }
        var tables = Tables()
        var description = Description()
        var frame: Frame?
        var planes: [Plane?] = []
        var found: Marker? = nil
        while true {
            let marker: Marker
            if let next = found { (marker, found) = (next, nil) } else { marker = try Marker(next: file) }
            switch marker.code {
            case Marker.quantization, Marker.huffman, Marker.restartInterval:
                var segment = try Segment(after: marker, of: file)
                try tables.read(&segment)
            case Marker.baseline, Marker.extended:
                var segment = try Segment(after: marker, of: file)
                guard frame == nil else { throw segment.error("a second frame, expected one") }
                let read = try Frame(&segment)
                try read.check(against: file)
                planes = read.components.map { _ in nil }
                frame = read
            case Marker.scan:
                var segment = try Segment(after: marker, of: file)
                guard let frame else { throw segment.error("expected the frame's header before it") }
                var scan = try Scan(&segment, frame, tables)
                var reader = BitReader(file)
                guard scan.components.allSatisfy({ planes[$0.index] == nil }) else {
                    throw segment.error("a component that a scan before it had")
                }
                try scan.decode(&reader)
                for component in scan.components { planes[component.index] = component.plane }
                let whole = planes.compactMap(\.self)
                if whole.count == planes.count {
                    let pixels = frame.pixels(of: whole, to: color, isRGB: description.isRGB(frame))
                    let picture = Picture(
                        checkedHeight: frame.height, width: frame.width, color: color, pixels: pixels)
                    return description.orientation.undone(picture)
                }
                found = try reader.endMarker()
            case Marker.applications, Marker.comment:
                try description.read(Segment(after: marker, of: file))
            default: throw marker.refusal
            }
        }
    }

    /// What the segments for applications say.
    struct Description {
        private var isJFIF = false
        /// Adobe's marker: 0 for red, green and blue, 1 for luma and chroma.
        private var adobeTransform: UInt8?
        private(set) var orientation = Orientation.upright

        mutating func read(_ segment: Segment) {
            let bytes = segment.bytes
            switch segment.marker.code {
            case 0xe0: isJFIF = isJFIF || bytes.starts(with: Array("JFIF\0".utf8))
            case 0xe1: orientation = Orientation(exif: bytes) ?? orientation
            case 0xee where bytes.starts(with: Array("Adobe".utf8)) && bytes.count >= 12: adobeTransform = bytes[11]
            default: break
            }
        }

        /// Whether three components are red, green and blue, instead of JFIF's luma and chroma.
        func isRGB(_ frame: Frame) -> Bool {
            if isJFIF { return false }
            if let adobeTransform { return adobeTransform == 0 }
            return frame.components.map(\.id) == Array("RGB".utf8)
        }
    }
}
