/// Takes apart a table of text: records of fields, separated by commas, semicolons or tabs.
///
/// A field may stand in quotes and then hold anything, a quote as two (RFC 4180). A line ends with LF, CR LF or CR;
/// empty lines are skipped, as is a byte order mark.
struct CSVReader {
    /// One field's text.
    struct Field {
        /// Its bytes in the file, without the quotes.
        let bytes: Range<Int>
        /// Whether quotes stand in it as two each.
        let hasQuotes: Bool
        /// The line that it begins in, from 1.
        let line: Int
    }

    /// The most fields of a line: a separator takes a byte, and a field takes more.
    private static let mostFields = 1 << 20

    private let file: [UInt8]
    private let separator: UInt8
    private var offset: Int
    private var line = 1

    init(_ file: [UInt8]) {
        self.file = file
        offset = file.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        separator = CSVReader.separator(of: file[offset...])
    }

    /// The one that is most frequent in the first line, a comma if there is none.
    private static func separator(of file: ArraySlice<UInt8>) -> UInt8 {
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        var counts = [0, 0, 0]
        var isQuoted = false
        for byte in file.drop(while: { isLineEnd($0) }) {
            if byte == quote { isQuoted.toggle() }
            guard !isQuoted else { continue }
            if isLineEnd(byte) { break }
            if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
        }
        return candidates[counts.firstIndex(of: counts.max() ?? 0) ?? 0]
    }

    /// The next record that is not an empty line.
    ///
    /// - Parameter fields: Becomes the record's fields, at least one.
    /// - Returns: false at the end of the file.
    mutating func next(_ fields: inout [Field]) throws(TableError) -> Bool {
        fields.removeAll(keepingCapacity: true)
        while offset < file.count, CSVReader.isLineEnd(file[offset]) { skipLineEnd() }
        guard offset < file.count else { return false }
        while true {
            fields.append(try field())
            guard fields.count <= CSVReader.mostFields else {
                throw TableError(line: line, problem: "found more than \(CSVReader.mostFields) fields in a line")
            }
            guard offset < file.count else { return true }
            if CSVReader.isLineEnd(file[offset]) {
                skipLineEnd()
                return true
            }
            offset += 1
        }
    }

    /// The text of a field.
    func text(_ field: Field) throws(TableError) -> String {
        guard let text = String(validating: file[field.bytes], as: UTF8.self) else {
            throw TableError(line: field.line, problem: "found bytes that are not UTF-8")
        }
        return field.hasQuotes ? text.replacing("\"\"", with: "\"") : text
    }

    /// The number in a field, written with a point as in -1.5e3 whatever the system's language is, spaces around it;
    /// nil for anything else.
    func number(_ field: Field) -> Float? {
        var bytes = file[field.bytes]
        while let first = bytes.first, CSVReader.isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, CSVReader.isSpace(last) { bytes.removeLast() }
        // Swift would also take hexadecimal digits, nan and inf.
        let isDecimal = bytes.allSatisfy {
            (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains($0)
        }
        guard isDecimal, let number = Float(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }

    /// Whether nothing but spaces stands in a field.
    func isBlank(_ field: Field) -> Bool { file[field.bytes].allSatisfy { CSVReader.isSpace($0) } }

    /// Reads up to the byte that ends the field, a separator or a line's end, or to the end of the file.
    private mutating func field() throws(TableError) -> Field {
        let (start, startLine) = (offset, line)
        guard offset < file.count, file[offset] == CSVReader.quote else {
            while offset < file.count, file[offset] != separator, !CSVReader.isLineEnd(file[offset]) {
                guard file[offset] != CSVReader.quote else {
                    throw TableError(
                        line: line,
                        problem: "found a quote within a field, expected the whole field in quotes, and two for one")
                }
                offset += 1
            }
            return Field(bytes: start..<offset, hasQuotes: false, line: startLine)
        }
        var hasQuotes = false
        offset += 1
        while true {
            guard offset < file.count else {
                throw TableError(
                    line: startLine, problem: "found the end of the file in a field whose quote is not closed")
            }
            if CSVReader.isLineEnd(file[offset]) {
                skipLineEnd()
            } else if file[offset] != CSVReader.quote {
                offset += 1
            } else if offset + 1 < file.count, file[offset + 1] == CSVReader.quote {
                hasQuotes = true
                offset += 2
            } else {
                break
            }
        }
        let bytes = start + 1..<offset
        offset += 1
        guard offset == file.count || file[offset] == separator || CSVReader.isLineEnd(file[offset]) else {
            throw TableError(line: line, problem: "found text after a field's closing quote, expected a separator")
        }
        return Field(bytes: bytes, hasQuotes: hasQuotes, line: startLine)
    }

    private mutating func skipLineEnd() {
        let isPair = file[offset] == 0x0d && offset + 1 < file.count && file[offset + 1] == 0x0a
        offset += isPair ? 2 : 1
        line += 1
    }

    private static let quote = UInt8(ascii: "\"")
    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// What is wrong with a table, and where; `Table`, which knows the file's name, turns it into a `FileError`.
struct TableError: Error {
    /// The line as an editor shows it, from 1; 0 where it is no single one's.
    let line: Int
    /// The column's name, if it is a single one's.
    var column: String?
    let problem: String

    /// "line 7, column age: found …"
    var description: String {
        guard line > 0 else { return problem }
        return "line \(line)\(column.map { ", column \($0)" } ?? ""): \(problem)"
    }
}
