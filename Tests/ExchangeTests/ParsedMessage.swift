import Foundation
import Testing

/// A message as a reader of Protocol Buffers finds it: what stands in its fields, in order.
struct ParsedMessage {
    enum Value {
        case number(UInt64)
        case content(Data)
    }

    private struct Truncated: Error {}

    let fields: [(number: Int, value: Value)]

    init(_ data: Data) throws {
        var rest = data[...]
        var fields: [(number: Int, value: Value)] = []
        func varint() throws -> UInt64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while true {
                guard let byte = rest.popFirst() else { throw Truncated() }
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { return value }
            }
        }
        func take(_ count: Int) throws -> Data {
            guard count <= rest.count else { throw Truncated() }
            defer { rest = rest.dropFirst(count) }
            return Data(rest.prefix(count))
        }
        while !rest.isEmpty {
            let tag = try varint()
            switch tag & 7 {
            case 0: fields.append((Int(tag >> 3), .number(try varint())))
            case 2: fields.append((Int(tag >> 3), .content(try take(Int(try varint())))))
            case 5: fields.append((Int(tag >> 3), .content(try take(4))))
            default: Issue.record("a field of kind \(tag & 7)")
            }
        }
        self.fields = fields
    }

    func contents(_ number: Int) -> [Data] {
        fields.compactMap { field in
            guard field.number == number, case .content(let data) = field.value else { return nil }
            return data
        }
    }

    func texts(_ number: Int) -> [String] { contents(number).map { String(decoding: $0, as: UTF8.self) } }

    func messages(_ number: Int) throws -> [ParsedMessage] { try contents(number).map { try ParsedMessage($0) } }

    func number(_ number: Int) -> UInt64? {
        for field in fields where field.number == number {
            if case .number(let value) = field.value { return value }
        }
        return nil
    }
}
