import LanesFiles

/// One grey picture of any size.
public struct GrayImage: Sendable, Equatable {
    /// The rows.
    public let height: Int
    /// The columns.
    public let width: Int
    /// [height, width], row-major: 0 is black, 255 white.
    public let pixels: [UInt8]

    /// Checks that the pixels are as many as the size says.
    ///
    /// - Parameters:
    ///   - height: Rows, at least 1.
    ///   - width: Columns, at least 1.
    ///   - pixels: [height, width], row-major.
    ///   - name: What the image is, for the error.
    /// - Throws: `FileError.badData` with the name where the sizes do not fit together or are 0.
    public init(height: Int, width: Int, pixels: [UInt8], name: String) throws(FileError) {
        let (area, overflows) = height.multipliedReportingOverflow(by: width)
        guard height > 0, width > 0, !overflows, area == pixels.count else {
            throw .badData(
                file: name, problem: "found \(pixels.count) pixels, expected those of an image of \(height)×\(width)")
        }
        self.init(checkedHeight: height, width: width, pixels: pixels)
    }

    /// An image whose sizes are known to fit together.
    package init(checkedHeight height: Int, width: Int, pixels: [UInt8]) {
        self.height = height
        self.width = width
        self.pixels = pixels
    }

    /// Reads a JPEG, PNG, PGM or PPM file, whichever its first bytes say.
    ///
    /// - Throws: `FileError` for a file that is missing, cannot be read, is of another format or breaks its own.
    public static func load(_ path: String) throws(FileError) -> GrayImage {
        GrayImage(try Picture.load(path, color: .gray))
    }

    /// Reads a picture of something drawn: as ``load(_:)`` does, but where most of it is transparent and what is drawn is
    /// light, such as white ink, it is composed over black instead of over white.
    public static func loadDrawing(_ path: String) throws(FileError) -> GrayImage {
        let whole = try load(path)
        // Of the formats PNG alone knows transparency.
        guard try FileContent.open(path).peek() == PNG.signature.first else { return whole }
        let onWhite = whole.pixels
        let picture = try Picture.load(path, color: .gray, background: 0)
        let onBlack = GrayImage(picture)
        // A pixel that is transparent by half differs by half.
        var (shown, light) = (0, 0)
        for (white, black) in zip(onWhite, onBlack.pixels) {
            shown += 255 - (Int(white) - Int(black))
            light += Int(black)
        }
        let isDrawing = 2 * shown < 255 * onWhite.count
        if isDrawing, 2 * light > shown { return onBlack }
        return GrayImage(checkedHeight: picture.height, width: picture.width, pixels: onWhite)
    }

    /// Reads the content of a JPEG, PNG, PGM or PPM file, whichever its first bytes say.
    ///
    /// - Parameters:
    ///   - content: The bytes of the file.
    ///   - name: The file's name for errors.
    /// - Throws: `FileError.badData`.
    public static func decode(_ content: [UInt8], name: String) throws(FileError) -> GrayImage {
        GrayImage(try Picture.decode(content, color: .gray, name: name))
    }

    private init(_ picture: Picture) {
        self.init(checkedHeight: picture.height, width: picture.width, pixels: picture.pixels)
    }
}
