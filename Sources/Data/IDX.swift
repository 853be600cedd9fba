import LanesFiles

/// The content of an IDX file of bytes, the format of MNIST: big-endian, a magic number that says the element type and
/// the number of dimensions, the dimensions, the elements in row-major order.
///
/// Source: "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/, file formats.
public struct IDX: Sendable, Equatable {
    /// What a file holds. The raw value is its magic number: 8 for bytes, then the number of dimensions.
    public enum Kind: UInt32, Sendable {
        /// [count, height, width]
        case images = 2051
        /// [count]
        case labels = 2049

        var rank: Int { Int(rawValue & 255) }
    }

    /// The sizes, outermost first: three for images, one for labels; none is 0.
    public let dimensions: [Int]
    /// The elements in row-major order, as many as the dimensions' product.
    public let elements: [UInt8]

    /// Reads a file, raw or gzip, whichever its first two bytes say.
    ///
    /// - Throws: `FileError` for a file that is missing, cannot be read or does not hold what its header says.
    public init(contentsOf path: String, kind: Kind) throws(FileError) {
        try self.init(FileContent.open(path), kind: kind)
    }

    /// Takes apart the content of a file, unpacked.
    ///
    /// - Parameters:
    ///   - content: The bytes of the file.
    ///   - name: The file's name for errors.
    ///   - kind: What the file must hold.
    /// - Throws: `FileError.badData`.
    public init(content: consuming [UInt8], name: String, kind: Kind) throws(FileError) {
        try self.init(ByteReader(MemoryStream(content), name: name), kind: kind)
    }

    /// Reads the content of a file to its end. The header tells how long it must be, so that there is no memory for
    /// elements that are not there.
    init(_ file: ByteReader, kind: Kind) throws(FileError) {
        let headerSize = 4 + 4 * kind.rank
        func number() throws(FileError) -> UInt32 {
            let bytes = try file.read(4)
            guard bytes.count == 4 else {
                throw file.error("file holds \(file.position) bytes, expected a header of \(headerSize)")
            }
            return bytes.reduce(0) { $0 << 8 | UInt32($1) }
        }
        let magic = try number()
        guard magic == kind.rawValue else {
            throw file.error("found magic number \(magic), expected \(kind.rawValue) as in a file of \(kind)")
        }
        dimensions = try (0..<kind.rank).map { _ throws(FileError) in Int(try number()) }
        let stated = IDX.describe(dimensions, kind)
        guard !dimensions.contains(0) else { throw file.error("header says \(stated), expected at least one") }
        guard let size = IDX.product(dimensions) else {
            throw file.error("header says \(stated), more than any file can hold")
        }
        if let held = file.remaining, held != size {
            throw file.error("header says \(stated) (\(size) bytes), file holds \(held) bytes after it")
        }
        elements = try file.read(size)
        guard elements.count == size else {
            throw file.error("header says \(stated) (\(size) bytes), file holds \(elements.count) bytes after it")
        }
        guard try file.isAtEnd() else {
            throw file.error("header says \(stated) (\(size) bytes), file holds more bytes after it")
        }
    }

    /// "60000 images of 28×28"
    private static func describe(_ dimensions: [Int], _ kind: Kind) -> String {
        let inner = dimensions.dropFirst().map(String.init).joined(separator: "×")
        return "\(dimensions[0]) \(kind)" + (inner.isEmpty ? "" : " of \(inner)")
    }

    private static func product(_ dimensions: [Int]) -> Int? {
        var product = 1
        for dimension in dimensions {
            let (next, overflows) = product.multipliedReportingOverflow(by: dimension)
            guard !overflows else { return nil }
            product = next
        }
        return product
    }
}
