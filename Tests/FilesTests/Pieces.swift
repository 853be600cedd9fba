import LanesFiles

/// Bytes in memory that come in pieces of a length.
final class Pieces: ByteStream {
    private var rest: ArraySlice<UInt8>
    private let length: Int

    init(_ bytes: [UInt8], length: Int) { (rest, self.length) = (bytes[...], length) }

    var remaining: Int? { nil }

    func next() -> [UInt8] {
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }
}
