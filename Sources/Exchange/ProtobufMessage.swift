import Foundation

/// A message in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding): one field after the other,
/// each a tag, which is number·8 + kind, and a value.
///
///     varint (0)         whole numbers, 7 bits a byte, the lowest first, the top bit set where more follow
///     delimited (2)      texts, bytes, messages, lists of numbers: their length as a varint, then their bytes
///     32 bits (5)        Floats, little-endian
///
/// A message is written from its innermost one outwards, since a length stands before what it counts.
struct ProtobufMessage: Equatable {
    private(set) var bytes = Data()

    private enum Kind: Int {
        case varint = 0
        case delimited = 2
        case fixed32 = 5
    }

    /// A whole number, also one below 0, which takes ten bytes: `int64`, `int32`, `uint64`, an enumeration.
    mutating func add(_ field: Int, _ value: Int) {
        addTag(field, .varint)
        addVarint(value)
    }

    mutating func add(_ field: Int, _ value: Bool) { add(field, value ? 1 : 0) }

    mutating func add(_ field: Int, _ value: Float) {
        addTag(field, .fixed32)
        addFloats([value])
    }

    mutating func add(_ field: Int, _ text: String) { add(field, Data(text.utf8)) }

    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    /// A map's entry: a message of a key and a value.
    mutating func add(_ field: Int, key: String, value: String) {
        add(
            field,
            .with { entry in
                entry.add(1, key)
                entry.add(2, value)
            })
    }

    mutating func add(_ field: Int, _ content: Data) {
        addTag(field, .delimited)
        addVarint(content.count)
        bytes.append(content)
    }

    /// Whole numbers as a field each.
    mutating func add(_ field: Int, each values: [Int]) {
        for value in values { add(field, value) }
    }

    /// Whole numbers one after the other in one field.
    mutating func add(_ field: Int, packed values: [Int]) {
        var content = ProtobufMessage()
        for value in values { content.addVarint(value) }
        add(field, content)
    }

    /// Numbers one after the other in one field, as `bytes` and packed lists alike hold them.
    mutating func add(_ field: Int, packed values: [Float]) {
        addTag(field, .delimited)
        addVarint(4 * values.count)
        addFloats(values)
    }

    /// A message of no fields but these.
    static func with(_ fill: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
        var message = ProtobufMessage()
        fill(&message)
        return message
    }

    private mutating func addTag(_ field: Int, _ kind: Kind) { addVarint(field << 3 | kind.rawValue) }

    private mutating func addVarint(_ value: Int) {
        var rest = UInt64(truncatingIfNeeded: value)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func addFloats(_ values: [Float]) {
        bytes.append(littleEndian(values))
    }
}

/// Floats as files hold them.
func littleEndian(_ values: [Float]) -> Data {
    values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
}

/// Whole numbers as files hold them, 64 bits each.
func littleEndian(_ values: [Int]) -> Data {
    values.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) }
}
