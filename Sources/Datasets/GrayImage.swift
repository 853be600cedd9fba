/// One grey picture of any size.
public struct GrayImage: Sendable, Equatable {
    /// The rows.
    public let height: Int
    /// The columns.
    public let width: Int
    /// [height, width], row-major: 0 is black, 255 white.
    public let pixels: [UInt8]

    /// The most rows and columns of an image file.
    public static let maximumFileSide = 1 << 16
    /// The most pixels of an image file, 8192 × 8192: more than most cameras take, and little enough that a header that
    /// lies does no harm.
    public static let maximumFilePixels = 1 << 26

    /// - Parameters:
    ///   - name: What the image is, for the error.
    ///   - pixels: [height, width], row-major.
    /// - Throws: ``DatasetError/badData(file:problem:)`` with the name where the sizes do not fit together or are 0.
    public init(height: Int, width: Int, pixels: [UInt8], name: String) throws(DatasetError) {
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

    /// Reads a PNG or PGM file, whichever its first bytes say.
    ///
    /// - Throws: ``DatasetError`` for a file that is missing, cannot be read, is of another format or breaks its own.
    public static func load(_ path: String) throws(DatasetError) -> GrayImage {
        try decode(FileContent.load(path), name: FileContent.name(path))
    }

    /// Reads the content of a PNG or PGM file, whichever its first bytes say.
    ///
    /// - Parameter name: The file's name for errors.
    /// - Throws: ``DatasetError/badData(file:problem:)``.
    public static func decode(_ content: [UInt8], name: String) throws(DatasetError) -> GrayImage {
        do throws(ImageError) {
            if content.starts(with: PNG.signature) { return try PNG.decode(content) }
            if content.starts(with: PGM.prefix) { return try PGM.decode(content) }
            throw ImageError(problem: "found \(describeStart(of: content)), expected a PNG or PGM image")
        } catch {
            throw .badData(file: name, problem: error.problem)
        }
    }

    /// What a file that is no PNG or PGM begins with, by name if it is a format that pictures come in.
    private static func describeStart(of content: [UInt8]) -> String {
        let known: [(name: String, start: [UInt8])] = [
            ("a JPEG image", [0xff, 0xd8, 0xff]), ("a GIF image", Array("GIF8".utf8)),
            ("a BMP image", Array("BM".utf8)), ("a TIFF image", Array("II*\0".utf8)),
        ]
        if let format = known.first(where: { content.starts(with: $0.start) }) { return format.name }
        return content.isEmpty ? "an empty file" : "a file that begins with the bytes \(Array(content.prefix(8)))"
    }
}

/// What is wrong with an image; whoever knows its name makes it a ``DatasetError``.
struct ImageError: Error {
    let problem: String

    /// Checks the size that a header states, before anything of that size is made.
    static func check(height: Int, width: Int) throws(ImageError) {
        guard height > 0, width > 0 else {
            throw ImageError(problem: "header says \(height)×\(width) pixels, expected at least one")
        }
        let (side, area) = (GrayImage.maximumFileSide, GrayImage.maximumFilePixels)
        guard max(height, width) <= side, height * width <= area else {
            throw ImageError(
                problem: "header says \(height)×\(width) pixels, expected at most \(side) in a row or column "
                    + "and \(area) in all")
        }
    }
}
