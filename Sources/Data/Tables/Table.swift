import Foundation
import LanesFiles
import LanesGraph
import LanesTraining

/// A table of numbers in a text file (CSV), each line a sample, with one column to be predicted from the others.
///
///     let flowers = try Table(contentsOf: URL(filePath: "iris.csv"), target: "species")
///     let (training, test) = flowers.split(holdingOut: 0.2, seed: 1)
///     let standardization = try Normalization.learned(from: training)
///
/// The first line names the columns. Fields are separated by commas, semicolons or tabs, whichever the first line has;
/// a field in quotes may hold these too (RFC 4180). Numbers are written with a point. For numbers to be predicted see
/// ``StandardizedTarget``.
public struct Table: Dataset {
    /// What the target's column holds.
    public enum TargetKind: Sendable {
        /// Values if its first field is a number, else classes.
        case automatic
        /// Names of classes, which may be numbers. Numbers are sorted by value, other names by Unicode's code points.
        case classes
        /// Numbers.
        case values
    }

    /// The file's name.
    public let name: String
    public let count: Int
    /// The names of the columns that are the input, in the file's order.
    public let features: [String]
    /// The name of the column that is the target.
    public let targetName: String
    public let inputs: [Shape]
    public let targets: [Target]
    /// What each sample is compared with: the number of its class, or the target's number.
    public let targetValues: [Float]
    /// [count, features]
    private let values: [Float]

    /// Reads a file, raw or gzip.
    ///
    /// - Parameters:
    ///   - url: The file.
    ///   - target: The column to predict; nil for the last one.
    ///   - kind: What the target's column holds: names of classes, or numbers.
    ///   - shape: What the features are, [height][width][channels]; nil for a vector.
    /// - Throws: `FileError` for a file that is missing or cannot be read, for one of more than 2³⁰ bytes (packed: 2²⁸)
    ///   and, with line and column, for one whose content is not such a table.
    public init(
        contentsOf url: URL, target: String? = nil, kind: TargetKind = .automatic, shape: Shape? = nil
    ) throws(FileError) {
        try self.init(
            content: FileContent.text(url.path), name: url.lastPathComponent, target: target, kind: kind, shape: shape)
    }

    /// Takes apart a file's content.
    ///
    /// - Parameters:
    ///   - content: The bytes of the file, unpacked.
    ///   - name: The file's name for errors.
    ///   - target: The column to predict; nil for the last one.
    ///   - kind: What the target's column holds: names of classes, or numbers.
    ///   - shape: What the features are, [height][width][channels]; nil for a vector.
    /// - Throws: `FileError.badData`.
    public init(
        content: [UInt8], name: String, target: String? = nil, kind: TargetKind = .automatic, shape: Shape? = nil
    ) throws(FileError) {
        do throws(TableError) {
            try self.init(CSVReader(content), name: name, target: target, kind: kind, shape: shape)
        } catch {
            throw .badData(file: name, problem: error.description)
        }
    }

    private init(
        _ reader: CSVReader, name: String, target: String?, kind: TargetKind, shape: Shape?
    ) throws(TableError) {
        var reader = reader
        var fields: [CSVReader.Field] = []
        guard try reader.next(&fields) else {
            throw TableError(line: 0, problem: "found an empty file, expected a table")
        }
        let columns = try Table.columns(fields, of: reader)
        let place = try Table.place(of: target, in: columns)
        let shape = shape ?? Shape(channels: columns.count - 1)
        guard shape.channels > 0, shape.height > 0, shape.width > 0, shape.count == columns.count - 1 else {
            throw TableError(
                line: 0,
                problem: "found \(columns.count - 1) columns beside the target, expected those of shape \(shape)")
        }

        var values: [Float] = []
        var column = TargetColumn(name: columns[place], kind: kind)
        while try reader.next(&fields) {
            guard fields.count == columns.count else {
                throw TableError(
                    line: fields[0].line,
                    problem: "found \(fields.count) fields, expected \(columns.count) as in the first line")
            }
            for (index, field) in fields.enumerated() {
                guard !reader.isBlank(field) else {
                    throw TableError(line: field.line, column: columns[index], problem: "the value is missing")
                }
                if index == place {
                    try column.append(field, of: reader)
                } else {
                    guard let number = reader.number(field) else {
                        throw try Table.notNumber(field, column: columns[index], of: reader)
                    }
                    values.append(number)
                }
            }
        }
        guard column.count > 0 else {
            throw TableError(line: 0, problem: "found no line after the first one, which names the columns")
        }
        self.name = name
        count = column.count
        targetName = columns[place]
        features = columns.indices.filter { $0 != place }.map { columns[$0] }
        inputs = [shape]
        self.values = values
        (targetValues, targets) = column.finish()
    }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        let start = sample * features.count
        for index in 0..<values.count { values[index] = self.values[start + index] }
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        values[0] = targetValues[sample]
    }

    /// The names in the first line.
    private static func columns(_ fields: [CSVReader.Field], of reader: CSVReader) throws(TableError) -> [String] {
        let line = fields[0].line
        guard fields.count > 1 else {
            throw TableError(
                line: line,
                problem:
                    "found one column, expected a target and at least one more, separated by commas, semicolons or tabs"
            )
        }
        var columns: [String] = []
        var seen: Set<String> = []
        for (index, field) in fields.enumerated() {
            let column = try reader.text(field).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !column.isEmpty else { throw TableError(line: line, problem: "column \(index + 1) has no name") }
            guard seen.insert(column).inserted else {
                throw TableError(line: line, problem: "found two columns named \(column), expected each name once")
            }
            columns.append(column)
        }
        // Some programs name columns by their whole numbers.
        let areSamples = fields.allSatisfy { reader.number($0) != nil } && columns.contains { Int($0) == nil }
        guard !areSamples else {
            throw TableError(line: line, problem: "found numbers alone, expected the names of the columns")
        }
        return columns
    }

    private static func place(of target: String?, in columns: [String]) throws(TableError) -> Int {
        guard let target else { return columns.count - 1 }
        guard let place = columns.firstIndex(of: target) else {
            let names = columns.prefix(100).joined(separator: ", ") + (columns.count > 100 ? ", …" : "")
            throw TableError(line: 0, problem: "found no column \(target), expected one of \(names)")
        }
        return place
    }

    static func notNumber(
        _ field: CSVReader.Field, column: String, of reader: CSVReader, hint: String = ""
    ) throws(TableError) -> TableError {
        let text = try reader.text(field).prefix(40).debugDescription
        return TableError(line: field.line, column: column, problem: "found \(text), expected a number" + hint)
    }
}

/// The column to predict, while a table is read.
private struct TargetColumn {
    let name: String
    var kind: Table.TargetKind
    var count: Int { values.count }
    private let isAutomatic: Bool
    /// The numbers, or those of the classes in the order in which they came.
    private var values: [Float] = []
    private var numbers: [String: Int] = [:]
    /// The classes' names, in the order in which they came.
    private var names: [String] = []
    /// As many where all are numbers.
    private var numericNames: [Float] = []

    private static let mostClasses = 1 << 16

    init(name: String, kind: Table.TargetKind) {
        (self.name, self.kind) = (name, kind)
        isAutomatic = kind == .automatic
    }

    mutating func append(_ field: CSVReader.Field, of reader: CSVReader) throws(TableError) {
        let number = reader.number(field)
        if kind == .automatic { kind = number == nil ? .classes : .values }
        if kind == .values {
            guard let number else {
                let hint = isAutomatic ? " as in the lines before (or ask for classes)" : ""
                throw try Table.notNumber(field, column: name, of: reader, hint: hint)
            }
            values.append(number)
            return
        }
        let text = try reader.text(field).trimmingCharacters(in: .whitespacesAndNewlines)
        if let known = numbers[text] {
            values.append(Float(known))
        } else {
            guard names.count < TargetColumn.mostClasses else {
                throw TableError(
                    line: field.line, column: name,
                    problem: "found more than \(TargetColumn.mostClasses) classes, expected a column of few")
            }
            values.append(Float(names.count))
            numbers[text] = names.count
            names.append(text)
            if let number { numericNames.append(number) }
        }
    }

    /// The values, with classes numbered in their order.
    func finish() -> (values: [Float], targets: [Target]) {
        guard kind == .classes else { return (values, [.values(Shape(channels: 1))]) }
        let areNumbers = numericNames.count == names.count
        let order = names.indices.sorted { first, second in
            guard areNumbers, numericNames[first] != numericNames[second] else { return names[first] < names[second] }
            return numericNames[first] < numericNames[second]
        }
        var places = [Float](repeating: 0, count: names.count)
        for (place, index) in order.enumerated() { places[index] = Float(place) }
        return (values.map { places[Int($0)] }, [.classes(order.map { names[$0] })])
    }
}
