import Foundation
import Testing

@testable import LanesExchange

@Suite("Protocol Buffers' wire format")
struct ProtobufTests {
    /// Those of protobuf.dev/programming-guides/encoding, and the limits.
    @Test("Known messages have their known bytes")
    func encodings() {
        func expect(_ bytes: [UInt8], _ fill: (inout ProtobufMessage) -> Void, line: Int = #line) {
            #expect(
                [UInt8](ProtobufMessage.with(fill).bytes) == bytes,
                sourceLocation: SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1))
        }
        expect([0x08, 0x96, 0x01]) { $0.add(1, 150) }
        expect([0x08, 0x00]) { $0.add(1, 0) }
        expect([0x08, 0x7F]) { $0.add(1, 127) }
        expect([0x08, 0x80, 0x01]) { $0.add(1, 128) }
        expect([0x08, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]) { $0.add(1, -2) }
        expect([0x08] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]) { $0.add(1, Int.max) }
        expect([0x10, 0x01, 0x10, 0x00]) {
            $0.add(2, true)
            $0.add(2, false)
        }
        expect([0x12, 0x07] + Array("testing".utf8)) { $0.add(2, "testing") }
        expect([0x12, 0x02, 0xC3, 0xBC, 0x12, 0x00]) {
            $0.add(2, "ü")
            $0.add(2, "")
        }
        expect([0x1A, 0x03, 0x08, 0x96, 0x01]) { $0.add(3, .with { $0.add(1, 150) }) }
        expect([0x32, 0x06, 0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05]) { $0.add(6, packed: [3, 270, 86942]) }
        expect([0x28, 0x01, 0x28, 0x02, 0x28, 0x03]) { $0.add(5, each: [1, 2, 3]) }
        expect([0x0D, 0x00, 0x00, 0x80, 0x3F]) { $0.add(1, Float(1)) }
        expect([0x0A, 0x08, 0x00, 0x00, 0xC0, 0xBF, 0x00, 0x00, 0x80, 0x7F]) {
            $0.add(1, packed: [-1.5, .infinity] as [Float])
        }
        // A tag and a length of two bytes each.
        expect([0xA2, 0x06, 0xAC, 0x02] + [UInt8](repeating: 7, count: 300)) {
            $0.add(100, Data(repeating: 7, count: 300))
        }
        expect([0x0A, 0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 7)) { $0.add(1, littleEndian([-2])) }
    }
}
