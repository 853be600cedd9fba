/// Parses a header: just the JSON that the format allows, so that numbers stay exact and a name that occurs twice is
/// seen, which Foundation's parsers hide. Its time and memory are in proportion to the header's length.
struct SafetensorsHeader {
    /// A tensor as the header describes it; the offsets count from the end of the header and are not checked yet.
    struct Entry {
        var name: String
        var type: Safetensors.DataType
        var shape: [Int]
        var start: Int
        var end: Int
    }

    /// The most sizes of a shape, as PyTorch and NumPy have it.
    private static let mostSizes = 64

    /// In the file they lie 8 bytes further on, after the header's length.
    private let bytes: [UInt8]
    private let source: String
    private var position = 0
    private(set) var metadata: [String: String] = [:]
    private(set) var entries: [Entry] = []

    init(json: [UInt8], source: String) {
        bytes = json
        self.source = source
    }

    mutating func parse() throws(SafetensorsError) {
        // The format wants the object at once; anywhere else white space is allowed.
        guard bytes.first == UInt8(ascii: "{") else { throw unexpected("{ at the header's first byte") }
        try object { header, name throws(SafetensorsError) in
            if name == "__metadata__" {
                try header.object { header, name throws(SafetensorsError) in
                    header.metadata[name] = try header.string()
                }
            } else {
                try header.entry(name)
            }
        }
        skipSpace()
        guard position == bytes.count else { throw unexpected("the header's end") }
    }

    private mutating func entry(_ name: String) throws(SafetensorsError) {
        let place = "\(source): tensor \(name)"
        var type: Safetensors.DataType?
        var shape: [Int]?
        var offsets: [Int]?
        try object { header, field throws(SafetensorsError) in
            switch field {
            case "dtype":
                let found = try header.string()
                type = Safetensors.DataType(rawValue: found)
                guard type != nil else {
                    let known = Safetensors.DataType.allCases.map(\.rawValue).joined(separator: ", ")
                    throw SafetensorsError(.type, place, found: "type \(found)", expected: "one of \(known)")
                }
            case "shape": shape = try header.integers(atMost: SafetensorsHeader.mostSizes)
            case "data_offsets": offsets = try header.integers(atMost: 2)
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
    private mutating func object(
        _ value: (inout SafetensorsHeader, String) throws(SafetensorsError) -> Void
    ) throws(SafetensorsError) {
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
    private mutating func integers(atMost most: Int) throws(SafetensorsError) -> [Int] {
        var numbers: [Int] = []
        try expect("[")
        guard !take("]") else { return numbers }
        repeat {
            skipSpace()
            guard numbers.count < most else { throw unexpected("an array of at most \(most) numbers") }
            numbers.append(try integer())
        } while take(",")
        try expect("]")
        return numbers
    }

    private mutating func integer() throws(SafetensorsError) -> Int {
        let start = position
        var number = 0
        while position < bytes.count, let digit = Int(exactly: Int(bytes[position]) - 0x30), (0...9).contains(digit) {
            let (tens, tensOverflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(digit)
            guard !tensOverflow, !overflows else { break }
            (number, position) = (sum, position + 1)
        }
        let isPlain = position == start + 1 || (position > start && bytes[start] != UInt8(ascii: "0"))
        guard isPlain, position == bytes.count || !(0x30...0x39).contains(bytes[position]) else {
            position = start
            throw unexpected("a whole number from 0 to 2^63 - 1")
        }
        return number
    }

    private mutating func string() throws(SafetensorsError) -> String {
        try expect("\"")
        let start = position
        var hasEscapes = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] >= 0x20 else { throw badString(from: start) }
            let isEscape = bytes[position] == UInt8(ascii: "\\")
            hasEscapes = hasEscapes || isEscape
            position += isEscape ? 2 : 1
        }
        guard position < bytes.count else {
            position = start - 1
            throw unexpected("a string that ends inside the header")
        }
        let range = start..<position
        position += 1
        let text = hasEscapes ? unescaped(bytes[range]) : bytes[range]
        guard let text, let string = String(validating: text, as: UTF8.self) else { throw badString(from: start) }
        return string
    }

    private mutating func badString(from start: Int) -> SafetensorsError {
        position = start - 1
        return unexpected("a string of JSON in UTF-8")
    }

    /// A string's bytes with its escapes replaced (RFC 8259, section 7); nil where one is wrong.
    private func unescaped(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var result: [UInt8] = []
        var rest = text
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            result += rest[..<backslash]
            rest = rest[(backslash + 1)...]
            switch rest.popFirst() {
            case UInt8(ascii: "\""): result.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): result.append(UInt8(ascii: "/"))
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(&rest) else { return nil }
                result += scalar.utf8
            default: return nil
            }
        }
        return (result + rest)[...]
    }

    /// Takes four hexadecimal digits, or twice as many with another `\u` between them for one beyond U+FFFF.
    private func scalar(_ text: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = unit(&text) else { return nil }
        guard 0xd800..<0xdc00 ~= first else { return Unicode.Scalar(first) }
        guard text.starts(with: Array("\\u".utf8)) else { return nil }
        text = text.dropFirst(2)
        guard let second = unit(&text), 0xdc00..<0xe000 ~= second else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }

    private func unit(_ text: inout ArraySlice<UInt8>) -> UInt32? {
        let digits = text.prefix(4)
        text = text.dropFirst(4)
        var unit: UInt32 = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return digits.count == 4 ? unit : nil
    }

    /// Moves past the character, and white space before it, if it is the next one.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
        guard take(character) else { throw unexpected("\(character)") }
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private func unexpected(_ expected: String) -> SafetensorsError {
        let next = String(decoding: bytes[min(position, bytes.count)...].prefix(20), as: UTF8.self)
        let found = next.isEmpty ? "its end" : "\(next.debugDescription) at byte \(8 + position) of the file"
        return SafetensorsError(.header, "\(source): header", found: found, expected: expected)
    }
}
