import Foundation

extension Safetensors {
    /// The longest header that the format allows, in bytes.
    static let longestHeader = 100_000_000

    /// The file's content; equal tensors and metadata give equal bytes.
    ///
    /// - Throws: ``SafetensorsError`` for a tensor named `__metadata__` and for a header that would be too long.
    public func encoded() throws -> Data {
        let (header, ordered) = try layout()
        var file = Data(capacity: header.count + ordered.reduce(0) { $0 + $1.value.bytes.count })
        file.append(contentsOf: header)
        for (_, tensor) in ordered { file.append(contentsOf: tensor.bytes) }
        return file
    }

    /// What stands before the tensors, the header with its length, and the tensors in the order in which they follow.
    ///
    /// The widest types come first, so that every tensor is aligned to its element size; names order the equally wide.
    func layout() throws -> (header: [UInt8], tensors: [(key: String, value: Tensor)]) {
        if tensors["__metadata__"] != nil {
            let expected = "another name: the format keeps this one"
            throw SafetensorsError(.name, source, found: "a tensor named __metadata__", expected: expected)
        }
        let ordered = tensors.sorted { ($1.value.type.size, $0.key) < ($0.value.type.size, $1.key) }

        var members: [String] = []
        if !metadata.isEmpty {
            let entries = try metadata.sorted { $0.key < $1.key }.map { try "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(entries.joined(separator: ","))}")
        }
        var end = 0
        for (name, tensor) in ordered {
            let start = end
            end += tensor.bytes.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let fields = "\"dtype\":\"\(tensor.type)\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]"
            members.append("\(try quoted(name)):{\(fields)}")
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        header += repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        guard header.count <= Safetensors.longestHeader else {
            let expected = "at most \(Safetensors.longestHeader)"
            throw SafetensorsError(.length, source, found: "names that need \(header.count) bytes", expected: expected)
        }

        return (withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header, ordered)
    }

    private func quoted(_ string: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(string), as: UTF8.self)
    }
}
