import Foundation

extension Safetensors {
    /// Reads a file's content.
    ///
    /// - Parameters:
    ///   - data: The bytes of the file.
    ///   - source: What errors call it, a file's name as a rule.
    /// - Throws: ``SafetensorsError`` for content that is not what the format says. In particular the tensors must
    ///   cover the file after the header, each byte exactly once.
    public init(_ data: Data, source: String) throws {
        try self.init(ByteReader(MemoryStream([UInt8](data)), name: source), size: data.count)
    }

    /// Reads a file's content. There is memory for the header and for each tensor only when it is known that the file
    /// holds them.
    ///
    /// - Parameter size: How many bytes there are.
    init(_ file: ByteReader, size: Int) throws {
        source = file.name
        guard size >= 8 else {
            throw SafetensorsError(.length, source, found: "\(size) bytes", expected: "8 of the header's length")
        }
        let announced = try file.read(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard announced <= Safetensors.longestHeader else {
            let expected = "at most \(Safetensors.longestHeader) bytes"
            throw SafetensorsError(
                .length, source, found: "no safetensors file, or one with a header of \(announced)",
                expected: expected)
        }
        let dataStart = 8 + Int(announced)
        guard dataStart <= size else {
            throw SafetensorsError(
                .length, source, found: "\(size) bytes", expected: "a header that ends at byte \(dataStart)")
        }
        var parser = SafetensorsHeader(json: try file.read(Int(announced)), source: source)
        try parser.parse()
        metadata = parser.metadata
        let entries = parser.entries.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        try checkLayout(entries, size: size, dataStart: dataStart)
        for entry in entries {
            let place = "\(source): tensor \(entry.name)"
            let bytes = try file.read(entry.end - entry.start)
            tensors[entry.name] = try Tensor(shape: entry.shape, type: entry.type, bytes: bytes, place: place)
        }
    }

    /// Before anything is read: each tensor must begin where the one before it ends and be as long as its shape needs,
    /// and the last one must end with the file.
    private func checkLayout(_ entries: [SafetensorsHeader.Entry], size: Int, dataStart: Int) throws(SafetensorsError) {
        var end = 0
        for entry in entries {
            let place = "\(source): tensor \(entry.name)"
            guard entry.start == end else {
                let expected = "\(end), where the one before it ends"
                throw SafetensorsError(.layout, place, found: "data that begins at \(entry.start)", expected: expected)
            }
            guard entry.end >= entry.start, entry.end <= size - dataStart else {
                let expected = "an end from \(entry.start) to \(size - dataStart), where the file ends"
                throw SafetensorsError(.layout, place, found: "data that ends at \(entry.end)", expected: expected)
            }
            try Tensor.check(entry.shape, entry.type, byteCount: entry.end - entry.start, place: place)
            end = entry.end
        }
        guard dataStart + end == size else {
            let expected = "\(dataStart + end), where the last tensor ends"
            throw SafetensorsError(.layout, source, found: "\(size) bytes", expected: expected)
        }
    }
}
