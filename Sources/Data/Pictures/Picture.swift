import Foundation
import LanesFiles
import LanesGraph
import LanesKernels

/// One picture of any size, grey or in colours.
public struct Picture: Sendable, Equatable {
    /// What a pixel consists of.
    public enum Color: Sendable {
        /// One number. Of colours it is the luma (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B).
        case gray
        /// Red, green and blue; of a grey picture they are equal.
        case rgb

        /// The numbers of a pixel.
        public var channels: Int { self == .gray ? 1 : 3 }
    }

    /// The rows.
    public let height: Int
    /// The columns.
    public let width: Int
    /// What each pixel consists of.
    public let color: Color
    /// [height][width][channels]: 0 is black, 255 white or full red, green or blue.
    public let pixels: [UInt8]

    /// The most rows and columns of a picture's file.
    package static let maximumFileSide = 1 << 16
    /// The most pixels of a picture's file, 8192 × 8192: more than most cameras take, and little enough that a header
    /// that lies does no harm.
    package static let maximumFilePixels = 1 << 26

    /// A picture whose sizes are known to fit together.
    init(checkedHeight height: Int, width: Int, color: Color, pixels: [UInt8]) {
        (self.height, self.width, self.color, self.pixels) = (height, width, color, pixels)
    }

    /// Checks that the pixels are as many as size and colour say.
    ///
    /// - Parameters:
    ///   - height: Rows, at least 1.
    ///   - width: Columns, at least 1.
    ///   - color: What each pixel consists of.
    ///   - pixels: [height][width][channels].
    ///   - name: What the picture is, for the error.
    /// - Throws: `FileError.badData` where the sizes do not fit together or are 0.
    public init(
        height: Int, width: Int, color: Color, pixels: [UInt8], name: String = "picture"
    ) throws(FileError) {
        try Self.checkProcessor(for: name)
        let (area, areaOverflows) = height.multipliedReportingOverflow(by: width)
        let (count, overflows) = area.multipliedReportingOverflow(by: color.channels)
        guard height > 0, width > 0, !areaOverflows, !overflows, count == pixels.count else {
            throw .badData(
                file: name,
                problem: "found \(pixels.count) numbers, expected those of \(height)×\(width) pixels of "
                    + "\(color.channels)")
        }
        self.init(checkedHeight: height, width: width, color: color, pixels: pixels)
    }

    /// The picture of what a network gives or gets.
    ///
    /// - Parameters:
    ///   - values: [height][width][channels]: 0 is black, 1 white or full red, green or blue; what lies beyond is cut off,
    ///     and NaN is black.
    ///   - shape: Of 1 channel or 3.
    ///   - name: What the picture is, for the error.
    /// - Throws: `FileError.badData` where they do not fit together.
    public init(_ values: [Float], shape: Shape, name: String = "picture") throws(FileError) {
        guard shape.channels == 1 || shape.channels == 3 else {
            throw .badData(file: name, problem: "found \(shape.channels) channels, expected 1 or 3")
        }
        // The greatest of NaN and 0 is 0 in this order.
        let pixels = values.map { UInt8((255 * min(max(0, $0), 1)).rounded()) }
        try self.init(
            height: shape.height, width: shape.width, color: shape.channels == 1 ? .gray : .rgb, pixels: pixels,
            name: name)
    }

    /// Writes a PNG file, not compressed: for small pictures.
    ///
    /// - Throws: `FileError.unwritable`.
    public func write(to url: URL) throws(FileError) { try AtomicFile.write(Data(PNG.encode(self)), to: url) }

    /// Reads a JPEG, PNG, PGM or PPM file, whichever its first bytes say. Transparent pixels are composed over white.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - color: What to make of its pixels, whatever the file has.
    /// - Throws: `FileError` for a file that is missing, cannot be read, is of another format or breaks its own.
    public static func load(_ path: String, color: Color) throws(FileError) -> Picture {
        try load(path, color: color, background: 255)
    }

    /// - Parameter background: The grey that transparent pixels are composed over.
    static func load(_ path: String, color: Color, background: UInt8) throws(FileError) -> Picture {
        let file = try FileContent.open(path)
        let picture = try decode(file, color: color, background: background)
        // The checksum of a packed file is verified at its end.
        if file.remaining == nil { try file.skip() }
        return picture
    }

    /// Reads the content of a JPEG, PNG, PGM or PPM file, whichever its first bytes say.
    ///
    /// - Parameters:
    ///   - content: The bytes of the file.
    ///   - color: What to make of its pixels, whatever the file has.
    ///   - name: The file's name for errors.
    /// - Throws: `FileError.badData`.
    public static func decode(_ content: [UInt8], color: Color, name: String) throws(FileError) -> Picture {
        try decode(ByteReader(MemoryStream(content), name: name), color: color, background: 255)
    }

    /// Reads a picture piece by piece, so that there is memory for its pixels and little more than that.
    private static func decode(
        _ file: ByteReader, color: Color, background: UInt8
    ) throws(FileError) -> Picture {
        try checkProcessor(for: file.name)
        let start = try file.peek(12)
        do throws(ImageError) {
            if start.starts(with: PNG.signature) {
                return try PNG.decode(file, color: color, background: background)
            }
            if start.starts(with: JPEG.prefix) { return try JPEG.decode(file, color: color) }
            if start.starts(with: Netpbm.prefix) { return try Netpbm.decode(file, color: color) }
            throw ImageError(problem: "found \(describeStart(of: start)), expected a JPEG, PNG, PGM or PPM image")
        } catch {
            throw error.cause ?? file.error(error.problem)
        }
    }

    /// A picture is resized by a kernel, where nothing can be thrown any more: there is none on a processor without kernels.
    private static func checkProcessor(for name: String) throws(FileError) {
        do throws(ProcessorError) {
            try Processor.check()
        } catch {
            throw .unreadable(path: name, problem: error.description)
        }
    }

    /// The picture in another size: averaged over the area of each new pixel where it shrinks, bilinear where it grows.
    /// Where the sides change by different factors it is distorted. The new size is at least 1×1.
    public func resized(to size: Extent) -> Picture {
        require(size.height > 0 && size.width > 0, "a picture has at least one pixel")
        if size == Extent(height: height, width: width) { return self }
        let values = resize(
            pixels, width: width, channels: color.channels, rows: 0..<height, columns: 0..<width, to: size)
        return Picture(
            checkedHeight: size.height, width: size.width, color: color, pixels: values.map { UInt8($0.rounded()) })
    }

    /// What a file that is no picture begins with, by name if it is a format that pictures come in.
    private static func describeStart(of content: [UInt8]) -> String {
        let known: [(name: String, start: [UInt8])] = [
            ("a GIF image", Array("GIF8".utf8)), ("a BMP image", Array("BM".utf8)),
            ("a TIFF image", Array("II*\0".utf8)), ("a TIFF image", Array("MM\0*".utf8)),
            ("a JPEG 2000 image", [0, 0, 0, 12] + Array("jP  ".utf8)), ("a JPEG XL image", [0xff, 0x0a]),
            ("a PDF document", Array("%PDF".utf8)),
        ]
        // Of these the format's name stands behind a length.
        let second = String(decoding: content.dropFirst(4), as: UTF8.self)
        if content.starts(with: Array("RIFF".utf8)), second.hasSuffix("WEBP") { return "a WebP image" }
        if ["ftyphei", "ftyphev", "ftypmif", "ftypmsf"].contains(where: second.hasPrefix) { return "a HEIC image" }
        if second.hasPrefix("ftypavi") { return "an AVIF image" }
        if let format = known.first(where: { content.starts(with: $0.start) }) { return format.name }
        return content.isEmpty ? "an empty file" : "a file that begins with the bytes \(Array(content.prefix(8)))"
    }
}

/// What is wrong with an image; whoever knows its name makes it a `FileError`.
struct ImageError: Error {
    let problem: String
    /// Where the file could not be read, why not.
    let cause: FileError?

    init(problem: String) { (self.problem, cause) = (problem, nil) }

    init(_ cause: FileError) { (problem, self.cause) = (cause.description, cause) }

    /// Reads from a file.
    static func reading<Result>(_ read: () throws(FileError) -> Result) throws(ImageError) -> Result {
        do throws(FileError) { return try read() } catch { throw ImageError(error) }
    }

    /// Checks the size that a header states, before anything of that size is made.
    static func check(height: Int, width: Int) throws(ImageError) {
        guard height > 0, width > 0 else {
            throw ImageError(problem: "header says \(height)×\(width) pixels, expected at least one")
        }
        let (side, area) = (Picture.maximumFileSide, Picture.maximumFilePixels)
        guard max(height, width) <= side, height * width <= area else {
            throw ImageError(
                problem: "header says \(height)×\(width) pixels, expected at most \(side) in a row or column "
                    + "and \(area) in all")
        }
    }
}

/// The luma of a colour (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B), in thousandths.
@inline(__always)
func luma(_ red: Int, _ green: Int, _ blue: Int) -> Int { 299 * red + 587 * green + 114 * blue }
