import Foundation

extension Safetensors {
    /// Reads a file's content.
    ///
    /// - Parameter source: What errors call it, a file's name as a rule.
    /// - Throws: ``SafetensorsError`` for content that is not what the format says. In particular the tensors must
    ///   cover the file after the header, each byte exactly once.
    public init(_ data: Data, source: String) throws { try self.init([UInt8](data), source: source) }

    init(_ file: [UInt8], source: String) throws {
        self.source = source
        guard file.count >= 8 else {
            throw SafetensorsError(.length, source, found: "\(file.count) bytes", expected: "8 of the header's length")
        }
        let announced = file.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard announced <= Safetensors.longestHeader else {
            let expected = "at most \(Safetensors.longestHeader) bytes"
            throw SafetensorsError(
                .length, source, found: "no safetensors file, or one with a header of \(announced)",
                expected: expected)
        }
        let dataStart = 8 + Int(announced)
        guard dataStart <= file.count else {
            let found = "\(file.count) bytes"
            throw SafetensorsError(.length, source, found: found, expected: "a header that ends at byte \(dataStart)")
        }
        var parser = SafetensorsHeader(json: file[8..<dataStart], source: source)
        try parser.parse()
        metadata = parser.metadata

        var end = 0
        for entry in parser.entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            let place = "\(source): tensor \(entry.name)"
            guard entry.start == end else {
                let expected = "\(end), where the one before it ends"
                throw SafetensorsError(.layout, place, found: "data that begins at \(entry.start)", expected: expected)
            }
            guard entry.end >= entry.start, entry.end <= file.count - dataStart else {
                let expected = "an end from \(entry.start) to \(file.count - dataStart), where the file ends"
                throw SafetensorsError(.layout, place, found: "data that ends at \(entry.end)", expected: expected)
            }
            let bytes = file[dataStart + entry.start..<dataStart + entry.end]
            tensors[entry.name] = try Tensor(shape: entry.shape, type: entry.type, bytes: bytes, place: place)
            end = entry.end
        }
        guard dataStart + end == file.count else {
            let expected = "\(dataStart + end), where the last tensor ends"
            throw SafetensorsError(.layout, source, found: "\(file.count) bytes", expected: expected)
        }
    }
}

/// Parses a header: just the JSON that the format allows, so that numbers stay exact and a name that occurs twice is
/// seen, which Foundation's parsers hide.
struct SafetensorsHeader {
    /// A tensor as the header describes it; the offsets count from the end of the header and are not checked yet.
    struct Entry {
        var name: String
        var type: Safetensors.DataType
        var shape: [Int]
        var start: Int
        var end: Int
    }

    private let bytes: ArraySlice<UInt8>
    private let source: String
    private var position: Int
    private(set) var metadata: [String: String] = [:]
    private(set) var entries: [Entry] = []

    init(json: ArraySlice<UInt8>, source: String) {
        bytes = json
        self.source = source
        position = json.startIndex
    }

    mutating func parse() throws {
        // The format wants the object at once; anywhere else white space is allowed.
        guard bytes.first == UInt8(ascii: "{") else { throw unexpected("{ at the header's first byte") }
        try object { header, name in
            if name == "__metadata__" {
                try header.object { try $0.metadata[$1] = $0.string() }
            } else {
                try header.entry(name)
            }
        }
        skipSpace()
        guard position == bytes.endIndex else { throw unexpected("the header's end") }
    }

    private mutating func entry(_ name: String) throws {
        let place = "\(source): tensor \(name)"
        var type: Safetensors.DataType?
        var shape: [Int]?
        var offsets: [Int]?
        try object { header, field in
            switch field {
            case "dtype":
                let found = try header.string()
                type = Safetensors.DataType(rawValue: found)
                guard type != nil else {
                    let known = Safetensors.DataType.allCases.map(\.rawValue).joined(separator: ", ")
                    throw SafetensorsError(.type, place, found: "type \(found)", expected: "one of \(known)")
                }
            case "shape": shape = try header.integers()
            case "data_offsets": offsets = try header.integers()
            default:
                let expected = "dtype, shape and data_offsets"
                throw SafetensorsError(.header, place, found: "field \(field)", expected: expected)
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            let found = [type.map { _ in "dtype" }, shape.map { _ in "shape" }, offsets.map { "data_offsets \($0)" }]
            throw SafetensorsError(
                .header, place, found: found.compactMap(\.self).joined(separator: ", "),
                expected: "dtype, shape and two data_offsets")
        }
        entries.append(Entry(name: name, type: type, shape: shape, start: offsets[0], end: offsets[1]))
    }

    // MARK: JSON

    /// Parses an object; `value` is called behind each name's colon.
    private mutating func object(_ value: (inout SafetensorsHeader, String) throws -> Void) throws {
        var names: Set<String> = []
        try expect("{")
        guard !take("}") else { return }
        repeat {
            let name = try string()
            guard names.insert(name).inserted else {
                throw SafetensorsError(.name, source, found: "name \(name) twice", expected: "every name once")
            }
            try expect(":")
            try value(&self, name)
        } while take(",")
        try expect("}")
    }

    /// Parses an array of whole numbers from 0 to 2⁶³ - 1.
    private mutating func integers() throws -> [Int] {
        var numbers: [Int] = []
        try expect("[")
        guard !take("]") else { return numbers }
        repeat {
            skipSpace()
            let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            let isPlain = digits.count == 1 || digits.first != UInt8(ascii: "0")
            guard isPlain, let number = Int(String(decoding: digits, as: UTF8.self)) else {
                throw unexpected("a whole number from 0 to 2^63 - 1")
            }
            position = digits.endIndex
            numbers.append(number)
        } while take(",")
        try expect("]")
        return numbers
    }

    private mutating func string() throws -> String {
        try expect("\"")
        let start = position - 1
        while let byte = bytes[position...].first, byte != UInt8(ascii: "\"") {
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            guard position < bytes.endIndex else { break }
        }
        guard position < bytes.endIndex else {
            position = start
            throw unexpected("a string that ends inside the header")
        }
        position += 1
        // Foundation decodes the escapes, and refuses false ones, control characters and what is not UTF-8.
        guard let string = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<position])) else {
            position = start
            throw unexpected("a string of JSON in UTF-8")
        }
        return string
    }

    /// Moves past the character, and white space before it, if it is the next one.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard take(character) else { throw unexpected("\(character)") }
    }

    private mutating func skipSpace() {
        while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private func unexpected(_ expected: String) -> SafetensorsError {
        let next = String(decoding: bytes[position...].prefix(20), as: UTF8.self)
        let found = next.isEmpty ? "its end" : "\(next.debugDescription) at byte \(position) of the file"
        return SafetensorsError(.header, "\(source): header", found: found, expected: expected)
    }
}
