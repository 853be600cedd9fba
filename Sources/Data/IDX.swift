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
    /// - Throws: ``FileError`` for a file that is missing, cannot be read or does not hold what its header says.
    public init(contentsOf path: String, kind: Kind) throws(FileError) {
        try self.init(content: FileContent.load(path), name: FileContent.name(path), kind: kind)
    }

    /// Takes apart the content of a file, unpacked.
    ///
    /// - Parameter name: The file's name for errors.
    /// - Throws: ``FileError/badData(file:problem:)``.
    public init(content: consuming [UInt8], name: String, kind: Kind) throws(FileError) {
        let headerSize = 4 + 4 * kind.rank
        guard content.count >= 4 else {
            throw .badData(file: name, problem: "file holds \(content.count) bytes, expected a header of \(headerSize)")
        }
        let magic = IDX.bigEndian32(content, at: 0)
        guard magic == kind.rawValue else {
            throw .badData(
                file: name, problem: "found magic number \(magic), expected \(kind.rawValue) as in a file of \(kind)")
        }
        guard content.count >= headerSize else {
            throw .badData(file: name, problem: "file holds \(content.count) bytes, expected a header of \(headerSize)")
        }
        let dimensions = (1...kind.rank).map { Int(IDX.bigEndian32(content, at: 4 * $0)) }
        let stated = IDX.describe(dimensions, kind)
        guard !dimensions.contains(0) else {
            throw .badData(file: name, problem: "header says \(stated), expected at least one")
        }
        guard let size = IDX.product(dimensions) else {
            throw .badData(file: name, problem: "header says \(stated), more than any file can hold")
        }
        content.removeFirst(headerSize)
        guard content.count == size else {
            throw .badData(
                file: name, problem: "header says \(stated) (\(size) bytes), file holds \(content.count) bytes after it"
            )
        }
        self.dimensions = dimensions
        elements = content
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

    private static func bigEndian32(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
