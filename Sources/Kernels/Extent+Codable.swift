// Apart from the kernels' other code, so that it alone keeps from being compiled without a whole standard library
// (Benchmarks/assembly).

/// Written as [top, left, bottom, right].
extension Padding: Codable {
    public init(from decoder: any Decoder) throws {
        let sides = try decoder.integers(4, "top, left, bottom, right")
        self.init(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
    }

    public func encode(to encoder: any Encoder) throws { try [top, left, bottom, right].encode(to: encoder) }
}

/// Written as [height, width].
extension Extent: Codable {
    public init(from decoder: any Decoder) throws {
        let sides = try decoder.integers(2, "height, width")
        self.init(height: sides[0], width: sides[1])
    }

    public func encode(to encoder: any Encoder) throws { try [height, width].encode(to: encoder) }
}

extension Decoder {
    /// A list of exactly `count` whole numbers.
    fileprivate func integers(_ count: Int, _ names: String) throws -> [Int] {
        let numbers = try [Int](from: self)
        guard numbers.count == count else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: codingPath,
                    debugDescription: "\(numbers.count) numbers, expected \(count): \(names)"))
        }
        return numbers
    }
}
