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

    /// Reads a PNG, PGM or PPM file, whichever its first bytes say.
    ///
    /// - Throws: `FileError` for a file that is missing, cannot be read, is of another format or breaks its own.
    public static func load(_ path: String) throws(FileError) -> GrayImage {
        GrayImage(try Picture.load(path, color: .gray))
    }

    /// Reads the content of a PNG, PGM or PPM file, whichever its first bytes say.
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
