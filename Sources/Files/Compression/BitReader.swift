/// Reads a DEFLATE stream's bits, the lowest of each byte first (RFC 1951, section 3.1.1).
struct BitReader {
    private let stream: any ByteStream
    private var input: [UInt8] = []
    /// How many bytes came before the input.
    private var start = 0
    /// The next byte of the input that `bits` does not hold yet.
    private var position = 0
    /// The next `count` bits, the first one lowest; above them may stand what the following bytes hold anyway.
    private var bits: UInt64 = 0
    private var count = 0

    init(_ stream: any ByteStream) { self.stream = stream }

    /// Where the next bit lies, in bytes from the start of the stream.
    var offset: Int { start + (position * 8 - count) >> 3 }

    /// Makes at least 56 bits ready, or as many as the stream still has.
    @inline(__always)
    mutating func refill() throws(GzipError) {
        if position + 8 <= input.count {
            let word = input.withUnsafeBytes {
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            }
            bits |= word &<< UInt64(count)
            position += (63 - count) >> 3
            count |= 56
        } else {
            try refillSlowly()
        }
    }

    @inline(never)
    private mutating func refillSlowly() throws(GzipError) {
        while count <= 56 {
            guard try hasInput() else { return }
            bits |= UInt64(input[position]) &<< UInt64(count)
            position += 1
            count += 8
        }
    }

    /// Gets another piece of the stream if `bits` has all of this one.
    private mutating func hasInput() throws(GzipError) -> Bool {
        if position < input.count { return true }
        start += input.count
        (input, position) = ([], 0)
        do throws(FileError) {
            input = try stream.next()
        } catch {
            throw GzipError(error, offset: start)
        }
        return !input.isEmpty
    }

    /// The next bits as a number; they must have been made ready.
    @inline(__always)
    mutating func take(_ width: Int) throws(GzipError) -> Int {
        guard width <= count else { throw truncated() }
        let value = bits & ((1 &<< UInt64(width)) &- 1)
        bits &>>= UInt64(width)
        count -= width
        return Int(value)
    }

    /// The next symbol of the code; its bits must have been made ready.
    @inline(__always)
    mutating func symbol(_ code: HuffmanCode) throws(GzipError) -> Int {
        let entry = Int(code.table[Int(bits & code.mask)])
        guard entry != 0 else {
            throw GzipError(offset: offset, problem: "found bits that are no code of the block's Huffman code")
        }
        _ = try take(entry & 15)
        return entry >> 4
    }

    /// Drops what is left of a byte that was begun.
    mutating func skipToByte() {
        bits &>>= UInt64(count % 8)
        count -= count % 8
    }

    /// The next whole byte; nil at the stream's end. No byte must have been begun.
    mutating func byte() throws(GzipError) -> UInt8? {
        if count == 0 { try refill() }
        return count == 0 ? nil : UInt8(try take(8))
    }

    /// Whether no byte is left; no byte must have been begun.
    mutating func isAtEnd() throws(GzipError) -> Bool { count > 0 ? false : try !hasInput() }

    /// The next number of two or four bytes, the lowest first; no byte must have been begun.
    mutating func littleEndian(bytes: Int) throws(GzipError) -> Int {
        try refill()
        return try take(8 * bytes)
    }

    /// Copies whole bytes; no byte must have been begun.
    ///
    /// - Parameter range: Where to.
    mutating func copy(to range: Range<Int>, of output: inout [UInt8]) throws(GzipError) {
        var index = range.lowerBound
        while index < range.upperBound, count > 0 {
            output[index] = UInt8(try take(8))
            index += 1
        }
        guard index < range.upperBound else { return }
        // Above its no bits it may hold some of those that are copied now.
        bits = 0
        while index < range.upperBound {
            guard try hasInput() else { throw truncated() }
            let part = input[position..<min(input.count, position + range.upperBound - index)]
            output.replaceSubrange(index..<index + part.count, with: part)
            index += part.count
            position = part.endIndex
        }
    }

    private func truncated() -> GzipError {
        GzipError(offset: start + input.count, problem: "the compressed data is cut off")
    }
}
