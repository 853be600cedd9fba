import LanesFiles

/// PNG images, read and written, grey or in colours.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
public enum PNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// Reads a file that begins with the signature, of every colour type and bit depth. Transparent pixels are composed
    /// over the background; bytes after the end are not looked at.
    ///
    /// - Parameter background: A grey.
    static func decode(
        _ file: ByteReader, color: Picture.Color, background: UInt8
    ) throws(ImageError) -> Picture {
        try ImageError.reading { () throws(FileError) in _ = try file.skip(signature.count) }
        let chunks = ChunkReader(file)
        let header = try Header(chunks)
        // One bit of DEFLATE makes 129 bytes at most.
        if let held = file.remaining, header.size / (8 * 129) > held {
            throw ImageError(
                problem: "\(header.stated), the image data cannot be more than the \(held) bytes of the file")
        }
        let (palette, transparency) = try chunksBeforeData(chunks, header)
        let colors = ColorConversion(
            header, to: color, over: background, palette: palette, transparency: transparency)

        let data = ImageData(chunks)
        let rows = ByteReader(ZlibStream(data, name: file.name, content: "the image data"), name: file.name)
        var passes: [[UInt8]] = []
        for pass in header.passes { passes.append(try pixels(of: pass, rows, header, colors)) }
        guard try ImageError.reading({ () throws(FileError) in try rows.isAtEnd() }) else {
            throw ImageError(problem: "\(header.stated), the image data unpacks to more")
        }
        try chunksAfterData(chunks)
        return Picture(
            checkedHeight: header.height, width: header.width, color: color,
            pixels: header.woven(passes, channels: color.channels))
    }

    /// Reads a pass, which is an image of its own.
    private static func pixels(
        of pass: Pass, _ rows: ByteReader, _ header: Header, _ colors: ColorConversion
    ) throws(ImageError) -> [UInt8] {
        let rowBytes = header.rowBytes(of: pass)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(pass.height * pass.width * colors.color.channels)
        var above = [UInt8](repeating: 0, count: rowBytes)
        for index in 0..<pass.height {
            var row = try ImageError.reading { () throws(FileError) in try rows.read(1 + rowBytes) }
            guard row.count == 1 + rowBytes else {
                throw ImageError(problem: "\(header.stated), the image data unpacks to \(rows.position)")
            }
            let filter = row.removeFirst()
            try reverseFilter(filter, &row, above: above, pixelBytes: header.pixelBytes, row: index)
            try colors.append(row, width: pass.width, to: &pixels)
            above = row
        }
        return pixels
    }

    /// Reads up to the first chunk IDAT, at which the reader stands then.
    private static func chunksBeforeData(
        _ chunks: ChunkReader, _ header: Header
    ) throws(ImageError) -> (palette: [UInt8]?, transparency: [UInt8]?) {
        var palette: [UInt8]?
        var transparency: [UInt8]?
        while chunks.type != "IDAT" {
            switch chunks.type {
            case "PLTE":
                guard palette == nil, transparency == nil else {
                    throw chunks.misplaced(
                        "a second palette, or one after its transparencies, expected one before them")
                }
                palette = try chunks.body(atMost: 3 * 256)
                try header.checkPalette(palette?.count)
            case "tRNS":
                guard transparency == nil else { throw chunks.misplaced("transparencies twice, expected them once") }
                transparency = try chunks.body(atMost: 256)
                try header.checkTransparency(transparency?.count ?? 0, paletteCount: (palette?.count ?? 0) / 3)
            case "IEND": throw ImageError(problem: "found the end chunk IEND, expected image data before it")
            default: try chunks.skipAncillary()
            }
            try chunks.next()
        }
        try header.checkPalette(palette?.count)
        return (palette, transparency)
    }

    /// Reads from the chunk after the last IDAT up to the end.
    private static func chunksAfterData(_ chunks: ChunkReader) throws(ImageError) {
        while chunks.type != "IEND" {
            if ["PLTE", "tRNS", "IDAT"].contains(chunks.type) {
                throw chunks.misplaced("expected it before the image data's end, which other chunks do not interrupt")
            }
            try chunks.skipAncillary()
            try chunks.next()
        }
        _ = try chunks.body(atMost: 0)
    }

    /// A file of 8-bit grey pixels, not compressed: for small pictures.
    public static func encode(_ image: GrayImage) -> [UInt8] {
        encode(Picture(checkedHeight: image.height, width: image.width, color: .gray, pixels: image.pixels))
    }

    /// A file of 8-bit pixels, not compressed: for small pictures.
    public static func encode(_ picture: Picture) -> [UInt8] {
        let rowSize = picture.width * picture.color.channels
        var rows: [UInt8] = []
        rows.reserveCapacity(picture.height * (1 + rowSize))
        for row in 0..<picture.height {
            rows.append(Filter.none.rawValue)
            rows += picture.pixels[row * rowSize..<(row + 1) * rowSize]
        }
        return signature + chunk(type: "IHDR", body: Header(of: picture).bytes)
            + chunk(type: "IDAT", body: ZlibStream.store(rows)) + chunk(type: "IEND", body: [])
    }
}
