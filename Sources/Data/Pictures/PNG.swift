import LanesFiles

/// PNG images, read and written, grey or in colours.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
public enum PNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// Reads a file that begins with the signature: of every colour type and bit depth, but not interlaced. Transparent
    /// pixels are composed over white; bytes after the end are not looked at.
    static func decode(_ file: [UInt8], color: Picture.Color) throws(ImageError) -> Picture {
        var chunks = ChunkReader(file)
        let header = try Header(chunks.next())
        var palette: ArraySlice<UInt8>?
        var transparency: ArraySlice<UInt8>?
        var compressed: [UInt8] = []
        reading: while true {
            let chunk = try chunks.next()
            switch chunk.type {
            case "PLTE": palette = chunk.body
            case "tRNS": transparency = chunk.body
            case "IDAT": compressed += chunk.body
            case "IEND": break reading
            default: try chunk.checkIsAncillary()
            }
        }
        let colors = try ColorConversion(header, to: color, palette: palette, transparency: transparency)
        var rows = try decompress(compressed, header)
        try reverseFilters(&rows, header)
        return Picture(
            checkedHeight: header.height, width: header.width, color: color, pixels: try colors.pixels(of: rows))
    }

    private static func decompress(_ compressed: [UInt8], _ header: Header) throws(ImageError) -> [UInt8] {
        let size = header.height * (1 + header.rowBytes)
        let rows: [UInt8]
        do throws(GzipError) {
            rows = try Zlib.decompress(compressed, expectedCount: size, limit: size)
        } catch {
            throw ImageError(problem: "at byte \(error.offset) of the image data: \(error.problem)")
        }
        guard rows.count == size else {
            throw ImageError(
                problem: "header says \(header.height)×\(header.width) pixels (\(size) bytes), "
                    + "the image data unpacks to \(rows.count)")
        }
        return rows
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
        return signature + Chunk.file(type: "IHDR", body: Header(of: picture).bytes)
            + Chunk.file(type: "IDAT", body: Zlib.store(rows)) + Chunk.file(type: "IEND", body: [])
    }
}
