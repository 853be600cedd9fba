/// Decompresses DEFLATE streams (RFC 1951), one after another, into one array.
struct Inflater {
    /// What came out so far in the first `count` bytes; the rest is room for more.
    private var output: [UInt8]
    private(set) var count = 0
    private let limit: Int

    /// The longest match, the most that one symbol can add.
    private static let longestMatch = 258

    /// - Parameters:
    ///   - expectedCount: The room to begin with, a guess.
    ///   - limit: The most bytes to produce in all.
    init(expectedCount: Int, limit: Int) {
        // So that adding a match to it cannot overflow.
        self.limit = min(max(limit, 0), Int.max / 2)
        output = [UInt8](repeating: 0, count: min(expectedCount, self.limit) + Inflater.longestMatch)
    }

    /// What came out.
    consuming func finish() -> [UInt8] {
        output.removeLast(output.count - count)
        return output
    }

    /// The CRC-32 of what came out from the given place on.
    func checksum(from start: Int) -> UInt32 {
        output.withUnsafeBytes { CRC32.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<count])) }
    }

    /// Decompresses the stream that begins at the offset of the input, and returns where it ends.
    ///
    /// - Throws: ``GzipError`` where the stream breaks the format, is cut off, or gives more than the limit.
    mutating func inflate(_ input: UnsafeRawBufferPointer, at offset: Int) throws(GzipError) -> Int {
        var reader = BitReader(input, at: offset)
        let start = count
        var isLast = false
        while !isLast {
            reader.refill()
            isLast = try reader.take(1) == 1
            let kind = try reader.take(2)
            switch kind {
            case 0: try storedBlock(&reader)
            case 1: try codedBlock(&reader, codes: .fixed, start: start)
            case 2: try codedBlock(&reader, codes: BlockCodes(&reader), start: start)
            default: throw GzipError(offset: reader.offset, problem: "found block type 3, expected 0, 1 or 2")
            }
        }
        reader.skipToByte()
        return reader.offset
    }

    private mutating func storedBlock(_ reader: inout BitReader) throws(GzipError) {
        let header = try reader.takeBytes(4)
        let length = UInt16(littleEndian: header.loadUnaligned(as: UInt16.self))
        let complement = UInt16(littleEndian: header.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        guard complement == ~length else {
            throw GzipError(
                offset: reader.offset - 4,
                problem: "stored block's length is \(length), but its complement says \(~complement)")
        }
        let bytes = try reader.takeBytes(Int(length))
        try checkLimit(count + bytes.count, at: reader.offset)
        try makeRoom(for: bytes.count, at: reader.offset)
        output.withUnsafeMutableBytes { output in
            UnsafeMutableRawBufferPointer(rebasing: output[count...]).copyMemory(from: bytes)
        }
        count += bytes.count
    }

    private mutating func codedBlock(
        _ reader: inout BitReader, codes: BlockCodes, start: Int
    ) throws(GzipError) {
        while true {
            if output.count - count < Inflater.longestMatch {
                try makeRoom(for: Inflater.longestMatch, at: reader.offset)
            }
            // One refill lasts for a whole match: 15 + 5 bits of length and 15 + 13 of distance.
            reader.refill()
            let symbol = try reader.symbol(codes.literals)
            if symbol < 256 {
                output[count] = UInt8(truncatingIfNeeded: symbol)
                count += 1
                continue
            }
            if symbol == 256 { break }
            guard symbol <= 285 else {
                throw GzipError(offset: reader.offset, problem: "found length symbol \(symbol), expected at most 285")
            }
            let length = try Inflater.lengths[symbol - 257].value(&reader)
            let distanceSymbol = try reader.symbol(codes.distances)
            guard distanceSymbol <= 29 else {
                throw GzipError(
                    offset: reader.offset, problem: "found distance symbol \(distanceSymbol), expected at most 29")
            }
            let distance = try Inflater.distances[distanceSymbol].value(&reader)
            guard distance <= count - start else {
                throw GzipError(
                    offset: reader.offset,
                    problem: "found a match \(distance) bytes back, only \(count - start) bytes came before it")
            }
            output.withUnsafeMutableBufferPointer { output in
                // Byte by byte: a match may overlap what it produces.
                for index in count..<count + length { output[index] = output[index - distance] }
            }
            count += length
        }
        try checkLimit(count, at: reader.offset)
    }

    /// Grows the output so that `extra` more bytes fit. It may hold a match more than the limit, so that the limit has
    /// to be looked at only here and at the end of a block.
    private mutating func makeRoom(for extra: Int, at offset: Int) throws(GzipError) {
        guard output.count - count < extra else { return }
        try checkLimit(count, at: offset)
        let wanted = max(count + extra, min(2 * output.count, limit + Inflater.longestMatch))
        output.append(contentsOf: repeatElement(0, count: wanted - output.count))
    }

    private func checkLimit(_ count: Int, at offset: Int) throws(GzipError) {
        guard count <= limit else {
            throw GzipError(offset: offset, problem: "the data unpacks to more than the \(limit) bytes allowed")
        }
    }

    /// A number coded as a base plus some extra bits.
    private struct Range {
        let base: UInt16
        let extraBits: UInt8

        func value(_ reader: inout BitReader) throws(GzipError) -> Int {
            try Int(base) + reader.take(Int(extraBits))
        }
    }

    /// The match lengths of symbols 257…285 (RFC 1951, section 3.2.5).
    private static let lengths: [Range] = ranges(from: 3, count: 28, direct: 4) + [Range(base: 258, extraBits: 0)]

    /// The match distances of symbols 0…29.
    private static let distances: [Range] = ranges(from: 1, count: 30, direct: 2)

    /// Consecutive ranges: the first `2 * direct` hold one number each, then every `direct` ranges are twice as long.
    private static func ranges(from first: Int, count: Int, direct: Int) -> [Range] {
        var base = first
        return (0..<count).map { index in
            let extraBits = max(0, index / direct - 1)
            defer { base += 1 << extraBits }
            return Range(base: UInt16(base), extraBits: UInt8(extraBits))
        }
    }
}
